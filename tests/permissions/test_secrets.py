"""What somebody may not see is nowhere: in no page, fragment, feed, sitemap, suggestion, search, message, letter, copy."""

import re
import zipfile
from io import BytesIO
from urllib.parse import urlsplit

import pytest

from app.accounts.models import User
from app.core.db import db, transaction
from app.jobs import queue
from app.jobs.models import Job
from app.notifications.models import Notification
from app.notifications.telling import MAIL_KIND
from tests.permissions.addresses import addresses
from tests.permissions.world import (
    PEOPLE,
    VISITOR,
    build,
    hide_guides,
    hide_parts,
    hide_threads,
    hide_work,
    index,
)

ALL_OVER = (VISITOR, "stranger", "asker", "writer", "moderator")
"""Who goes to every address; the others may see what one of these may."""

PEOPLE_AND_VISITOR = (VISITOR, *PEOPLE)
IN_NO_PAGE = {"lettertoken"}
"""What stands in the database and is on no page for anybody."""


def is_list(address: str) -> bool:
    """Whether this is no address of one thing."""
    return not re.search(r"zq|/\d+|/people/\w", address)


@pytest.fixture
def visit(browser, world):
    """`visit(name)` is a browser in which one of the people is signed in, or nobody."""
    return lambda name: browser(None if name == VISITOR else db.session.get(User, world.people[name].id))


def read(page, address: str) -> str:
    """All that a browser gets to read at an address, its headers too, but for the address itself."""
    response = page.get(address, buffered=True)
    assert response.status_code < 500 or address == "/readyz", (address, response.status_code)
    text = f"{response.status_code}\n{response.headers}\n{response.get_data().decode('utf-8', 'replace')}"
    for part in urlsplit(address).path.split("/"):
        text = text.replace(part, "") if "zq" in part else text
    return text


def test_at_no_address_anybody_reads_what_is_not_for_them(app, world, visit):
    everywhere = [*dict.fromkeys(addresses(app, world))]
    leaks, seen = [], set()
    for name in PEOPLE_AND_VISITOR:
        page = visit(name)
        for address in everywhere if name in ALL_OVER else [one for one in everywhere if is_list(one)]:
            text = read(page, address)
            leaks += [(name, address, word) for word in world.leaked(name, text)]
            seen |= {word for word in world.secrets if word in text}
    assert leaks == []
    # The crawl has eyes: it finds what may be read.
    unseen = {word[2:-2] for word in set(world.secrets) - seen}
    assert {word for word in unseen if not word.endswith("alias") and "withdrawn" not in word} == IN_NO_PAGE


def test_a_guess_at_a_secret_word_is_not_mended_into_it(app, world, visit):
    page = visit("stranger")
    guesses = [word[:5] + word[6:] for word, readers in world.secrets.items() if "stranger" not in readers]
    leaks = [
        (guess, world.leaked("stranger", text))
        for guess in guesses
        if world.leaked("stranger", text := read(page, f"/search?q={guess}"))
    ]
    assert leaks == []


def test_what_is_kept_from_somebody_changes_nothing_that_they_read(app, browser):
    """Neither counts nor orders, suggestions or dates tell that there is more."""
    world = build()
    everywhere = [*dict.fromkeys(addresses(app, world))]
    stranger = db.session.get(User, world.people["stranger"].id)
    pages = {VISITOR: browser(), "stranger": browser(stranger)}
    before = {(name, at): still(read(page, at)) for name, page in pages.items() for at in everywhere}
    hide_threads(world)
    hide_parts(world)
    hide_guides(world, without="customers")
    hide_work(world)
    index(world)
    changed = [(name, at) for name, at in before if still(read(pages[name], at)) != before[name, at]]
    assert changed == []


def still(text: str) -> str:
    """A page without what differs each time: headers, tokens, and the number up to which a page knows its thread."""
    head, _blank, body = text.partition("\n\n")
    where = re.search(r"^Location: .*", head, re.MULTILINE)
    body = re.sub(r'name="(csrf_token|opened)" value="[^"]*"|^id: \d+', "", body, flags=re.MULTILINE)
    return f"{head.splitlines()[0]} {where[0] if where else ''}\n{body}"


@pytest.fixture
def letters(monkeypatch):
    """The letters that leave."""
    sent: list[dict] = []
    monkeypatch.setitem(queue._handlers, "mail", lambda work: sent.append(work.payload))
    return sent


def test_no_letter_tells_what_is_not_for_its_reader(app, world, letters):
    """Messages were written while everything was open to all; their letters leave now."""
    messages = db.session.query(Notification).all()
    assert {message.event.partition(":")[0] for message in messages} == {"answer", "became_guide"}
    with transaction():
        for event in {message.event for message in messages}:
            queue.enqueue(MAIL_KIND, {"event": event}, key=event)
    while queue.work_one():
        pass
    assert not db.session.query(Job).filter(Job.problem != "", Job.kind != "mail").count()
    names = {person.email: name for name, person in world.people.items()}
    read = {(names[one["to"]], one["subject"] + one["text"]) for one in letters if one["to"] in names}
    assert [name for name, _text in read] == ["stranger"]  # Of the guide for customers.
    assert [word for name, text in read for word in world.leaked(name, text)] == []


def test_the_copy_of_ones_data_holds_only_what_is_ones_own(app, world, visit):
    leaks, seen = [], set()
    for name in ("stranger", "regular", "asker", "helper", "writer", "moderator"):
        response = visit(name).post("/settings/data/copy", buffered=True)
        assert response.status_code == 200
        with zipfile.ZipFile(BytesIO(response.data)) as archive:
            text = "".join(archive.read(one).decode("utf-8", "replace") for one in archive.namelist())
        leaks += [(name, word) for word in world.leaked(name, text)]
        seen |= {(name, word) for word in world.secrets if word in text}
    assert leaks == []
    assert {
        ("asker", "zqquestionhiddenbodyqz"),
        ("stranger", "zqunsentstrangerqz"),
        ("regular", "zqreportpersonqz"),
    } <= seen
