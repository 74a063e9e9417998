"""Kill the server again and again while people use it, then look whether anything acknowledged was lost or doubled.

    python benchmarks/torture.py --kills 200

People sign in over HTTP and ask, answer, comment, vote, accept, add pictures, write guides and publish them. What
was answered with success is written down; what was not is tried again, as people do. The web server and the worker
are killed with SIGKILL at any moment and started again. Afterwards the database is compared with what was written
down, counters with their recount, the index with the database, and files with what was published.
"""

import argparse
import hashlib
import http.client
import io
import os
import random
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

PASSWORD = "torture needs a password"  # noqa: S105 - of a site that lives for a while in a folder of its own
MEMBERS, WRITERS = 10, 4
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
GONE = (OSError, http.client.HTTPException)


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

    def __init__(self, name: str, port: int) -> None:
        self.name, self._port = name, port
        self._cookie = self._token = ""

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
            return response.status, response.headers, text

    def sign_in(self) -> None:
        """As on the page."""
        form = urlencode({"username": self.name, "password": PASSWORD}).encode()
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
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<main")[2]))[:160]


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


class Site:
    """The web server and the worker, in a group of their own so that they die together."""

    def __init__(self, home: Path, port: int) -> None:
        self._home, self.port = home, port
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start both, and wait until the server answers."""
        web = [
            sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{self.port}", "--worker-class",
            "gthread", "--workers", "2", "--threads", "4", "--log-level", "critical", "--no-control-socket",
        ]  # fmt: skip
        worker = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
        environment = {**os.environ, "AFTERCARE_HOME": str(self._home)}
        self._processes = [
            subprocess.Popen(
                command, cwd=ROOT, env=environment, start_new_session=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for command in (web, worker)
        ]  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
                    connection.request("GET", "/sign-in")
                    connection.getresponse().read()
                    return
            except GONE:
                time.sleep(0.05)
        raise SystemExit("The server did not start.")

    def kill(self) -> None:
        """As a power cut would, in the middle of whatever they do."""
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes:
            process.wait()


def prepare(home: Path) -> None:
    """An empty site with people."""
    from flask_migrate import upgrade

    from app import create_app
    from app.accounts.actions import create_person
    from app.catalog.models import Product
    from app.core.db import transaction
    from app.policy import Role

    app = create_app(HOME=home)
    with app.app_context():
        upgrade()
        with transaction() as session:
            session.add(Product(slug="filter", name="Filter"))
        for number in range(MEMBERS):
            create_person(f"member-{number}", f"m{number}@example.com", PASSWORD, Role.EXPERT)
        for number in range(WRITERS):
            create_person(f"writer-{number}", f"w{number}@example.com", PASSWORD, Role.WRITER)


def differences(home: Path, ledger: Ledger) -> list[str]:
    """What is not as the people were told; empty if all is well."""
    from sqlalchemy import select

    from app import create_app, search
    from app.accounts.models import User
    from app.articles.models import Article
    from app.articles.sync import sync
    from app.core import counters
    from app.core.db import db, transaction
    from app.forum import counters as forum
    from app.forum.models import Answer, Comment, Question, Vote
    from app.reputation import counters as reputation

    wrong: list[str] = []
    app = create_app(HOME=home)
    with app.app_context():
        titles = Counter(db.session.scalars(select(Question.title)))
        bodies = Counter(db.session.scalars(select(Answer.body)))
        remarks = Counter(db.session.scalars(select(Comment.body)))
        for kind, there, told in (
            ("question", titles, set(ledger.questions)),
            ("answer", bodies, set(ledger.answers)),
            ("comment", remarks, ledger.comments),
        ):
            wrong += [f"{kind} lost: {text}" for text in told if not there[text]]
            wrong += [f"{kind} doubled: {text}" for text, count in there.items() if count > 1]
        statement = select(User.username, Vote.question_id, Vote.value).join(User, User.id == Vote.user_id)
        cast = {(name, question): value for name, question, value in db.session.execute(statement)}
        for key, possible in ledger.votes.items():
            if cast.get(key, 0) not in possible:
                wrong.append(f"vote {key}: {cast.get(key, 0)} instead of {possible}")
        accepted = set(db.session.scalars(select(Answer.id).where(Answer.accepted_at.is_not(None))))
        wrong += [f"acceptance lost: {number}" for number in ledger.accepted - accepted]
        wrong += _lost_pictures(app.config["VAR"], ledger)
        there = Counter(db.session.scalars(select(Article.title)))
        wrong += [f"guide lost: {title}" for title in ledger.guides if not there[title]]
        wrong += [f"guide doubled: {title}" for title, count in there.items() if count > 1]
        files = "\n".join(path.read_text() for path in app.config["ARTICLES"].rglob("*.md"))
        wrong += [f"file lost: {title}" for title in ledger.guides if title not in files]
        changes: list[str] = []
        sync(
            app.config["ARTICLES"],
            report=lambda change, problem, *_rest: changes.append(f"{change} {problem}"),
        )
        wrong += [f"the sync had something left to do: {change[:200]}" for change in changes]
        with transaction():
            recounted = counters.repair({**forum.truths(), **reputation.truths()})
        wrong += [f"counter {name}: {count} rows differed" for name, count in recounted.items() if count]
        while search.catch_up():
            pass
        wrong += [f"index: {each}" for each in search.check()][:20]
        path = db.engine.url.database
        db.session.remove()
        db.engine.dispose()
    if path:
        with closing(sqlite3.connect(path)) as connection:
            wrong += [
                f"database: {row[0]}"
                for row in connection.execute("PRAGMA integrity_check")
                if row[0] != "ok"
            ]
            wrong += [f"stray row: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    return wrong


def _lost_pictures(var: Path, ledger: Ledger) -> list[str]:
    there = {path.name: path for path in (var / "uploads").rglob("*") if path.is_file()}
    lost = [address for address in ledger.pictures if address.rpartition("/")[2] not in there]
    wrong = [f"picture lost: {address}" for address in lost]
    for name, path in there.items():
        if not path.stat().st_size:
            wrong.append(f"picture cut: {name} {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return wrong


def torture(
    home: Path, kills: int, between: tuple[float, float], seed: int
) -> tuple[Ledger, Counter[str], list[str]]:
    """Let people live on the site while it is killed so many times.

    Returns:
        What they were told, what they were refused, and what is wrong afterwards.
    """
    prepare(home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ledger, over, chance, site = Ledger(), threading.Event(), random.Random(seed), Site(home, port)
    lives = [Life(f"member-{number}", port, ledger, over) for number in range(MEMBERS)]
    lives += [
        Life(f"writer-{number}", port, ledger, over, reviewer=f"writer-{(number + WRITERS // 2) % WRITERS}")
        for number in range(WRITERS // 2)
    ]
    with ExitStack() as stack:
        stack.callback(site.kill)
        site.start()
        for life in lives:
            life.start()
        for number in range(kills):
            time.sleep(chance.uniform(*between))
            site.kill()
            print(
                f"\rkilled {number + 1} of {kills}: {sum(ledger.told.values())} deeds told",
                end="",
                file=sys.stderr,
            )
            site.start()
        time.sleep(between[1])
        over.set()
        for life in lives:
            life.join(60)
    print(file=sys.stderr)
    troubles: Counter[str] = Counter()
    for life in lives:
        troubles += life.troubles
    return ledger, troubles, differences(home, ledger)


def main() -> None:
    """Torture a site in a folder of its own, and print what came of it; ends with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--between", type=float, nargs=2, default=(0.3, 2.5), help="seconds between start and kill"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aftercare-torture-") as folder:
        began = time.monotonic()
        ledger, troubles, wrong = torture(Path(folder), options.kills, tuple(options.between), options.seed)
    lost = defaultdict(int, {deed: ledger.tried[deed] - ledger.told[deed] for deed in ledger.tried})
    print(f"{options.kills} kills in {time.monotonic() - began:.0f} s\n")
    print("| deed | told | cut off and tried again |\n|---|---|---|")
    for deed, count in sorted(ledger.told.items()):
        print(f"| {deed} | {count} | {lost[deed]} |")
    for trouble, count in troubles.most_common(5):
        print(f"refused {count} times: {trouble}")
    print(f"\n{len(wrong)} things lost, doubled or different")
    for each in wrong[:40]:
        print(f"- {each}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
