"""How much work a page costs beside the least that Flask can do, in one run on the same server.

    python benchmarks/pages.py

The floor is a bare Flask view that returns a constant page as large as the one it is compared with; the second
floor renders a template of 20 KB. Each runs under its own gunicorn, as the site does; measured is the CPU time of
that server's processes for a request, taken in turns over several rounds. Medians are quoted, and the spread.
FlaskBB and Askbot are measured in the same rounds on the same content where FLASKBB_PYTHON and ASKBOT_PYTHON name the
Python they are installed for (`benchmarks/peers.py`).
"""

import argparse
import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import peers  # noqa: E402 - the line above makes it known

ANSWERS = 30
TITLE = "The lamp does not come back after a power cut"
TEMPLATE_SIZE = 20_000
PASSWORD = "a benchmark signs in"  # noqa: S105 - of a site that lives for a minute
TICKS = os.sysconf("SC_CLK_TCK")

FLOOR = """
from flask import Flask, Response, render_template_string, request
app = Flask(__name__)
ROWS = "{% for row in rows %}<li><a href='/{{ row.id }}'>{{ row.title }}</a> <b>{{ row.count }}</b></li>\\n{% endfor %}"
TEMPLATE = app.jinja_env.from_string("<!doctype html><title>{{ title }}</title><ul>" + ROWS + "</ul>")

@app.get("/constant/<int:size>")
def constant(size):
    return Response(b"x" * size, content_type="text/html; charset=utf-8")

@app.get("/template/<int:size>")
def template(size):
    rows = [{"id": n, "title": "A row of the template & more", "count": n} for n in range(size // 60)]
    return TEMPLATE.render(title="A page", rows=rows)
"""


@dataclass(frozen=True)
class Asked:
    """What is measured: a row of the table.

    Attributes:
        name: what people call it.
        path: where it is.
        headers: what goes along, such as a cookie.
        target: the goal, as "≥ 85 %" of the floor's requests, or "≤ 8 ×" the template's cost; "" where there is none.
        server: which server answers: `kept`, `drawn` (nothing kept) or a peer.
        says: words that the page must have, or nothing is measured.
        form: what is sent as a form; a page without one is only read.
    """

    name: str
    path: str
    target: str
    server: str = "kept"
    headers: Mapping[str, str] = field(default_factory=dict)
    says: str = ""
    form: str = ""


@dataclass(frozen=True)
class Server:
    """A gunicorn that is up."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used so far."""
        return sum(_cpu_of(pid) for pid in [self.pid, *_children(self.pid)])


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(word) for task in tasks for word in task.read_text().split()]
    return [*found, *(deeper for child in found for deeper in _children(child))]


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def serving(target: str, folder: Path, python: str = sys.executable, **environment: str) -> Iterator[Server]:
    """A gunicorn with one process and four threads, gone afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        python, "-m", "gunicorn", target, "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "4", "--log-level", "error", "--keep-alive", "60", "--no-control-socket",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": f"{ROOT}", **environment}
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def ask(
    server: Server, path: str, headers: Mapping[str, str], times: int, form: str = ""
) -> tuple[int, bytes]:
    """Ask so many times on one connection, or send a form; gives the last status and page."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    if form:
        headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    for _time in range(times):
        connection.request("POST" if form else "GET", path, form or None, dict(headers))
        response = connection.getresponse()
        status, page = response.status, response.read()
    connection.close()
    return status, page


def cost(server: Server, path: str, headers: Mapping[str, str], seconds: float, form: str = "") -> float:
    """Milliseconds of the server's CPU for one request, over about so many seconds of asking."""
    asked, before, until = 0, server.cpu(), time.monotonic() + seconds
    while time.monotonic() < until or asked < 5:
        ask(server, path, headers, 5, form)
        asked += 5
    return (server.cpu() - before) / asked * 1000


def floor_in(folder: Path) -> Path:
    """Put the bare views, `floor:app`, into a folder; gives the folder."""
    (folder / "floor.py").write_text(FLOOR)
    return folder


