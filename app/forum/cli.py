"""`flask repair`: counters that differ from what they count are set right."""

import click
from flask.cli import AppGroup

from app.articles import counters as articles
from app.core import counters
from app.core.db import transaction
from app.forum import counters as forum
from app.forum import tag_order_queries, tally_queries
from app.reputation import counters as reputation

repair_cli = AppGroup("repair", help="Set derived values right again.")


@repair_cli.command("counters")
def repair_counters() -> None:
    """Recount feedback, votes, answers, acceptances and reputation, and what goes with them; touch only the rows that differ."""
    with transaction():
        repaired = counters.repair({**articles.truths(), **forum.truths(), **reputation.truths()})
        repaired["answers.confidence"] = forum.repair_confidence()
        repaired["question_tags"] = tag_order_queries.repair()
        repaired["question_tallies"] = tally_queries.repair()
    for name, count in repaired.items():
        click.echo(f"{name}: {count} set right")
