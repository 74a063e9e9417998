"""Made sites of any size: as long, as skewed and as wordy as real ones, the same from the same seed.

The figures were measured on four communities (a forum of a hardware maker with 42,568 posts, three question-and-answer
sites with 1,000 to 2,000) and three sets of guides (6,473 in all); where these differ, a middle was taken. Rows go into
the tables in bulk, their HTML comes from paragraphs that our own renderer made, and counters, points and files are as
the site itself would have left them.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import log
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from flask import Flask
from flask_migrate import upgrade
from numpy.typing import NDArray
from sqlalchemy import Engine, create_engine, event, insert, make_url, select, text, update
from sqlalchemy.schema import DropIndex
from tqdm import tqdm

from app import create_app
from app.accounts import actions as accounts
from app.accounts.models import User, name_key
from app.articles import files
from app.articles.feedback_models import Feedback
from app.articles.files import ArticleSource
from app.articles.models import Article, ArticleRevision, ArticleType, ArticleViews, article_tags
from app.articles.view_queries import DAYS_KEPT
from app.catalog.models import Product, Tag
from app.core import counters, tallies
from app.core.db import Base, db, transaction
from app.core.markup import RENDERER_VERSION, render_post
from app.core.text import slugify
from app.forum import contribution_queries, tag_order_queries, tally_queries
from app.forum import counters as forum_counters
from app.forum.cli import tallies_of_site
from app.forum.models import (
    Affected,
    Answer,
    Comment,
    Duplicate,
    PostRevision,
    Question,
    Vote,
    confidence,
    question_slug,
    question_tags,
)
from app.insights.models import Search
from app.moderation.models import Case, Report, urgency
from app.notifications.models import Follow, Line, Notification
from app.policy import Role
from app.reputation import counters as reputation_counters
from app.reputation import queries as reputation
from app.reputation.ledger import LATELY
from app.reputation.models import ReputationDay, ReputationEntry
from app.reputation.points import CAUSES

Numbers = NDArray[np.int64]
Row = dict[str, Any]

LAST_DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
"""Until then people wrote; "this month" should not be empty."""

DAYS = 5 * 365
PASSWORD = "a made person signs in"  # noqa: S105 - of sites that are measured and thrown away
CLIENTS = 16
"""So many members, `client-0` and so on, can sign in; besides them `boss`, an administrator."""

PARAGRAPHS = 12_000
KNOWN_WORDS = 60_000
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Figures:
    """What the made sites have in common with real ones.

    Lengths are medians in characters (titles in words) and the spread of their logarithms; a skew is the exponent of
    Zipf's law, 0 where all are alike.
    """

    # Answers to a question. Measured: medians 1 and 3, none for 8 to 21 %, 99 % within 6 to 58, at most 300.
    answers: tuple[float, float] = (2.0, 0.85)
    most_answers: int = 300
    # Measured: medians 328 to 825, 95 % within 744 to 3,018.
    question_length: tuple[float, float] = (600, 0.85)
    # Measured: medians 375 to 1,456, 95 % within 1,670 to 5,838.
    answer_length: tuple[float, float] = (650, 0.9)
    # Measured: medians 136 to 198, none above 600.
    comment_length: tuple[float, float] = (160, 0.7)
    # Measured: medians 1,692 to 3,234, 95 % within 6,882 to 16,223.
    guide_length: tuple[float, float] = (2_300, 0.9)
    # Measured: medians 5 to 9, 95 % within 12 to 18.
    title_words: tuple[float, float] = (8, 0.4)
    # Measured: 0.9 to 1.7 on sites that have them.
    comments_per_post: float = 0.5
    # Measured: 3.4 to 5.4 on sites that live by them; support forums have next to none.
    votes_per_post: float = 1.0
    share_down: float = 0.1
    # Measured: 0.50 to 0.64 of all questions.
    share_accepted: float = 0.55
    # Measured: 2.0 to 2.5 tags, at most 5, the commonest at 11 to 21 % of the questions.
    tags: tuple[float, ...] = (0.2, 0.35, 0.25, 0.12, 0.08)
    tag_skew: float = 0.7
    # Measured: the busiest gives 9 to 16 % of the answers, the busiest ten 42 to 54 %.
    answerer_skew: float = 0.9
    asker_skew: float = 0.4
    products: int = 24
    product_skew: float = 1.0
    share_duplicate: float = 0.03
    share_put_away: float = 0.01
    share_edited: float = 0.05
    guides_per_post: float = 0.01
    least_guides: int = 50
    feedback_per_guide: float = 8.0
    # Chosen, for what was measured tells none: the middle of a question without votes and of a guide, and their spread.
    views: tuple[float, float] = (60, 1.2)
    seed: int = 20260601


FIGURES = Figures()


def home_of(posts: int, figures: Figures = FIGURES, within: Path | None = None) -> Path:
    """Where the made site of this size is kept: another folder for other figures."""
    told = json.dumps(asdict(figures), sort_keys=True).encode()
    name = f"{posts}-{hashlib.sha256(told).hexdigest()[:8]}"
    return (within or Path(tempfile.gettempdir()) / "aftercare-growth") / name


def made(
    posts: int,
    figures: Figures = FIGURES,
    *,
    within: Path | None = None,
    database_url: str = "",
    **overrides: Any,
) -> Flask:
    """A site with about so many questions and answers; one that was made before is used again, its tables brought up to date.

    Args:
        database_url: the database server to make it on, ending in `/`; SQLite in the site's folder without.
        overrides: settings of the app that is given.
    """
    home = home_of(posts, figures, within)
    home.mkdir(parents=True, exist_ok=True)
    database = f"sqlite:///{home / 'var' / 'aftercare.sqlite'}"
    settings: dict[str, Any] = {"HOME": home, "SECRET_KEY": "made", "SQLALCHEMY_DATABASE_URI": database}
    mark = home / ("made-on-a-server" if database_url else "made")
    if database_url:
        settings["SQLALCHEMY_DATABASE_URI"] = _database(database_url, f"growth_{home.name}".replace("-", "_"))
    app = create_app(**settings, **overrides)
    with app.app_context():
        if not mark.exists():
            _empty()
        upgrade()
        if not mark.exists():
            Making(posts, figures, app.config["ARTICLES"]).run()
            mark.touch()
    return app


def _empty() -> None:
    """Take away what an interrupted making left."""
    if db.engine.dialect.name == "sqlite":
        for rest in ("", "-wal", "-shm"):
            Path(f"{db.engine.url.database}{rest}").unlink(missing_ok=True)
        return
    db.drop_all()
    db.session.execute(text("DROP TABLE IF EXISTS alembic_version"))
    db.session.commit()


def _database(server: str, name: str) -> str:
    url = make_url(server.replace("postgresql://", "postgresql+psycopg://"))
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


SYLLABLES = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]


class Words:
    """A vocabulary, common words first, and texts made of it by Zipf's law."""

    def __init__(self, chance: np.random.Generator) -> None:
        self._chance = chance
        words: dict[str, None] = {}
        while len(words) < KNOWN_WORDS:
            # The commoner a word the shorter, as in languages.
            length = 1 + int(log(len(words) + 2) / 4.5) + int(chance.integers(0, 3))
            words["".join(SYLLABLES[at] for at in chance.integers(0, len(SYLLABLES), length))] = None
        self.known = list(words)

    def some(self, count: int) -> list[str]:
        """So many words; the chance of each falls with its rank."""
        ranks = (KNOWN_WORDS ** self._chance.random(count)).astype(int) - 1
        return [self.known[rank] for rank in ranks]


