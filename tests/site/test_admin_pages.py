"""The administrators' pages: for administrators only, and each deed of theirs through its form."""

import html
import io
from datetime import timedelta

import pytest
from build import a_product, a_question, a_user
from PIL import Image

from app import site
from app.catalog.models import Product, Tag, TagSynonym
from app.core.db import db, now
from app.jobs.models import Job
from app.policy import Role
from app.site.models import SiteAnnouncement, SiteChange

PAGES = [
    "/admin",
    "/admin/look",
    "/admin/banners",
    "/admin/limits",
    "/admin/abilities",
    "/admin/abilities?preset=established",
    "/admin/people",
    "/admin/people?q=a&role=member",
    "/admin/people/asker",
    "/admin/people/asker?role=4",
    "/admin/products",
    "/admin/products/porter",
    "/admin/tags",
    "/admin/mail",
    "/admin/log",
]


@pytest.fixture
def admin(app):
    return a_user(username="ada", role=Role.ADMIN)


@pytest.fixture
def page(browser, admin):
    return browser(admin)


def logged():
    return [one.deed for one in db.session.query(SiteChange).order_by(SiteChange.id)]


def test_every_page_opens_in_few_statements(page, asker, statements):
    a_product(name="Porter")
    db.session.add_all([Tag(slug="hinge"), Job(kind="mail", payload={}, died_at=now(), due_at=None)])
    db.session.commit()
    for address in PAGES:
        statements.seen.clear()
        response = page.get(address)
        assert response.status_code == 200, address
        assert len(statements.seen) <= 12, (address, statements.seen)


def test_only_administrators_open_them(browser, moderator, asker, app):
    for address in PAGES:
        assert browser(moderator).get(address).status_code == 403, address
        assert browser().get(address).status_code == 302, address


def test_only_administrators_see_the_way_there(browser, page, moderator):
    assert 'href="/admin/"' in page.get("/").text
    assert 'href="/admin/"' not in browser(moderator).get("/").text


def test_the_name_is_on_every_page_and_in_feeds(page, browser):
    page.post("/admin/name", data={"site_name": "Lamp & Co"})
    for address in ("/", "/questions", "/sign-in"):
        assert "Lamp &amp; Co</title>" in browser().get(address).text
    assert "Lamp &amp; Co" in browser().get("/questions.atom").text
    assert page.post("/admin/name", data={"site_name": "x" * 61}).status_code == 400
    page.post("/admin/name", data={"site_name": " "})
    assert "Aftercare</title>" in browser().get("/").text
    assert logged() == ["rename_site", "rename_site"]


def test_a_page_kept_by_visitors_is_new_when_the_name_is(page, browser):
    etag = browser().get("/").headers["ETag"]
    assert browser().get("/", headers={"If-None-Match": etag}).status_code == 304
    page.post("/admin/name", data={"site_name": "Lamp help"})
    assert browser().get("/", headers={"If-None-Match": etag}).status_code == 200


def test_a_colour_reaches_every_page_as_a_stylesheet(page, browser):
    assert "/look/" not in browser().get("/").text
    assert page.post("/admin/colours", data={"accent_light": "#1f5fbf"}).status_code == 303
    text = browser().get("/").text
    address = text.split('rel="stylesheet" href="/look/')[1].split('"')[0]
    css = browser().get(f"/look/{address}")
    assert "--accent: light-dark(#1f5fbf, " in css.text
    assert "immutable" in css.headers["Cache-Control"]
    assert browser().get("/look/old.css").headers["Cache-Control"] == "no-cache"
    page.post("/admin/colours", data={"accent_light": "", "accent_dark": ""})
    assert "/look/" not in browser().get("/").text


def test_a_colour_that_cannot_be_read_is_refused_with_its_ratio(page):
    response = page.post("/admin/colours", data={"accent_light": "#ffcc00"})
    assert response.status_code == 400
    assert "has a contrast of 1.4 to 1" in response.text
    assert 'value="#ffcc00"' in response.text
    assert site.settings().accent_light == ""