@dataclass(frozen=True)
class Site:
    """The site that is measured.

    Attributes:
        question: the address of the question with thirty answers.
        cookie: of a member.
        content: what visitors may read there, with what peers have to know beside.
    """

    question: str
    cookie: str
    content: dict[str, Any]


def make_site(home: Path) -> Site:
    """The demo, and a question with thirty answers."""
    os.environ["AFTERCARE_HOME"] = str(home)
    from flask_migrate import upgrade

    from app import create_app, search
    from app.accounts import actions as accounts
    from app.demo import loading
    from app.forum import actions as forum
    from app.forum.models import Question
    from app.forum.queries import LIST_SIZE
    from app.policy import Role
    from app.worker import home as homes

    homes.bring_guides(homes.Start(home, 0, demo=True))
    app = create_app()
    with app.app_context():
        upgrade()
        loading.load()
        asker = accounts.create_person("bench-asker", "asker@example.com", PASSWORD, Role.MEMBER)
        people = [
            accounts.create_person(f"bench-{number}", f"b{number}@example.com", PASSWORD, Role.EXPERT)
            for number in range(ANSWERS)
        ]
        text = forum.QuestionText(TITLE, "It **stays dark**.\n\n- a\n- b")
        question: Question = forum.ask_question(asker, text)
        address = f"/questions/{question.id}/{question.slug}"
        measured = {"question": question.id, "threads": LIST_SIZE, "answers": ANSWERS}
        for number, person in enumerate(people):
            body = (
                f"Attempt {number}: hold the button for {number + 3} seconds.\n\n1. Unplug it.\n2. `reset`\n"
            )
            forum.answer_question(person, question, body * 3)
        search.rebuild()
        content = {**peers.content(), **measured}
    return Site(address, _cookie(app, "bench-asker"), content)


def _cookie(app: object, name: str) -> str:
    client = app.test_client()  # type: ignore[attr-defined]
    client.post("/sign-in", data={"username": name, "password": PASSWORD})
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in client._cookies.values())


def rows(site: Site, guide: str, etag: str) -> list[Asked]:
    """What is measured, in the order of the table."""
    question, somebody = site.question, {"Cookie": site.cookie}
    return [
        Asked("a guide", guide, "≥ 85 %"),
        Asked("a question with 30 answers", question, "≥ 80 %"),
        Asked("the front page", "/", "≥ 80 %"),
        Asked("the list of questions", "/questions", "≥ 80 %"),
        Asked("the list of guides", "/articles", "≥ 80 %"),
        Asked("an unchanged guide (304)", guide, "≥ 95 %", headers={"If-None-Match": etag}),
        Asked("a guide, drawn", guide, "≤ 8 ×", "drawn"),
        Asked("a question, drawn", question, "≤ 8 ×", "drawn"),
        Asked("the front page, drawn", "/", "≤ 8 ×", "drawn"),
        Asked("a search", "/search?q=lamp+does+not+pair", "≤ 10 ×"),
        Asked("a guide, signed in", guide, "≤ 6 ×", headers=somebody),
        Asked("a question with 30 answers, signed in", question, "≤ 10 ×", headers=somebody),
    ]


