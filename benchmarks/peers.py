"""Other forums in Python, with the content of the site that is measured: FlaskBB and Askbot, where they are installed.

Each lives in a virtual environment of its own, named by a variable such as FLASKBB_PYTHON. `benchmarks/peer_*.py` runs
in there: it makes a site of the same questions, answers and guides on SQLite, and says how to serve it and which of its
pages are like ours. A page shows as many threads and answers as ours does. What is left as it comes: everything else.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import joinedload, selectinload

HERE = Path(__file__).parent
SEARCHED = "power"


@dataclass(frozen=True)
class Peer:
    """A forum that may be installed here.

    Attributes:
        name: what it is called.
        variable: the environment variable that names the Python it is installed for.
        install: commands that install it into DIR.
        loader: the script that makes its site.
    """

    name: str
    variable: str
    install: str
    loader: str


PEERS = (
    Peer(
        "FlaskBB",
        "FLASKBB_PYTHON",
        "python3.12 -m venv DIR && DIR/bin/pip install flaskbb==3.0.0rc5 gunicorn",
        "peer_flaskbb.py",
    ),
    Peer(
        "Askbot",
        "ASKBOT_PYTHON",
        "python3.11 -m venv DIR && DIR/bin/pip install askbot==0.13.0 gunicorn",
        "peer_askbot.py",
    ),
)


@dataclass(frozen=True)
class Made:
    """A peer's site that can be served.

    Attributes:
        name: the peer and its version.
        python: the Python that serves it.
        folder: where it is served from.
        target: what gunicorn is told to serve.
        environment: what it has to know.
        pages: the address of each page that is measured, by what people call the page.
        form: what its search has to be sent, if it takes nothing from an address.
    """

    name: str
    python: str
    folder: Path
    target: str
    environment: Mapping[str, str]
    pages: Mapping[str, str]
    form: str = ""


def installed(environment: Mapping[str, str] = os.environ) -> Iterator[tuple[Peer, str | None]]:
    """Each peer with the Python that it is installed for, None if it is not."""
    for peer in PEERS:
        python = environment.get(peer.variable)
        yield peer, python if python and Path(python).is_file() else None


def absence(peer: Peer) -> str:
    """The line that says a peer was not measured, and how it would be."""
    return f"{peer.name}: not installed here ({peer.install}, then {peer.variable}=DIR/bin/python)."


def content() -> dict[str, Any]:
    """What visitors may read on the site at hand: questions with their answers, oldest first, and guides."""
    from app.articles.models import Article
    from app.articles.queries import visible_articles
    from app.core.db import db
    from app.forum.models import Answer, Question
    from app.forum.queries import visible_answers, visible_questions
    from app.web.session import Visitor

    visitor = Visitor()
    answers: dict[int, list[dict[str, str]]] = {}
    every = visible_answers(visitor).options(joinedload(Answer.author)).order_by(Answer.id)
    for answer in db.session.scalars(every):
        answers.setdefault(answer.question_id, []).append({"by": answer.author.username, "text": answer.body})
    asked = visible_questions(visitor).options(joinedload(Question.author), selectinload(Question.tags))
    return {
        "questions": [
            {
                "id": question.id,
                "title": question.title,
                "tags": [tag.slug for tag in question.tags],
                "posts": [
                    {"by": question.author.username, "text": question.body},
                    *answers.get(question.id, ()),
                ],
            }
            for question in db.session.scalars(asked.order_by(Question.id))
        ],
        "guides": [
            {"slug": guide.slug, "title": guide.title, "text": guide.body}
            for guide in db.session.scalars(visible_articles(visitor).order_by(Article.id))
        ],
    }


def make(peer: Peer, python: str, folder: Path, wanted: Mapping[str, Any]) -> Made:
    """Make a peer's site in `folder`.

    Args:
        wanted: what `content` gave, with `question` (the number) and `guide` (the slug) whose pages are measured,
            and `threads` and `answers`, how many a page shows.

    Raises:
        subprocess.CalledProcessError: it could not be made; what it said is told.
    """
    folder.mkdir()
    (folder / "content.json").write_text(json.dumps({**wanted, "searched": SEARCHED}))
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    log = folder / "loading.log"
    try:
        with log.open("wb") as said:
            subprocess.run(
                [python, str(HERE / peer.loader), str(folder)],
                cwd=folder, env=environment, stdout=said, stderr=said, check=True,
            )  # fmt: skip
    except subprocess.CalledProcessError:
        print(log.read_text("utf-8", "replace")[-4000:])
        raise
    made = json.loads((folder / "made.json").read_text())
    return Made(f"{peer.name} {made.pop('version')}", python, folder, **made)