def test_a_logo_stands_beside_the_name(page, browser):
    assert page.post("/admin/logo", data={}).status_code == 400
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(picture, "PNG")
    picture.seek(0)
    response = page.post("/admin/logo", data={"logo": (picture, "logo.png")})
    assert response.status_code == 303, response.text
    logo = site.settings().logo
    assert f'<img src="{logo}" alt="">' in browser().get("/").text
    assert browser().get(logo).status_code == 200
    page.post("/admin/logo", data={"remove": "1"})
    assert "<img" not in browser().get("/").text


def test_a_banner_is_seen_by_its_audience_until_it_is_taken_down(page, browser, asker):
    data = {"text": "We move house on Sunday.", "audience": "members", "starts_at": "", "ends_at": ""}
    page.post("/admin/banners", data=data)
    assert "We move house" in browser(asker).get("/").text
    visit = browser().get("/")
    assert "We move house" not in visit.text
    page.post("/admin/banners", data={**data, "text": "Welcome.", "audience": "everyone"})
    visit = browser().get("/")
    assert "Welcome." in visit.text
    assert "Set-Cookie" not in visit.headers
    banner = db.session.query(SiteAnnouncement).filter_by(text="Welcome.").one()
    page.post(f"/admin/banners/{banner.id}/end")
    assert "Welcome." not in browser().get("/").text
    assert page.post(f"/admin/banners/{banner.id}/end").status_code == 409
    assert logged() == ["announce", "announce", "end_announcement"]


def test_a_planned_banner_waits_for_its_hour(page, browser):
    soon = (now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    page.post("/admin/banners", data={"text": "Soon.", "audience": "everyone", "starts_at": soon})
    assert "Soon." not in browser().get("/").text
    assert "Planned" in page.get("/admin/banners").text


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"text": ""}, "write something"),
        ({"text": "x" * 501}, "at most 500"),
        ({"audience": "cats"}, "for whom"),
        ({"ends_at": "2001-01-01T00:00"}, "in the future"),
        ({"starts_at": "tomorrow"}, "day and time"),
    ],
)
def test_a_banner_that_makes_no_sense_is_not_taken(page, typed, complaint):
    response = page.post("/admin/banners", data={"text": "Hello", "audience": "everyone", **typed})
    assert response.status_code == 400
    assert complaint in response.text
    assert db.session.query(SiteAnnouncement).count() == 0


def test_limits_are_saved_within_their_bounds(page):
    assert page.post("/admin/limits", data={"questions_per_day": "12"}).status_code == 303
    assert site.settings().limits.questions_per_day == 12
    (change,) = db.session.query(SiteChange)
    assert change.what == "Questions a day: 30 → 12"
    for typed in ("0", "-1", "ten", "", "99999999999"):
        response = page.post("/admin/limits", data={"questions_per_day": typed})
        assert response.status_code == 400, typed
        assert "a whole number from 1 to" in response.text
    assert site.settings().limits.questions_per_day == 12


def test_a_preset_is_looked_at_before_it_is_chosen(page, asker):
    asker.reputation = 12
    db.session.commit()
    text = html.unescape(page.get("/admin/abilities?preset=growing").text)
    assert "<td>0</td><td>10</td><td>" in text
    # The asker, the only member, would lose what takes more than 12 points then, and took less before.
    assert text.count("1 person loses it") == 4
    assert page.get("/admin/abilities?preset=old").status_code == 404
    page.post("/admin/abilities", data={"preset": "growing"})
    assert site.settings().preset == "growing"
    assert page.post("/admin/abilities", data={"preset": "old"}).status_code == 400


def test_a_role_is_given_after_a_second_look(page, asker):
    text = page.get("/admin/people/asker?role=4").text
    assert "Make asker Moderator?" in text
    page.post("/admin/people/asker/role", data={"role": "4"})
    assert asker.role == Role.MODERATOR
    (change,) = db.session.query(SiteChange)
    assert change.what == "asker: Member → Moderator"
    assert page.post("/admin/people/asker/role", data={"role": "9"}).status_code == 400
    assert page.post("/admin/people/nobody/role", data={"role": "4"}).status_code == 404


def test_the_last_administrator_stays_one(page, admin):
    response = page.post("/admin/people/ada/role", data={"role": "1"})
    assert response.status_code == 409
    assert "last administrator" in response.text
    assert admin.role == Role.ADMIN
    a_user(role=Role.ADMIN)
    assert page.post("/admin/people/ada/role", data={"role": "1"}).status_code == 303
    assert admin.role == Role.MEMBER


