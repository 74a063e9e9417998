"""Texts made to be obeyed stand in every field of the site, and a real browser obeys none of them."""

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route

from app.accounts.models import User
from app.core.db import db
from app.core.rendering import guides
from app.forum.models import Question
from app.site import kept
from app.web import limiting
from tests.journeys import hostile
from tests.journeys.conftest import TELL_OF_VIOLATIONS
from tests.permissions.addresses import addresses
from tests.permissions.world import build, hide_more, index

SITE = "http://site.test"


@pytest.fixture
def lenient(chromium: Browser) -> Iterator[Page]:
    """A page in a browser that heeds no policy of content, so that only what stands in the page counts."""
    context = chromium.new_context(bypass_csp=True, base_url=SITE)
    context.add_init_script(hostile.HOOKS)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.dismiss())
    yield page
    context.close()


@pytest.fixture
def hostile_site(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site with one of everything, each text of which is an attack."""
    if not str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("sqlite"):
        pytest.skip("SQLite takes texts of any length in any column, and so all attacks at once")
    monkeypatch.setattr(limiting, "LIMIT_OF", {})
    world = build()
    hide_more(world)
    assert hostile.fill_every_field() > 50
    kept.forget()
    for name, person in world.things["person"].items():
        world.things["person"][name] = db.session.get(User, person.id)
    index(world)
    return world


def answer_from(client: Any, page: Page) -> None:
    """Have all that a page asks for answered by the site, without a server between."""

    def answer(route: Route) -> None:
        address = route.request.url.removeprefix(SITE)
        if (
            not route.request.url.startswith(SITE)
            or route.request.method != "GET"
            or address.endswith("/live")
        ):
            route.abort()
            return
        response = client.get(address, buffered=True)
        body, kind = response.get_data(), response.headers.get("Content-Type", "")
        policy = response.headers.get("Content-Security-Policy", "")
        headers = {"Content-Type": kind, "Content-Security-Policy": policy}
        route.fulfill(status=response.status_code, headers=headers, body=body)

    page.route("**/*", answer)


def one_of_each(app: Flask, world: Any) -> list[str]:
    """An address for each way to ask."""
    by_rule: dict[str, list[str]] = {}
    routes = app.url_map.bind("site.test")
    for address in addresses(app, world):
        endpoint, _values = (
            routes.match(address.partition("?")[0], "GET") if "%2F" not in address else ("", {})
        )
        by_rule.setdefault(f"{endpoint} {address.partition('?')[2][:2]}", []).append(address)
    return [some[0] for some in by_rule.values()]


def test_no_field_of_the_site_is_obeyed(app: Flask, browser: Any, hostile_site: Any, lenient: Page) -> None:
    obeyed, shown = [], set()
    for who in ("visitor", "stranger", "admin"):
        client = browser(None if who == "visitor" else hostile_site.things["person"][who])
        answer_from(client, lenient)
        for address in one_of_each(app, hostile_site):
            # What is for everybody a member sees much as a visitor; an administrator has more on each page.
            if who != "admin" and address in shown:
                continue
            response = client.get(address, buffered=True)
            kind, text = response.mimetype, response.data.decode("utf-8", "replace")
            if (
                response.status_code != 200
                or hostile.CALL not in text
                or (address in shown and kind != "text/html")
            ):
                continue
            shown.add(address)
            if kind == "application/json":
                json.loads(text)
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                continue
            lenient.goto(SITE + address if kind == "text/html" else f"{SITE}/healthz")
            found = lenient.evaluate(hostile.FEED, text) if "xml" in kind else hostile.noticed(lenient)
            obeyed += [(who, address, one) for one in found]
        lenient.unroute_all()
    assert obeyed == []
    assert len(shown) > 60


def test_the_check_has_eyes(app: Flask, browser: Any, hostile_site: Any, lenient: Page) -> None:
    """With the sanitiser off it would have been noticed, what runs and what only stands there."""
    question = db.session.query(Question).first()
    question.body_html = guides.unclean_html(re.sub("http-equiv", "name", hostile.LONG, flags=re.IGNORECASE))
    db.session.commit()
    answer_from(browser(None), lenient)
    lenient.goto(f"{SITE}/questions/{question.id}/{question.slug}", wait_until="load")
    found = hostile.noticed(lenient)
    assert sum(one.startswith("1 ") for one in found) > 5
    assert {"script", "iframe", "img onerror", "svg onload", "base", "style"} <= set(found)


def collected(folder: Path) -> Iterator[str]:
    """Attacks that others have collected, one by one."""
    yield from filter(None, json.loads((folder / "blns.json").read_text()))
    for name in ("dompurify_expect", "commonmark_spec", "gfm_spec", "gfm_extensions", "cmark_regressions"):
        for case in json.loads((folder / f"{name}.json").read_text()):
            yield str(case.get("payload", case.get("markdown", "")))
    for name in ("bleach_tests", "html5lib_tests"):
        with tarfile.open(folder / f"{name}.tar.gz") as archive:
            for member in archive:
                file = archive.extractfile(member)
                for case in (file.read().decode("utf-8", "replace") if file else "").split("#data\n"):
                    yield case.partition("\n#errors")[0][:2_000]


def test_attacks_that_others_have_collected_are_not_obeyed_either(lenient: Page, shared: Path) -> None:
    texts = list(dict.fromkeys(collected(shared / "data" / "security")))
    lenient.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    lenient.goto(f"{SITE}/")
    obeyed = []
    for start in range(0, len(texts), 250):
        some = texts[start : start + 250]
        for page in (hostile.as_posts(some), hostile.as_guides(some[::25])):
            lenient.set_content(page, wait_until="load")
            obeyed += [(start, one) for one in hostile.noticed(lenient)]
    assert obeyed == []
    assert len(texts) > 1_000


def test_no_script_of_a_page_turns_text_into_markup_by_itself(
    app: Flask, browser: Any, chromium: Browser
) -> None:
    """With the policy heeded, as in all journeys: what breaks it is heard of."""
    context = chromium.new_context(base_url=SITE)
    context.add_init_script(TELL_OF_VIOLATIONS)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    answer_from(browser(None), page)
    page.goto(f"{SITE}/")
    assert said == []
    for broken in (
        "document.body.innerHTML = '<b>x</b>'",
        "trustedTypes.createPolicy('another', {createHTML: (html) => html})",
        "document.body.append(Object.assign(document.createElement('img'), {src: 'https://elsewhere.test/x'}))",
        "document.body.setAttribute('onclick', 'x()')",
    ):
        said.clear()
        page.evaluate(f"() => {{ try {{ {broken} }} catch {{}} }}")
        page.wait_for_timeout(50)
        assert any("forbids" in one for one in said), broken
    context.close()
