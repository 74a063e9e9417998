"""No page does more work because the site is larger: counted are the steps of the database's machine, not the time.

SQLite counts them, so these sites are on SQLite whatever database the other tests use.
"""

import contextvars
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from steps import counted_steps

from app import search, settle
from app import site as site_settings
from app.accounts import actions as accounts
from app.accounts.queries import person_named
from app.core.db import db
from app.insights import synonyms
from benchmarks.making import Figures, made
from benchmarks.places import Places, places

FIGURES = Figures(least_guides=20)
SIZES = (300, 1_500)
MORE = 1.5
"""At five times the size so much more work is allowed: trees are deeper, and threads differ by chance."""
ALWAYS = 4_000
"""Steps that are no matter in any case, about a millisecond."""

GROWING = {
    "the list of tags": "looks at the newest 2,000 questions and guides, more than these sites have",
    "a map of questions": "names up to 10,000 of them, more than these sites have",
    "a map of people": "names up to 10,000 of them, more than these sites have",
    "what people looked for": "adds up the last 10,000 searches, more than these sites have",
    "synonyms": "adds up the last 10,000 searches, more than these sites have",
    "what one follows": "SQLite reads all questions while they are few; from some thousands on it does not",
}
"""These are known to grow, and with what."""


@dataclass
class MadeSite:
    """A site that was made, where its pages are, and a browser of its administrator's."""

    app: Flask
    places: Places

    def steps(self, path: str, *, signed_in: bool) -> int:
        """How many steps the database took for a page."""
        settle(self.app)
        client = self.app.test_client()
        with self.app.app_context():
            site_settings.forget()
            synonyms.forget()
            engine = db.engine
            if signed_in:
                boss = accounts.start_session(person_named("boss"))
                with client.session_transaction() as session:
                    session.update(_user_id=boss.get_id(), _fresh=True)
            db.session.remove()
        with counted_steps(engine) as steps:
            response = contextvars.Context().run(client.get, path)
        assert response.status_code == 200, f"{path} answered {response.status_code}"
        return steps.taken


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MadeSite, ...]]:
    found = []
    for size in SIZES:
        app = made(size, FIGURES, within=tmp_path_factory.mktemp("made"))
        app.config["KEEP_PAGES"] = False
        with app.app_context():
            search.rebuild()
            found.append(MadeSite(app, places()))
            found[-1].steps("/", signed_in=False)  # What a process reads once is read.
    yield tuple(found)
    for one in found:
        with one.app.app_context():
            db.engine.dispose()


def growing(sites: tuple[MadeSite, ...], *, signed_in: bool) -> str:
    """The pages that took more work on the larger site, a line each."""
    small, large = sites
    pages = [site.places.signed_in if signed_in else site.places.public for site in sites]
    found = []
    for name in pages[0].keys() - GROWING.keys():
        before = small.steps(pages[0][name], signed_in=signed_in)
        after = large.steps(pages[1][name], signed_in=signed_in)
        if after > before * MORE + ALWAYS:
            found.append(f"{name}: {before:,} → {after:,} steps")
    return "\n".join(found)


def test_no_page_for_everybody_takes_more_work_on_a_larger_site(sites: tuple[MadeSite, ...]):
    assert not growing(sites, signed_in=False)


def test_no_page_for_people_with_a_role_takes_more_work_on_a_larger_site(sites: tuple[MadeSite, ...]):
    assert not growing(sites, signed_in=True)
