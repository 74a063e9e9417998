"""One's own page, picture, zone and language."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from build import a_question, a_user
from PIL import Image

from app import policy
from app.accounts.actions import change_avatar, change_profile
from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, SignInNeeded
from app.uploads.models import Upload

LANGUAGES = ("en", "de")


def change(actor, **fields):
    given = {"about": "", "time_zone": "", "language": "", **fields}
    change_profile(actor, **given, languages=LANGUAGES)


def a_picture(size=(400, 200), kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def test_what_one_says_about_oneself_is_on_ones_page(app, asker, browser):
    change(asker, about="  I mend\n kettles. ", time_zone="Europe/Berlin", language="de")
    assert (asker.about, asker.time_zone, asker.language) == ("I mend kettles.", "Europe/Berlin", "de")
    assert "I mend kettles." in browser().get("/people/asker").text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"about": "x" * 501}, "about"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"language": "xx"}, "language"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(app, asker, fields, field):
    with pytest.raises(Invalid) as refusal:
        change(asker, **fields)
    assert refusal.value.field == field


def test_visitors_and_suspended_people_change_nothing(app, asker, visitor):
    asker.suspended_until = now() + timedelta(days=1)
    db.session.commit()
    for deed in (lambda who: change(who, about="x"), lambda who: change_avatar(who, "x.png")):
        with pytest.raises(SignInNeeded):
            deed(visitor)
        with pytest.raises(NotAllowed, match="suspended"):
            deed(asker)


def test_the_form_saves_and_brings_mistakes_back(app, asker, browser):
    page = browser(asker)
    text = page.get("/settings").text
    for label in ("In a few words", "Time zone"):
        assert re.search(rf"<label[^>]*>{label}</label>", text)
    assert ">Language</label>" not in text  # There is one only, so there is nothing to choose.
    response = page.post("/settings", data={"about": "I mend kettles.", "time_zone": "Asia/Tokyo"})
    assert response.status_code == 303
    text = page.get("/settings").text
    assert "I mend kettles.</textarea>" in text
    assert '<option value="Asia/Tokyo" selected>' in text
    response = page.post("/settings", data={"about": "My new words", "time_zone": "Mars/Olympus"})
    assert response.status_code == 400
    assert "My new words</textarea>" in response.text


def test_the_language_is_chosen_where_there_are_several(app, asker, browser):
    app.config["LANGUAGES"] = LANGUAGES
    page = browser(asker)
    assert '<html lang="en"' in page.get("/settings").text
    page.post("/settings", data={"language": "de"})
    text = page.get("/settings", headers={"Accept-Language": "en"}).text
    assert '<html lang="de"' in text
    assert '<option value="de" selected>Deutsch</option>' in text


def test_times_come_in_the_zone_that_one_chose(app, asker, browser):
    evening = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
    question = a_question(created_at=evening)
    address = f"/questions/{question.id}/{question.slug}"
    page = browser(asker)
    assert "1 July 2026, 20:30 UTC" in page.get(address).text
    asker.time_zone = "Asia/Tokyo"
    db.session.commit()
    text = page.get(address).text
    assert "2 July 2026, 05:30 JST" in text
    assert 'data-zone="Asia/Tokyo"' in text
    assert "20:30 UTC" in browser().get(address).text


def test_a_picture_is_cut_to_a_square_and_shown(app, asker, browser):
    page = browser(asker)
    assert '<span class="avatar large" aria-hidden="true">A</span>' in page.get("/settings").text
    picture = {"picture": (io.BytesIO(a_picture()), "me.png")}
    response = page.post("/settings/avatar", data=picture, content_type="multipart/form-data")
    assert response.status_code == 303
    upload = db.session.query(Upload).one()
    assert (upload.width, upload.height) == (256, 256)
    assert asker.avatar_name == upload.name
    for address in ("/settings", "/people/asker"):
        assert f'<img src="/uploads/{upload.name}" alt=""' in page.get(address).text
    assert browser().get(asker.avatar_url).status_code == 200
    page.post("/settings/avatar", data={"remove": "1"})
    assert asker.avatar_url == ""


def test_a_newcomer_on_an_established_site_may_have_a_face_though_no_pictures_in_posts(
    asker, browser, monkeypatch
):
    monkeypatch.setattr(policy, "_current_preset", lambda: "established")
    assert not policy.may(asker, "upload_image")
    picture = {"picture": (io.BytesIO(a_picture()), "me.png")}
    response = browser(asker).post("/settings/avatar", data=picture, content_type="multipart/form-data")
    assert response.status_code == 303


@pytest.mark.parametrize("data", [b"", b"no picture", b"<svg/>"])
def test_what_is_no_picture_changes_nothing(app, asker, browser, data):
    file = {"picture": (io.BytesIO(data), "me.png")}
    response = browser(asker).post("/settings/avatar", data=file, content_type="multipart/form-data")
    assert response.status_code == 400
    assert 'id="f-picture-error"' in response.text
    assert asker.avatar_name == ""


def test_visitors_are_asked_to_sign_in(app, browser):
    for part in ("", "/account", "/sessions", "/data"):
        assert browser().get(f"/settings{part}").location == f"/sign-in?next=/settings{part}"
    assert browser().get("/account").location == "/settings/account"


def test_the_parts_lead_to_each_other(app, asker, browser):
    text = browser(asker).get("/settings/sessions").text
    for address in ("/settings", "/settings/account", "/settings/data"):
        assert f'<a href="{address}">' in text
    assert '<a href="/settings/sessions" aria-current="true">' in text


def test_each_part_asks_the_database_a_handful_of_times(app, browser, statements):
    page = browser(a_user())
    for part in ("", "/account", "/sessions", "/data"):
        statements.count = 0
        assert page.get(f"/settings{part}").status_code == 200
        assert statements.count <= 5
