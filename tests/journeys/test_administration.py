"""A day of an administrator: a look, a banner, other thresholds, another role; what everybody sees of it."""

import pytest
from playwright.sync_api import expect

from app.accounts.actions import create_person
from app.core.db import db
from app.policy import Role
from tests.journeys.conftest import PASSWORD
from tests.journeys.test_accessibility import overflow, violations

pytestmark = pytest.mark.browser

PAGES = [
    "",
    "/look",
    "/banners",
    "/limits",
    "/abilities?preset=growing",
    "/people/mira?role=2",
    "/products",
    "/log",
]


@pytest.fixture
def scripts() -> bool:
    return True


def test_what_an_administrator_decides_reaches_everybody(visit, site):
    with site.app.app_context():
        create_person("ada", "ada@example.com", PASSWORD, Role.ADMIN)
        db.session.remove()
    ada, visitor = visit("ada"), visit()

    ada.goto("/admin/look")
    ada.get_by_label("Name of the site").fill("Lamp help")
    ada.get_by_role("button", name="Save name").click()
    ada.get_by_label("For the light look").fill("#ffcc00")
    ada.get_by_role("button", name="Save colours").click()
    expect(ada.get_by_role("alert")).to_contain_text("contrast of 1.4 to 1")
    ada.get_by_label("For the light look").fill("#1f5fbf")
    ada.get_by_role("button", name="Save colours").click()
    visitor.goto("/")
    expect(visitor).to_have_title("Help centre · Lamp help")
    link = visitor.get_by_role("link", name="All questions").first
    expect(link).to_have_css("color", "rgb(31, 95, 191)")

    ada.goto("/admin/banners")
    ada.get_by_label("What it says").fill("We move house on Sunday.")
    ada.get_by_role("button", name="Put it up").click()
    visitor.goto("/questions")
    banner = visitor.get_by_role("region", name="Announcements")
    expect(banner).to_contain_text("We move house on Sunday.")
    banner.get_by_role("button", name="Close").click()
    expect(visitor.get_by_text("We move house")).to_be_hidden()
    visitor.goto("/")
    expect(visitor.get_by_text("We move house")).to_be_hidden()
    assert visitor.context.cookies() == []

    ada.goto("/admin/abilities")
    ada.get_by_role("link", name="Growing").click()
    ada.get_by_role("button", name="Choose “Growing”").click()
    expect(ada.get_by_text("Saved. Abilities follow it from now on.")).to_be_visible()
    mira = visit("mira")
    mira.goto("/help/privileges")
    row = mira.get_by_role("row").filter(has=mira.get_by_role("rowheader", name="Vote up", exact=True)).first
    expect(row).to_contain_text("Not yet")

    ada.goto("/admin/people?q=mir")
    ada.get_by_role("link", name="mira").click()
    ada.get_by_role("link", name="Choose Expert").click()
    ada.get_by_role("button", name="Yes, change the role").click()
    mira.reload()
    expect(row).to_contain_text("Yes")

    found = []
    for address in PAGES:
        ada.goto(f"/admin{address}")
        found += violations(ada)
    ada.set_viewport_size({"width": 320, "height": 800})
    ada.emulate_media(color_scheme="dark")
    for address in [*(f"/admin{one}" for one in PAGES), "/reputation", "/help/reputation"]:
        ada.goto(address)
        found += violations(ada) + overflow(ada)
    assert found == []