def rows_of_peers(made: Sequence[peers.Made]) -> list[Asked]:
    """The pages of peers, after those of ours that are like them and have no row yet; none without a peer."""
    if not made:
        return []
    says = {
        "a question with 30 answers": f"Attempt {ANSWERS - 1}",
        "the list of questions": TITLE,
        "a search": TITLE,
    }
    search = f"/search?q={peers.SEARCHED}"
    return [
        Asked("the list of questions, drawn", "/questions", "", "drawn"),
        Asked(f"a search for “{peers.SEARCHED}”", search, "", "drawn", says=TITLE),
        *(
            Asked(
                f"{peer.name}: {page}", path, "", peer.name,
                says=says.get(page, ""), form=peer.form if page == "a search" else "",
            )
            for peer in made
            for page, path in peer.pages.items()
        ),
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--seconds", type=float, default=1.5, help="how long each page is asked for in a round"
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aftercare-bench-")))
        home = folder / "site"
        home.mkdir()
        print("Making a site to measure ...", file=sys.stderr)
        site = make_site(home)
        floor_in(folder)
        kept = stack.enter_context(serving("wsgi:app", ROOT, AFTERCARE_HOME=str(home)))
        drawn = stack.enter_context(
            serving("wsgi:app", ROOT, AFTERCARE_HOME=str(home), AFTERCARE_KEEP_PAGES="0")
        )
        floor = stack.enter_context(serving("floor:app", folder, PYTHONPATH=f"{folder}{os.pathsep}{ROOT}"))
        servers = {"kept": kept, "drawn": drawn, "floor": floor}
        guide = _a_guide(kept)
        wanted = {**site.content, "guide": guide.rpartition("/")[2]}
        made, absent = [], []
        for peer, python in peers.installed():
            if python is None:
                absent.append(peers.absence(peer))
                continue
            print(f"Making the same site in {peer.name}, which takes minutes ...", file=sys.stderr)
            one = peers.make(peer, python, folder / f"{peer.name.lower()}-here", wanted)
            known = {"PYTHONPATH": str(one.folder), **one.environment}
            servers[one.name] = stack.enter_context(serving(one.target, one.folder, python, **known))
            made.append(one)
        table = [*rows(site, guide, _etag(kept, guide)), *rows_of_peers(made)]
        sizes = {row.name: _check(servers[row.server], row) for row in table}
        found: dict[str, list[float]] = {row.name: [] for row in table}
        spent: dict[str, list[float]] = {row.name: [] for row in table}
        for number in range(options.rounds):
            print(f"Round {number + 1} of {options.rounds} ...", file=sys.stderr)
            for row in table:
                # What else the machine does changes from second to second, so the floor is measured beside each page.
                is_share = row.target.endswith("%")
                beside = f"/constant/{sizes[row.name]}" if is_share else f"/template/{TEMPLATE_SIZE}"
                least = cost(floor, beside, {}, options.seconds)
                own = cost(servers[row.server], row.path, row.headers, options.seconds, row.form)
                found[row.name].append(least / own if is_share else own / least)
                spent[row.name].append(own)
        print(_as_table(table, found, spent))
        for line in absent:
            print(f"\n{line}")
        if options.json:
            options.json.write_text(json.dumps(found, indent=1))


def _a_guide(server: Server) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/articles")
    page = connection.getresponse().read().decode()
    paths = sorted({part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("/articles/")})
    return next(
        path for path in paths if "?" not in path and path.count("/") == 2 and not path.endswith(".atom")
    )


def _etag(server: Server, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response.headers["ETag"]


def _check(server: Server, row: Asked) -> int:
    status, page = ask(server, row.path, row.headers, 3, row.form)
    expected = 304 if "If-None-Match" in row.headers else 200
    if status != expected:
        raise SystemExit(f"{row.name} answered {status}, not {expected}; nothing was measured.")
    if row.says.encode() not in page:
        raise SystemExit(f"{row.name} does not say “{row.says}”; nothing was measured.")
    return len(page)


def _as_table(
    table: Sequence[Asked], found: Mapping[str, Sequence[float]], spent: Mapping[str, Sequence[float]]
) -> str:
    lines = [
        f"Measured on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        "% is the share of a constant page's requests per CPU second; × is the CPU of a 20 KB template.",
        "",
        "| page | CPU | median | lowest to highest | goal | holds |",
        "|---|---|---|---|---|---|",
    ]
    for row in table:
        values, is_share = sorted(found[row.name]), row.target.endswith("%")
        middle = median(values)
        shown = [
            f"{value * 100:.0f} %" if is_share else f"{value:.1f} ×"
            for value in (middle, values[0], values[-1])
        ]
        own = f"{median(spent[row.name]):.2f} ms"
        lines.append(
            f"| {row.name} | {own} | {shown[0]} | {shown[1]} to {shown[2]} | {row.target} | {_holds(row, middle)} |"
        )
    return "\n".join(lines)


def _holds(row: Asked, middle: float) -> str:
    if not row.target:
        return ""
    is_share = row.target.endswith("%")
    goal = float(row.target.strip("≥≤ %×")) / (100 if is_share else 1)
    return "yes" if (middle >= goal if is_share else middle <= goal) else "no"


if __name__ == "__main__":
    main()
