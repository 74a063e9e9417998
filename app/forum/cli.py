"""`flask repair`: counters that differ from what they count are set right."""

import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import click
from flask.cli import AppGroup
from tqdm import tqdm

from app.accounts import queries as accounts
from app.accounts.models import User
from app.articles import counters as articles
from app.core import counters, tallies
from app.core.db import transaction
from app.forum import contribution_queries, tag_order_queries, tally_queries
from app.forum import counters as forum
from app.forum.models import Answer
from app.reputation import counters as reputation
from app.reputation import ledger
from app.uploads import queries as uploads

repair_cli = AppGroup("repair", help="Set derived values right again.")


@repair_cli.command("counters")
def repair_counters() -> None:
    """Recount all that is counted along; touch only the rows that differ.

    A few thousand rows at a time, each part by itself, so the site is served meanwhile. Stopped at any moment, it can
    be run again.
    """
    repaired: Counter[str] = Counter()
    repaired["reputation_days"] = _in_parts("reputation_days", User, _repair_days)
    for name, truth in {**articles.truths(), **forum.truths(), **reputation.truths()}.items():
        one = partial(_repair_counter, {name: truth})
        repaired[name] = _in_parts(name, truth[0].class_, one)
    repaired["answers.confidence"] = _in_parts("answers.confidence", Answer, forum.repair_confidence)
    repaired["tallies of people"] = _in_parts("tallies of people", User, _repair_people)
    with transaction():
        repaired["tallies of the site"] = tallies.repair(tallies_of_site())
    with transaction():
        repaired["question_tags"] = tag_order_queries.repair()
    with transaction():
        repaired["question_tallies"] = tally_queries.repair()
    for name, count in repaired.items():
        click.echo(f"{name}: {count} set right")


def tallies_of_site() -> tallies.Truths:
    """What the tallies of all the site has must come to."""
    return {
        **accounts.tally_truths(),
        **articles.tally_truths(),
        **forum.tally_truths(),
        **uploads.tally_truths(),
    }


def _repair_counter(truth: counters.Truths, first: int, last: int) -> int:
    return sum(counters.repair(truth, first, last).values())


def _repair_days(first: int, last: int) -> int:
    wrong = reputation.people_with_wrong_days(first, last)
    for user_id in sorted(wrong):
        ledger.settle(user_id)
    return len(wrong)


def _repair_people(first: int, last: int) -> int:
    return tallies.repair(contribution_queries.truths(first, last), first, last)


def _in_parts(name: str, model: Any, repair: Callable[[int, int], int]) -> int:
    """Repair the rows of a table part by part. Returns how many were touched."""
    touched = 0
    for first, last in tqdm(list(counters.ranges(model)), desc=name, file=sys.stderr, disable=None):
        with transaction():
            touched += repair(first, last)
    return touched