@dataclass(frozen=True)
class Paragraph:
    """A piece of a post: as it is written, as HTML and as plain words."""

    source: str
    html: str
    text: str


class Texts:
    """Posts made of paragraphs that the renderer has seen."""

    BREAK = "breakhere"

    def __init__(self, chance: np.random.Generator, words: Words, figures: Figures, posts: int) -> None:
        self._chance, self._words = chance, words
        self._paragraphs = self._rendered(min(PARAGRAPHS, 400 + posts))
        self._mean = sum(len(one.source) for one in self._paragraphs) / len(self._paragraphs)

    def one(self, length: int, own: str = "") -> Paragraph:
        """A post of about that many characters; `own` are words that no other post has."""
        count = max(1, round(length / self._mean))
        chosen = [
            self._paragraphs[at] for at in self._chance.integers(0, len(self._paragraphs), count).tolist()
        ]
        if count == 1 and length < 0.6 * self._mean:
            line = " ".join(self._words.some(max(3, length // 7)))
            chosen = [Paragraph(line, f"<p>{line}</p>", line)]
        if own:
            chosen.append(Paragraph(own, f"<p>{own}</p>", own))
        return Paragraph(
            "\n\n".join(one.source for one in chosen),
            "\n".join(one.html for one in chosen) + "\n",
            "\n".join(one.text for one in chosen),
        )

    def _rendered(self, count: int) -> list[Paragraph]:
        found: list[Paragraph] = []
        sources = [self._source(number) for number in range(count)]
        for start in range(0, count, 50):
            some = sources[start : start + 50]
            rendered = render_post(f"\n\n{self.BREAK}\n\n".join(some))
            htmls = rendered.html.split(f"<p>{self.BREAK}</p>")
            texts = rendered.text.split(self.BREAK)
            if not len(some) == len(htmls) == len(texts):
                raise RuntimeError("The renderer has joined paragraphs; the made texts cannot be cut.")
            found += [
                Paragraph(source, html.strip(), plain.strip())
                for source, html, plain in zip(some, htmls, texts, strict=True)
            ]
        return found

    def _source(self, number: int) -> str:
        words = self._words.some(int(self._chance.integers(12, 70)))
        if number % 9 == 0:
            return "\n".join(f"- {' '.join(words[at : at + 6])}" for at in range(0, len(words), 6))
        if number % 11 == 0:
            return (
                "```\n" + "\n".join(" ".join(words[at : at + 8]) for at in range(0, len(words), 8)) + "\n```"
            )
        if number % 5 == 0:
            words[len(words) // 2] = f"**{words[len(words) // 2]}**"
        sentence = " ".join(words)
        return sentence[:1].upper() + sentence[1:] + "."


class Making:
    """One site being made. `run` leaves it whole; interrupted, it is begun anew."""

    def __init__(self, posts: int, figures: Figures, articles: Path) -> None:
        self.figures, self.articles_folder = figures, articles
        self.chance = np.random.default_rng(figures.seed + posts)
        self.readers = np.random.default_rng(figures.seed + posts + 1)
        self.words = Words(self.chance)
        self.texts = Texts(self.chance, self.words, figures, posts)
        middle, spread = figures.answers
        # The mean of a rounded-down lognormal is about half below that of the whole.
        each = middle * np.exp(spread**2 / 2) - 0.5
        self.questions = max(1, round(posts / (1 + each)))
        self.people = max(40, posts // 4)
        self.guides = max(figures.least_guides, round(posts * figures.guides_per_post))
        self.tags = round(5 * posts**0.5)
        self.progress = tqdm(total=0, unit=" rows", unit_scale=True, file=sys.stderr, desc=f"{posts:,} posts")

    # The truth, in columns: what later rows need of earlier ones.

    def run(self) -> None:
        """Write it all."""
        with _written_fast(db.engine):
            self._draw_threads()
            for table, rows in self._tables():
                self._write(table, rows)
            tag_order_queries.repair()
            db.session.commit()
        self._count()
        self._greet()
        self.progress.close()
        _look_over(db.engine)

    def _draw_threads(self) -> None:
        chance, figures = self.chance, self.figures
        # A community grows: half of its questions are of the last third of its days.
        ages = np.sort(chance.random(self.questions) ** 1.7)[::-1]
        self.asked_at = (LAST_DAY.timestamp() - ages * DAYS * 86_400).astype(np.int64)
        middle, spread = figures.answers
        counts = np.floor(chance.lognormal(log(middle), spread, self.questions)).astype(np.int64)
        counts = np.minimum(counts, figures.most_answers)
        of = np.repeat(np.arange(self.questions), counts)
        # Half of the answers come within nine hours, a tenth takes more than two weeks.
        lag = np.exp(chance.normal(log(9 * 3_600), 2.8, len(of))).astype(np.int64)
        at = np.minimum(self.asked_at[of] + lag + 60, int(LAST_DAY.timestamp()))
        order = np.argsort(at, kind="stable")
        self.answer_of, self.answered_at = of[order], at[order]
        answers = len(order)
        askers = self.people
        self.asker = self._skewed(askers, figures.asker_skew, self.questions)
        self.answerer = self._skewed(max(20, self.people // 2), figures.answerer_skew, answers)
        self.question_gone = chance.random(self.questions) < figures.share_put_away
        self.answer_gone = chance.random(answers) < figures.share_put_away
        self.answer_edited = chance.random(answers) < figures.share_edited
        # The first answer that is here solves its question, or none does.
        here = np.flatnonzero(~self.answer_gone)
        first = np.full(self.questions, -1, dtype=np.int64)
        first[self.answer_of[here[::-1]]] = here[::-1]
        solved = (chance.random(self.questions) < figures.share_accepted * 1.25) & (first >= 0)
        self.accepted = np.zeros(answers, dtype=np.bool_)
        self.accepted[first[solved]] = True
        self.answer_count = np.bincount(self.answer_of[here], minlength=self.questions)
        self.accepted_count = np.bincount(self.answer_of[self.accepted], minlength=self.questions)
        self.active_at = self.asked_at.copy()
        np.maximum.at(self.active_at, self.answer_of[here], self.answered_at[here])
        self.product = self._skewed(figures.products, figures.product_skew, self.questions)
        self.product_known = chance.random(self.questions) < 0.95
        self.duplicate_of = np.where(
            (chance.random(self.questions) < figures.share_duplicate)
            & (np.arange(self.questions) > 50)
            & ~self.question_gone,
            (np.arange(self.questions) * chance.random(self.questions) * 0.9).astype(np.int64),
            -1,
        )
        is_original = np.zeros(self.questions, dtype=np.bool_)
        is_original[self.duplicate_of[self.duplicate_of >= 0]] = True
        self.duplicate_of[is_original | self.question_gone[self.duplicate_of]] = -1
        self.votes = {
            Question: self._votes(self.asker),
            Answer: self._votes(self.answerer),
        }

    def _skewed(self, count: int, skew: float, size: int) -> Numbers:
        """Draws from 0 to `count` - 1 by Zipf's law, the numbers mixed so that low ones are not the common ones."""
        draws = self.chance.random(size)
        ranks = count**draws if skew == 1 else ((count ** (1 - skew) - 1) * draws + 1) ** (1 / (1 - skew))
        found: Numbers = np.minimum(ranks.astype(np.int64), count) - 1
        return self.chance.permutation(count)[found]

    def _votes(self, authors: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Post, voter and value of the votes on posts by these authors; nobody votes twice, nor for themselves."""
        per_post = np.floor(
            self.chance.lognormal(log(self.figures.votes_per_post * 0.75), 1.1, len(authors))
        ).astype(np.int64)
        post = np.repeat(np.arange(len(authors)), np.minimum(per_post, self.people // 3))
        voter = self.chance.integers(0, self.people, len(post))
        _, once = np.unique(post * self.people + voter, return_index=True)
        once = once[voter[once] != authors[post[once]]]
        value = np.where(self.chance.random(len(once)) < self.figures.share_down, -1, 1)
        return post[once], voter[once], value

    # The rows

    def _tables(self) -> Iterator[tuple[Any, Iterable[Row]]]:
        yield User, self._people()
        yield Product, self._products()
        yield Tag, ({"id": number + 1, "slug": self._tag(number)} for number in range(self.tags))
        yield Article, self._guides()
        yield ArticleViews, self._guide_views()
        yield article_tags, self._tags_of(self.guides, "article_id")
        yield Question, self._questions()
        yield question_tags, self._tags_of(self.questions, "question_id")
        yield Answer, self._answers()
        yield Comment, self._comments()
        yield PostRevision, self._revisions()
        yield Vote, self._vote_rows()
        yield Affected, self._affected()
        yield Duplicate, self._duplicates()
        yield ReputationEntry, self._entries()
        yield Follow, self._follows()
        yield Line, self._lines()
        yield Notification, self._notifications()
        yield Feedback, self._feedback()
        yield Case, self._cases()
        yield Report, self._reports()
        yield Search, self._searches()
        yield ArticleRevision, self._guide_revisions()

    def _people(self) -> Iterator[Row]:
        joined = np.sort(self.chance.random(self.people))
        for number, share in enumerate(joined.tolist()):
            name = f"{self.words.known[number % 9_000]}-{number}"
            yield {
                "id": number + 1,
                "username": name,
                "username_key": name_key(name),
                "email": f"{name}@example.com",
                "email_key": f"{name}@example.com",
                "role": Role.EXPERT if number % 2_000 == 7 else Role.MEMBER,
                "created_at": LAST_DAY - timedelta(days=DAYS * (1 - share) + 1),
            }

    def _products(self) -> Iterator[Row]:
        for number in range(self.figures.products):
            name = f"{self.words.known[200 + number].capitalize()} {number + 1}"
            yield {"id": number + 1, "slug": slugify(name), "name": name, "position": number}

    def _tag(self, number: int) -> str:
        return f"{self.words.known[300 + number % 20_000]}-{number}"

    def _tags_of(self, count: int, column: str) -> Iterator[Row]:
        how_many = self.chance.choice(np.arange(1, 6), size=count, p=self.figures.tags)
        owners = np.repeat(np.arange(count), how_many)
        tags = self._skewed(self.tags, self.figures.tag_skew, len(owners))
        pairs = np.unique(owners * self.tags + tags)
        for pair in pairs.tolist():
            yield {column: pair // self.tags + 1, "tag_id": pair % self.tags + 1}

    def _title(self) -> str:
        middle, spread = self.figures.title_words
        words = self.words.some(int(np.clip(self.chance.lognormal(log(middle), spread), 2, 30)))
        return " ".join(words).capitalize()[:200]

    def _lengths(self, setting: tuple[float, float], count: int, most: int) -> list[int]:
        drawn = self.chance.lognormal(log(setting[0]), setting[1], count)
        return np.clip(drawn, 30, most).astype(int).tolist()

    def _guides(self) -> Iterator[Row]:
        products = [slug for (slug,) in db.session.execute(select(Product.slug).order_by(Product.id))]
        owner = self._skewed(len(products), self.figures.product_skew, self.guides).tolist()
        lengths = self._lengths(self.figures.guide_length, self.guides, 60_000)
        types = list(ArticleType)
        audiences = ["public"] * 18 + ["customers", "staff"]
        self.guide_sources: list[str] = []
        self.guide_views: list[tuple[int, int]] = []
        views = self._views(self.guides).tolist()
        for number in range(self.guides):
            parts = [self.texts.one(length) for length in _cut(lengths[number], 900)]
            heads = [" ".join(self.words.some(4)).capitalize() for _part in parts]
            title, product = f"{self._title()} {number + 1}", products[owner[number]]
            source = ArticleSource(
                title=title,
                type=types[number % len(types)],
                product=product,
                body="\n\n".join(
                    f"## {head}\n\n{part.source}" for head, part in zip(heads, parts, strict=True)
                ),
                audience=audiences[number % len(audiences)],
                symptoms=(f"E-{number + 1000}",),
                summary=parts[0].text.replace("\n", " ")[:160].strip(),
            )
            file = files.dump(source)
            path = f"{product}/{slugify(title)}.md"
            at = self.articles_folder / path
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(file)
            self.guide_sources.append(file)
            age = timedelta(days=DAYS * float(self.chance.random()))
            self.guide_views.append((views[number], age.days))
            yield {
                "id": number + 1,
                "slug": slugify(title),
                "path": path,
                "content_hash": files.content_hash(file),
                "title": title,
                "type": source.type,
                "summary": source.summary,
                "product_id": owner[number] + 1,
                "audience": source.audience,
                "symptoms": list(source.symptoms),
                "applies_to": [],
                "aliases": [],
                "credits": [],
                "headings": [
                    {"level": 2, "id": f"part-{at}", "title": head} for at, head in enumerate(heads)
                ],
                "body": source.body,
                "body_html": "\n".join(
                    f'<h2 id="part-{at}">{head}</h2>\n{part.html}'
                    for at, (head, part) in enumerate(zip(heads, parts, strict=True))
                ),
                "body_text": "\n".join(
                    f"{head}\n{part.text}" for head, part in zip(heads, parts, strict=True)
                ),
                "renderer_version": RENDERER_VERSION,
                "view_count": views[number],
                "published_at": LAST_DAY - age,
                "updated_at": LAST_DAY - age * 0.6,
            }

    def _views(self, count: int) -> Numbers:
        """How often each of so many things was opened, a few of them by most."""
        middle, spread = self.figures.views
        return self.readers.lognormal(log(middle), spread, count).astype(np.int64)

    def _guide_views(self) -> Iterator[Row]:
        """The days of the sums that guides have: those that are kept, the reading spread evenly over a guide's age."""
        days = np.arange(DAYS_KEPT)
        for number, (count, age) in enumerate(self.guide_views):
            known = days[: max(1, age)]
            counts = self.readers.poisson(count / max(1, age), len(known))
            for day in np.flatnonzero(counts).tolist():
                yield {
                    "article_id": number + 1,
                    "day": (LAST_DAY - timedelta(days=day)).date(),
                    "count": int(counts[day]),
                }

    def _guide_revisions(self) -> Iterator[Row]:
        for number, file in enumerate(self.guide_sources):
            yield {
                "article_id": number + 1,
                "content_hash": files.content_hash(file),
                "source": file,
                "created_at": LAST_DAY - timedelta(days=1),
            }

    def _post(self, text: Paragraph, votes: tuple[int, int]) -> Row:
        return {
            "body": text.source,
            "body_html": text.html,
            "body_text": text.text,
            "renderer_version": RENDERER_VERSION,
            "up_count": votes[0],
            "down_count": votes[1],
        }

    def _vote_counts(self, model: Any, count: int) -> list[tuple[int, int]]:
        post, _voter, value = self.votes[model]
        up = np.bincount(post[value > 0], minlength=count).tolist()
        down = np.bincount(post[value < 0], minlength=count).tolist()
        return list(zip(up, down, strict=True))

    def _questions(self) -> Iterator[Row]:
        counts = self._vote_counts(Question, self.questions)
        lengths = self._lengths(self.figures.question_length, self.questions, 30_000)
        has_own = self.chance.random(self.questions) < 0.3
        views = self._views(self.questions).tolist()
        for number in range(self.questions):
            title = self._title()
            own = f"error {number * 7919 % 0xFFFFFFF:07x}" if has_own[number] else ""
            asked_at = _moment(self.asked_at[number])
            duplicate_of = int(self.duplicate_of[number])
            yield {
                "id": number + 1,
                "title": title,
                "slug": question_slug(title),
                "author_id": int(self.asker[number]) + 1,
                "product_id": int(self.product[number]) + 1 if self.product_known[number] else None,
                "answer_count": int(self.answer_count[number]),
                "accepted_count": int(self.accepted_count[number]),
                "view_count": views[number] * (1 + sum(counts[number])),
                "active_at": _moment(self.active_at[number]),
                "created_at": asked_at,
                "deleted_at": asked_at if self.question_gone[number] else None,
                "duplicate_of_id": duplicate_of + 1 if duplicate_of >= 0 else None,
                **self._post(self.texts.one(lengths[number], own), counts[number]),
            }

    def _answers(self) -> Iterator[Row]:
        count = len(self.answer_of)
        counts = self._vote_counts(Answer, count)
        lengths = self._lengths(self.figures.answer_length, count, 60_000)
        for number in range(count):
            at = _moment(self.answered_at[number])
            is_accepted = bool(self.accepted[number])
            asker = int(self.asker[self.answer_of[number]]) + 1
            yield {
                "id": number + 1,
                "question_id": int(self.answer_of[number]) + 1,
                "author_id": int(self.answerer[number]) + 1,
                "created_at": at,
                "hidden_at": at if self.answer_gone[number] else None,
                "edited_at": at if self.answer_edited[number] else None,
                "accepted_at": at if is_accepted else None,
                "accepted_by_id": asker if is_accepted else None,
                "confidence": confidence(*counts[number]),
                **self._post(self.texts.one(lengths[number]), counts[number]),
            }

    def _comments(self) -> Iterator[Row]:
        answers = len(self.answer_of)
        count = round((self.questions + answers) * self.figures.comments_per_post)
        # Most posts have none, some a whole talk.
        post = self._skewed(self.questions + answers, 0.6, count)
        author = self._skewed(max(20, self.people // 2), self.figures.answerer_skew, count)
        lengths = self._lengths(self.figures.comment_length, count, 600)
        for number in range(count):
            answer = int(post[number]) - self.questions
            question = int(post[number]) if answer < 0 else int(self.answer_of[answer])
            since = self.asked_at[question] if answer < 0 else self.answered_at[answer]
            text = self.texts.one(lengths[number])
            yield {
                "id": number + 1,
                "question_id": question + 1,
                "answer_id": answer + 1 if answer >= 0 else None,
                "author_id": int(author[number]) + 1,
                "body": text.source,
                "body_html": text.html,
                "renderer_version": RENDERER_VERSION,
                "created_at": _moment(since + 3_600),
            }

    def _revisions(self) -> Iterator[Row]:
        for number in np.flatnonzero(self.answer_edited).tolist():
            yield {
                "answer_id": number + 1,
                "question_id": None,
                "author_id": int(self.answerer[number]) + 1,
                "title": "",
                "tags": [],
                "facts": [],
                "body": self.texts.one(400).source,
                "created_at": _moment(self.answered_at[number]),
            }

    def _vote_rows(self) -> Iterator[Row]:
        for model, column, other, at in (
            (Question, "question_id", "answer_id", self.asked_at),
            (Answer, "answer_id", "question_id", self.answered_at),
        ):
            post, voter, value = self.votes[model]
            moments = at[post] + 86_400
            for one, who, worth, when in zip(
                post.tolist(), voter.tolist(), value.tolist(), moments, strict=True
            ):
                yield {
                    column: one + 1,
                    other: None,
                    "user_id": who + 1,
                    "value": worth,
                    "created_at": _moment(when),
                }

    def _affected(self) -> Iterator[Row]:
        count = self.questions // 2
        question = self._skewed(self.questions, 0.6, count)
        person = self.chance.integers(0, self.people, count)
        for pair in np.unique(question * self.people + person).tolist():
            one, who = pair // self.people, pair % self.people
            if who != self.asker[one] and self.duplicate_of[one] < 0:
                yield {"question_id": one + 1, "user_id": who + 1, "created_at": _moment(self.asked_at[one])}

    def _duplicates(self) -> Iterator[Row]:
        for number in np.flatnonzero(self.duplicate_of >= 0).tolist():
            at = _moment(self.asked_at[number])
            yield {
                "question_id": number + 1,
                "original_id": int(self.duplicate_of[number]) + 1,
                "by_id": int(self.asker[number]) + 1,
                "created_at": at,
                "confirmed_at": at,
                "decided_by_id": int(self.asker[number]) + 1,
            }

    def _entries(self) -> Iterator[Row]:
        for model, kind, authors in ((Question, "question", self.asker), (Answer, "answer", self.answerer)):
            at = self.asked_at if model is Question else self.answered_at
            post, voter, value = self.votes[model]
            for one, who, worth in zip(post.tolist(), voter.tolist(), value.tolist(), strict=True):
                cause = f"{kind}_{'up' if worth > 0 else 'down'}"
                yield self._entry(authors[one], cause, at[one] + 86_400, who, **{f"{kind}_id": one + 1})
        for number in np.flatnonzero(self.accepted).tolist():
            asker = int(self.asker[self.answer_of[number]])
            if asker != self.answerer[number]:
                yield self._entry(
                    self.answerer[number], "accepted", self.answered_at[number], asker, answer_id=number + 1
                )

    def _entry(self, user: Any, cause: str, at: Any, by: int, **about: int) -> Row:
        moment = _moment(at)
        return {
            "user_id": int(user) + 1,
            "cause": cause,
            "points": CAUSES[cause].points,
            "question_id": None,
            "answer_id": None,
            "by_id": by + 1,
            "day": moment.date(),
            "created_at": moment,
            **about,
        }

    def _follows(self) -> Iterator[Row]:
        count = self.people // 2
        person = self.chance.integers(0, self.people, count)
        kind = self.chance.integers(0, 3, count)
        sizes = {0: self.figures.products, 1: self.tags, 2: self.people}
        seen = set()
        for who, which in zip(person.tolist(), kind.tolist(), strict=True):
            thing = int(sizes[which] ** self.chance.random())
            if (who, which, thing) not in seen:
                seen.add((who, which, thing))
                yield {
                    "user_id": who + 1,
                    "kind": ("product", "tag", "person")[which],
                    "thing_id": thing,
                    "created_at": LAST_DAY,
                }

    def _told(self) -> Iterator[tuple[int, int]]:
        """Each answer of which the asker heard, and its question."""
        for number, question in enumerate(self.answer_of.tolist()):
            if self.answerer[number] != self.asker[question] and not self.answer_gone[number]:
                yield number, question

    def _lines(self) -> Iterator[Row]:
        latest = {question: number for number, question in self._told()}
        for question, number in sorted(latest.items()):
            yield {
                "id": question + 1,
                "user_id": int(self.asker[question]) + 1,
                "key": f"answer:question-{question + 1}",
                "kind": "answer",
                "happened_at": _moment(self.answered_at[number]),
                "read_at": None if number % 4 == 0 else _moment(self.answered_at[number] + 7_200),
            }

    def _notifications(self) -> Iterator[Row]:
        latest = {question: number for number, question in self._told()}
        for number, question in self._told():
            is_read = latest[question] % 4 != 0
            yield {
                "line_id": question + 1,
                "user_id": int(self.asker[question]) + 1,
                "kind": "answer",
                "event": f"answer-{number + 1}",
                "reason": "asked",
                "actor_id": int(self.answerer[number]) + 1,
                "question_id": question + 1,
                "answer_id": number + 1,
                "created_at": _moment(self.answered_at[number]),
                "read_at": _moment(self.answered_at[number] + 7_200) if is_read else None,
            }

    def _feedback(self) -> Iterator[Row]:
        count = round(self.guides * self.figures.feedback_per_guide)
        guide = self._skewed(self.guides, 0.8, count)
        helped = self.chance.random(count) < 0.75
        for number in range(count):
            report = not helped[number] and number % 3 == 0
            yield {
                "article_id": int(guide[number]) + 1,
                "edition": 1,
                "visitor_key": None,
                "helped": bool(helped[number]),
                "reason": "outdated" if report else "",
                "words": " ".join(self.words.some(12)) if report else "",
                "said_at": LAST_DAY - timedelta(days=float(self.chance.random()) * 700),
                "fixed_at": LAST_DAY if report and number % 2 else None,
            }

    def _cases(self) -> Iterator[Row]:
        self.case_count = max(30, len(self.answer_of) // 200)
        for number in range(self.case_count):
            opened = LAST_DAY - timedelta(days=DAYS * (1 - number / self.case_count))
            is_open = number >= self.case_count - self.case_count // 20
            yield {
                "id": number + 1,
                "answer_id": self._reported(number) + 1,
                "open_key": f"answer-{self._reported(number) + 1}" if is_open else None,
                "severity": 2,
                "urgency": urgency(2, opened),
                "report_count": 1,
                "opened_at": opened,
                "closed_at": None if is_open else opened + timedelta(hours=5),
            }

    def _reported(self, case: int) -> int:
        return case * len(self.answer_of) // self.case_count

    def _reports(self) -> Iterator[Row]:
        for number in range(self.case_count):
            yield {
                "case_id": number + 1,
                "answer_id": self._reported(number) + 1,
                "owner_id": int(self.answerer[self._reported(number)]) + 1,
                "reporter_id": number % self.people + 1,
                "reason": "spam",
                "created_at": LAST_DAY,
            }

    def _searches(self) -> Iterator[Row]:
        for number in range((self.questions + len(self.answer_of)) // 2):
            words = " ".join(self.words.some(int(self.chance.integers(1, 5))))
            yield {
                "key": f"{number:040x}",
                "query": words,
                "normal": words,
                "total": 0 if number % 15 == 0 else 12,
                "shown": [],
                "created_at": LAST_DAY - timedelta(days=90 * float(self.chance.random())),
            }

    # Writing

    def _write(self, table: Any, rows: Iterable[Row]) -> None:
        target = getattr(table, "__table__", table)
        waiting = iter(rows)
        while some := list(islice(waiting, ROWS_AT_ONCE)):
            db.session.connection().execute(insert(target), some)
            db.session.commit()
            self.progress.set_postfix_str(target.name)
            self.progress.update(len(some))

    def _count(self) -> None:
        """What the rows come to: feedback, people with the same problem, points."""
        self.progress.set_postfix_str("counters")
        said = select(Feedback.article_id, Feedback.helped)
        helped = np.zeros((self.guides + 1, 2), dtype=np.int64)
        for article, yes in db.session.execute(said):
            helped[article, int(yes)] += 1
        rows = [
            {
                "id": at,
                "helpful_yes": int(helped[at, 1]),
                "helpful_no": int(helped[at, 0]),
                "helped_count": int(helped[at, 1]),
            }
            for at in range(1, self.guides + 1)
        ]
        db.session.execute(update(Article), rows)
        truths = forum_counters.truths()
        db.session.commit()
        with transaction():
            counters.repair({"affected": truths["questions.affected_count"]})
            tag_order_queries.repair()
            tally_queries.repair()
        for first, last in counters.ranges(User):
            with transaction():
                tallies.repair(contribution_queries.truths(first, last), first, last)
        with transaction():
            tallies.repair(tallies_of_site())
        days = reputation.days().c
        since = (datetime.now(UTC) - LATELY).date()
        kept = select(days.user_id, days.day, days.points, days.day >= since)
        with transaction() as session:
            session.execute(
                insert(ReputationDay).from_select(["user_id", "day", "points", "is_lately"], kept)
            )
        for first, last in counters.ranges(User):
            with transaction():
                counters.repair(reputation_counters.truths(), first, last)

    def _greet(self) -> None:
        """People who can sign in."""
        for number in range(CLIENTS):
            accounts.create_person(f"client-{number}", f"client{number}@example.com", PASSWORD, Role.EXPERT)
        accounts.create_person("boss", "boss@example.com", PASSWORD, Role.ADMIN)


def _cut(length: int, size: int) -> list[int]:
    """A length in parts of about that size."""
    return [size] * max(0, length // size - 1) + [max(30, length % size + (size if length >= size else 0))]


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _unsafe(connection: Any, _record: Any) -> None:
    for setting in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -800000"):
        connection.execute(f"PRAGMA {setting}")


@contextmanager
def _written_fast(engine: Engine) -> Iterator[None]:
    """Indexes are made at the end, and no disk is waited for: what is interrupted is begun anew anyway."""
    indexes = [one for table in Base.metadata.sorted_tables for one in table.indexes if not one.unique]
    db.session.remove()
    if engine.dialect.name == "sqlite":
        engine.dispose()
        event.listen(engine, "connect", _unsafe)
    with engine.begin() as connection:
        for index in indexes:
            connection.execute(DropIndex(index, if_exists=True))
    yield
    db.session.remove()
    for index in indexes:
        index.create(engine)
    if engine.dialect.name == "sqlite":
        event.remove(engine, "connect", _unsafe)
        engine.dispose()


def _look_over(engine: Engine) -> None:
    """Have the database know how its rows are spread, as it learns by itself in a night."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA analysis_limit = 1000"))
        connection.execute(text("ANALYZE"))


def main() -> None:
    """Make sites of some sizes and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="+", type=int)
    parser.add_argument("--server", default="", help="a PostgreSQL server, such as postgresql://user@host/")
    options = parser.parse_args()
    for posts in options.sizes:
        began = time.monotonic()
        app = made(posts, database_url=options.server)
        print(f"{posts:,} posts in {time.monotonic() - began:.0f} s: {app.config['HOME']}")


if __name__ == "__main__":
    main()