def test_people_are_found_by_the_beginning_of_name_or_address(page, asker, helper):
    text = page.get("/admin/people?q=HEL").text
    assert "/admin/people/helper" in text
    assert "/admin/people/asker" not in text
    assert "/admin/people/asker" in page.get("/admin/people?q=asker@ex").text
    assert "/admin/people/asker" not in page.get("/admin/people?q=%25").text


def test_products_are_added_described_ordered_and_retired(page, browser):
    page.post("/admin/products", data={"name": "Porter", "versions": "2\n1\n2\n"})
    product = db.session.query(Product).one()
    assert (product.slug, product.versions) == ("porter", ["2", "1"])
    assert page.post("/admin/products", data={"name": "Porter"}).status_code == 400
    page.post(
        "/admin/products/porter", data={"name": "Porter Plus", "description": "A bag.", "position": "3"}
    )
    assert (product.slug, product.name, product.position, product.versions) == (
        "porter",
        "Porter Plus",
        3,
        [],
    )
    assert page.post("/admin/products/porter", data={"name": ""}).status_code == 400
    assert page.post("/admin/products/porter", data={"name": "P", "position": "x"}).status_code == 400
    assert "Porter Plus" in browser().get("/").text
    page.post("/admin/products/porter/retire")
    assert "Porter Plus" not in browser().get("/").text
    page.get("/")
    assert "Porter Plus" not in page.get("/ask").text
    assert "Retired" in browser().get("/products/porter").text
    assert page.post("/admin/products/porter/retire").status_code == 409
    page.post("/admin/products/porter/restore")
    assert "Porter Plus" in browser().get("/").text
    assert page.post("/admin/products/porter/restore").status_code == 409
    assert logged() == ["create_product", "edit_product", "retire_product", "restore_product"]


def test_a_renamed_tag_is_still_found_by_its_old_word(page, browser):
    hinge, screw = Tag(slug="hinge"), Tag(slug="screw")
    db.session.add_all([hinge, screw])
    db.session.commit()
    question = a_question(tags=[hinge])
    assert page.post("/admin/tags/hinge/rename", data={"word": "screw"}).status_code == 400
    assert page.post("/admin/tags/hinge/rename", data={"word": "!"}).status_code == 400
    page.post("/admin/tags/hinge/rename", data={"word": "Hinges"})
    db.session.expire_all()
    assert [one.slug for one in db.session.query(Tag).order_by(Tag.slug)] == ["hinges", "screw"]
    assert db.session.query(TagSynonym).one().slug == "hinge"
    assert browser().get("/tags/hinge").headers["Location"] == "/tags/hinges"
    assert question.title in browser().get("/tags/hinges").text


def test_a_test_mail_waits_for_the_worker(page):
    page.post("/admin/mail", data={"to": "ada@example.com"})
    (job,) = db.session.query(Job).filter_by(kind="mail")
    assert job.payload["to"] == "ada@example.com"
    assert page.post("/admin/mail", data={"to": "nowhere"}).status_code == 400


def test_work_that_was_given_up_is_shown_and_tried_again(page):
    db.session.add(Job(kind="mail", payload={}, died_at=now(), due_at=None, problem="No such host"))
    db.session.commit()
    job = db.session.query(Job).one()
    assert "No such host" in page.get("/admin").text
    page.post(f"/admin/jobs/{job.id}/retry")
    db.session.refresh(job)
    assert job.died_at is None
    assert job.due_at is not None
    assert page.post(f"/admin/jobs/{job.id}/retry").status_code == 409


def test_work_that_has_waited_for_minutes_is_told(page):
    db.session.add(Job(kind="mail", payload={}, due_at=now() - timedelta(minutes=5)))
    db.session.commit()
    text = html.unescape(page.get("/admin").text)
    assert "Is “flask worker” running?" in text
    assert "1 × mail" in text


def test_the_log_says_who_did_what(page):
    page.post("/admin/name", data={"site_name": "Lamp help"})
    text = page.get("/admin/log").text
    assert "<td>ada</td>" in text
    assert "Name: Lamp help" in text
