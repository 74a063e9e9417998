"""Kill the server again and again while people use it, then look whether anything acknowledged was lost or doubled.

    python benchmarks/torture.py --kills 200
    python benchmarks/torture.py --kills 200 --postgres

People sign in over HTTP and ask, answer, comment, vote, accept, add pictures, write guides and publish them. What
was answered with success is written down; what was not is tried again, as people do. The web server and the worker
are killed with SIGKILL at any moment and started again; on PostgreSQL by turns they, the database, or both at once.
Afterwards the database is compared with what was written down, counters with their recount, the index with the
database, and files with the revisions of what was published.
"""

import argparse
import hashlib
import http.client
import io
import random
import re
import secrets
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.postgres import Cluster  # noqa: E402
from benchmarks.serving import Site, free_port  # noqa: E402

PASSWORD = "torture needs a password"  # noqa: S105 - of a site that lives for a while in a folder of its own
MEMBERS, WRITERS = 10, 4
LONGEST_CYCLE = 60.0
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Away(Exception):
    """The server answered that it cannot do it now."""


GONE = (OSError, http.client.HTTPException, Away)


@dataclass
class Ledger:
    """What the people were told, and what they tried without an answer."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    questions: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    comments: set[str] = field(default_factory=set)
    votes: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    accepted: set[int] = field(default_factory=set)
    pictures: dict[str, str] = field(default_factory=dict)
    guides: set[str] = field(default_factory=set)
    tried: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)

    def a_question(self, chance: random.Random) -> int | None:
        """The number of a question that somebody asked."""
        with self.lock:
            return chance.choice(list(self.questions.values())) if self.questions else None

    def an_answer(self, chance: random.Random) -> int | None:
        """The number of an answer that somebody gave."""
        with self.lock:
            return chance.choice(list(self.answers.values())) if self.answers else None


class Refused(Exception):
    """The server answered, and it was no."""


class Person:
    """Somebody at a browser: one connection, a cookie, the token of the last page."""

    def __init__(self, name: str, port: int, password: str = PASSWORD) -> None:
        self.name, self._port, self._password = name, port, password
        self._cookie = self._token = ""

    @property
    def cookie(self) -> str:
        """By which the server knows the person."""
        return self._cookie

    def _ask(
        self, method: str, path: str, body: bytes | None, kind: str
    ) -> tuple[int, Mapping[str, str], str]:
        headers = {"Cookie": self._cookie, "Sec-Fetch-Site": "same-origin"}
        if body is not None:
            headers["Content-Type"] = kind
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
            cookie = response.headers.get("Set-Cookie", "")
            if cookie:
                self._cookie = cookie.partition(";")[0]
            found = TOKEN.search(text)
            if found:
                self._token = found[1]
            if response.status == 503:
                raise Away
            return response.status, response.headers, text

    def sign_in(self) -> None:
        """As on the page."""
        form = urlencode({"username": self.name, "password": self._password}).encode()
        self._cookie = ""
        status, _headers, text = self._ask("POST", "/sign-in", form, "application/x-www-form-urlencoded")
        if status != 303 and status != 302:
            raise Refused(f"sign in: {status} {text[:200]}")
        self._ask("GET", "/settings", None, "")

    def send(self, path: str, **fields: str) -> str:
        """Send a form; gives the address that the answer leads to.

        Raises:
            Refused: the answer is no success.
            OSError: the server is away, and nobody knows whether it was done.
        """
        if not self._token:
            self.sign_in()
        form = urlencode({"csrf_token": self._token, **fields}).encode()
        status, headers, text = self._ask("POST", path, form, "application/x-www-form-urlencoded")
        if status != 303:
            self._token = ""
            raise Refused(f"{path}: {status} {_words(text)}")
        return headers.get("Location", "")

    def upload(self, data: bytes) -> str:
        """Add a picture; gives its address."""
        if not self._token:
            self.sign_in()
        border = secrets.token_hex(8)
        parts = [
            f'--{border}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self._token}\r\n'.encode(),
            f'--{border}\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\n'
            "Content-Type: image/png\r\n\r\n".encode(),
            data,
            f"\r\n--{border}--\r\n".encode(),
        ]
        status, _headers, text = self._ask(
            "POST", "/uploads", b"".join(parts), f"multipart/form-data; boundary={border}"
        )
        if status != 201:
            self._token = ""
            raise Refused(f"/uploads: {status} {_words(text)}")
        return re.search(r'"url":\s*"([^"]+)"', text)[1]  # type: ignore[index]


def _words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<main")[2]))[:400]


class Life(threading.Thread):
    """One person's evening: deed after deed until it is over, each tried until the server says yes or no."""

    def __init__(
        self, name: str, port: int, ledger: Ledger, over: threading.Event, reviewer: str = ""
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.person, self.ledger, self.over = Person(name, port), ledger, over
        self.reviewer = Person(reviewer, port) if reviewer else None
        self.chance = random.Random(name)
        self.mine: list[int] = []
        self.troubles: Counter[str] = Counter()

    def run(self) -> None:
        deeds: list[Callable[[], None]] = [
            self.ask,
            self.answer,
            self.answer,
            self.comment,
            self.vote,
            self.vote,
        ]
        deeds += [self.accept, self.upload] + ([self.publish] if self.reviewer else [])
        while not self.over.is_set():
            deed = self.chance.choice(deeds)
            try:
                deed()
            except Refused as error:
                self.troubles[str(error)[:120]] += 1
            except GONE:
                time.sleep(0.1)

    def until_told(self, deed: str, do: Callable[[], str]) -> str:
        """Try until there is an answer, as somebody who presses the button again."""
        while True:
            self.ledger.tried[deed] += 1
            try:
                result = do()
            except GONE:
                if self.over.is_set():
                    raise
                time.sleep(0.15)
                continue
            self.ledger.told[deed] += 1
            return result

    def ask(self) -> None:
        title = f"Why does it stop after step {secrets.token_hex(6)}"
        fields = {"title": title, "body": f"It stops, every time. {title}", "looked": "1"}
        address = self.until_told("ask", lambda: self.person.send("/ask", **fields))
        number = int(re.search(r"/questions/(\d+)", address)[1])  # type: ignore[index]
        self.mine.append(number)
        with self.ledger.lock:
            self.ledger.questions[title] = number

    def answer(self) -> None:
        question = self.ledger.a_question(self.chance)
        if question is None:
            return
        body = f"Try this: {secrets.token_hex(8)}"
        address = self.until_told(
            "answer", lambda: self.person.send(f"/questions/{question}/answers", body=body)
        )
        found = re.search(r"answer-(\d+)", address)
        with self.ledger.lock:
            self.ledger.answers[body] = int(found[1]) if found else 0

    def comment(self) -> None:
        question = self.ledger.a_question(self.chance)
        if question is None:
            return
        body = f"The same here: {secrets.token_hex(8)}"
        self.until_told("comment", lambda: self.person.send(f"/questions/{question}/comments", comment=body))
        with self.ledger.lock:
            self.ledger.comments.add(body)

    def vote(self) -> None:
        question = self.ledger.a_question(self.chance)
        if question is None or question in self.mine:
            return
        value, key = self.chance.choice([-1, 0, 1]), (self.person.name, question)
        with self.ledger.lock:  # From now on either may be what the database holds, until it is known.
            self.ledger.votes.setdefault(key, {0}).add(value)
        self.until_told("vote", lambda: self.person.send(f"/questions/{question}/vote", value=str(value)))
        with self.ledger.lock:
            self.ledger.votes[key] = {value}

    def accept(self) -> None:
        if not self.mine:
            return
        question = self.chance.choice(self.mine)
        body = f"I found it myself: {secrets.token_hex(8)}"
        address = self.until_told(
            "answer", lambda: self.person.send(f"/questions/{question}/answers", body=body)
        )
        number = int(re.search(r"answer-(\d+)", address)[1])  # type: ignore[index]
        with self.ledger.lock:
            self.ledger.answers[body] = number
        self.until_told("accept", lambda: self._accepted(number))
        with self.ledger.lock:
            self.ledger.accepted.add(number)

    def _accepted(self, number: int) -> str:
        try:
            return self.person.send(f"/answers/{number}/accept")
        except Refused as error:
            if "accepted already" in str(error):  # The answer to the first try was lost on its way.
                return ""
            raise

    def upload(self) -> None:
        from PIL import Image

        color = tuple(self.chance.randrange(256) for _part in range(3))
        file = io.BytesIO()
        Image.new("RGB", (8, 8), color).save(file, "PNG")
        address = self.until_told("upload", lambda: self.person.upload(file.getvalue()))
        with self.ledger.lock:
            self.ledger.pictures[address] = str(color)

    def publish(self) -> None:
        title = f"Clean the filter {secrets.token_hex(6)}"
        fields = {
            "title": title, "type": "how-to", "product": "filter", "audience": "public",
            "body": f"Rinse it.\n\n{title}", "owner": self.person.name,
        }  # fmt: skip
        draft = self.until_told("draft", lambda: self.person.send("/drafts", **fields)).rpartition("/")[2]
        assert self.reviewer is not None
        for who, path in ((self.person, "send"), (self.reviewer, "approve"), (self.person, "publish")):
            self.until_told(
                path, lambda who=who, path=path: self._step(who, f"/drafts/{draft}/{path}", fields)
            )  # type: ignore[misc]
        with self.ledger.lock:
            self.ledger.guides.add(title)

    def _step(self, who: Person, path: str, fields: Mapping[str, str]) -> str:
        try:
            return who.send(path, **fields)
        except Refused as error:
            if ": 409" in str(error):  # It is past this step: the first try was taken, its answer lost.
                return ""
            raise


def prepare(home: Path, settings: Mapping[str, str]) -> None:
    """An empty site with people."""
    from flask_migrate import upgrade

    from app import create_app
    from app.accounts.actions import create_person
    from app.catalog.models import Product
    from app.core.db import db, transaction
    from app.policy import Role

    app = create_app(HOME=home, **settings)
    with app.app_context():
        upgrade()
        with transaction() as session:
            session.add(Product(slug="filter", name="Filter"))
        for number in range(MEMBERS):
            create_person(f"member-{number}", f"m{number}@example.com", PASSWORD, Role.EXPERT)
        for number in range(WRITERS):
            create_person(f"writer-{number}", f"w{number}@example.com", PASSWORD, Role.WRITER)
        db.session.remove()
        db.engine.dispose()


def differences(home: Path, ledger: Ledger, settings: Mapping[str, str]) -> list[str]:
    """What is not as the people were told; empty if all is well."""
    from app import create_app, search
    from app.articles.sync import sync
    from app.core import counters
    from app.core.db import db, transaction
    from app.forum import counters as forum
    from app.reputation import counters as reputation

    wrong: list[str] = []
    app = create_app(HOME=home, **settings)
    with app.app_context():
        wrong += _lost_or_doubled_posts(ledger)
        wrong += _other_votes(ledger)
        wrong += _broken_pictures(app.config["VAR"], ledger)
        # A publication that was cut off between its file and its rows is finished by the sync.
        sync(app.config["ARTICLES"])
        changes: list[str] = []
        sync(
            app.config["ARTICLES"],
            report=lambda change, problem, *_rest: changes.append(f"{change} {problem}"),
        )
        wrong += [f"the sync had something left to do: {change[:200]}" for change in changes]
        wrong += _lost_or_doubled_guides(app.config["ARTICLES"], ledger)
        with transaction():
            recounted = counters.repair({**forum.truths(), **reputation.truths()})
        wrong += [f"counter {name}: {count} rows differed" for name, count in recounted.items() if count]
        while search.catch_up():
            pass
        wrong += [f"index: {each}" for each in search.check()][:20]
        path = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
        db.session.remove()
        db.engine.dispose()
    if path:
        with closing(sqlite3.connect(path)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            wrong += [f"database: {each}" for each in found if each != "ok"]
            wrong += [f"stray row: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    return wrong


def _lost_or_doubled_posts(ledger: Ledger) -> list[str]:
    from sqlalchemy import select

    from app.articles.models import Draft
    from app.core.db import db
    from app.forum.models import Answer, Comment, Question

    wrong = []
    for kind, column, told in (
        ("question", Question.title, set(ledger.questions)),
        ("answer", Answer.body, set(ledger.answers)),
        ("comment", Comment.body, ledger.comments),
        ("draft", Draft.title, ledger.guides),
    ):
        there = Counter(db.session.scalars(select(column)))
        wrong += [f"{kind} lost: {text}" for text in told if not there[text]]
        wrong += [f"{kind} doubled: {text}" for text, count in there.items() if count > 1]
    accepted = set(db.session.scalars(select(Answer.id).where(Answer.accepted_at.is_not(None))))
    return wrong + [f"acceptance lost: {number}" for number in ledger.accepted - accepted]


def _other_votes(ledger: Ledger) -> list[str]:
    from sqlalchemy import select

    from app.accounts.models import User
    from app.core.db import db
    from app.forum.models import Vote

    statement = select(User.username, Vote.question_id, Vote.value).join(User, User.id == Vote.user_id)
    cast = {(name, question): value for name, question, value in db.session.execute(statement)}
    return [
        f"vote {key}: {cast.get(key, 0)} instead of {possible}"
        for key, possible in ledger.votes.items()
        if cast.get(key, 0) not in possible
    ]


def _broken_pictures(var: Path, ledger: Ledger) -> list[str]:
    from sqlalchemy import select

    from app.core.db import db
    from app.uploads.models import Upload

    there = {path.name: path for path in (var / "uploads").glob("*") if not path.name.startswith(".")}
    told = {address.rpartition("/")[2] for address in ledger.pictures}
    rows = Counter(tuple(row) for row in db.session.execute(select(Upload.owner_id, Upload.name)))
    wrong = [f"picture lost: {name}" for name in told - set(there)]
    wrong += [f"picture without a row: {name}" for name in told - {name for _owner, name in rows}]
    wrong += [f"picture without a file: {name}" for _owner, name in rows if name not in there]
    wrong += [f"picture doubled: {row}" for row, count in rows.items() if count > 1]
    for name, path in there.items():
        if not name.startswith(hashlib.sha256(path.read_bytes()).hexdigest()[:32]):
            wrong.append(f"picture cut: {name}")
    return wrong


def _lost_or_doubled_guides(folder: Path, ledger: Ledger) -> list[str]:
    from sqlalchemy import select

    from app.articles.models import Article, ArticleRevision
    from app.core.db import db

    there = Counter(db.session.scalars(select(Article.title)))
    wrong = [f"guide lost: {title}" for title in ledger.guides if not there[title]]
    wrong += [f"guide doubled: {title}" for title, count in there.items() if count > 1]
    files = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.md")}
    newest = select(ArticleRevision.article_id, ArticleRevision.source).order_by(ArticleRevision.id)
    sources = dict(tuple(row) for row in db.session.execute(newest))
    for article in db.session.scalars(select(Article).where(Article.withdrawn_at.is_(None))):
        if files.pop(article.path, None) != sources.get(article.id):
            wrong.append(f"file and revision differ: {article.path}")
    return wrong + [f"file without a guide: {path}" for path in files]


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        kills: how often which part was killed.
        troubles: what people were refused, and how often.
        wrong: what is lost, doubled or different.
    """

    ledger: Ledger
    kills: Counter[str]
    troubles: Counter[str]
    wrong: list[str]


def torture(
    home: Path, kills: int, between: tuple[int, int], seed: int, *, postgres: bool = False
) -> Outcome:
    """Let people live on the site while it is killed so many times.

    Args:
        between: the least and the most deeds that people are told of from one kill to the next.
        postgres: with a PostgreSQL of its own, which is killed too.
    """
    chance, killed = random.Random(seed), Counter[str]()
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster()) if postgres else None
        settings = {"SQLALCHEMY_DATABASE_URI": cluster.url} if cluster else {}
        prepare(home, settings)
        environment = {"DATABASE_URL": cluster.url} if cluster else {}
        site = Site(home, port=free_port(), web=("--workers", "2"), **environment)
        stack.enter_context(site)
        ledger, over = Ledger(), threading.Event()
        lives = _lives(site.port, ledger, over)
        for life in lives:
            life.start()
        for number in range(kills):
            _wait_for(ledger, chance.randint(*between))
            time.sleep(chance.uniform(0, 0.1))
            what = chance.choice(["site", "database", "site and database"]) if cluster else "site"
            if "site" in what:
                site.kill()
            if cluster and "database" in what:
                cluster.kill()
                cluster.start()
            if "site" in what:
                site.start()
            killed[what] += 1
            told = sum(ledger.told.values())
            print(f"\rkilled {number + 1} of {kills}: {told} deeds told", end="", file=sys.stderr)
        _wait_for(ledger, between[1])
        over.set()
        for life in lives:
            life.join(60)
        print(file=sys.stderr)
        site.kill()
        wrong = differences(home, ledger, settings)
        if cluster:
            wrong += [f"database: {each}" for each in cluster.damage()]
    return Outcome(ledger, killed, sum((life.troubles for life in lives), Counter()), wrong)


def _wait_for(ledger: Ledger, deeds: int) -> None:
    """Until people were told of so many more deeds."""
    enough, until = ledger.told.total() + deeds, time.monotonic() + LONGEST_CYCLE
    while ledger.told.total() < enough and time.monotonic() < until:
        time.sleep(0.01)


def _lives(port: int, ledger: Ledger, over: threading.Event) -> list[Life]:
    lives = [Life(f"member-{number}", port, ledger, over) for number in range(MEMBERS)]
    return lives + [
        Life(f"writer-{number}", port, ledger, over, reviewer=f"writer-{(number + WRITERS // 2) % WRITERS}")
        for number in range(WRITERS // 2)
    ]


def main() -> None:
    """Torture a site in a folder of its own, and print what came of it; ends with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--between", type=int, nargs=2, default=(1, 30), help="deeds between one kill and the next"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, which is killed too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aftercare-torture-") as folder:
        began = time.monotonic()
        outcome = torture(
            Path(folder), options.kills, tuple(options.between), options.seed, postgres=options.postgres
        )
    ledger = outcome.ledger
    kills = ", ".join(f"{what} {count} times" for what, count in sorted(outcome.kills.items()))
    print(f"killed: {kills}; {time.monotonic() - began:.0f} s\n")
    print("| deed | told | cut off and tried again |\n|---|---|---|")
    for deed, count in sorted(ledger.told.items()):
        print(f"| {deed} | {count} | {ledger.tried[deed] - count} |")
    for trouble, count in outcome.troubles.most_common(5):
        print(f"refused {count} times: {trouble}")
    print(f"\n{len(outcome.wrong)} things lost, doubled or different")
    for each in outcome.wrong[:40]:
        print(f"- {each}")
    sys.exit(bool(outcome.wrong))


if __name__ == "__main__":
    main()
