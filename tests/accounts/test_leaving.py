"""A copy of all that is held about a person, and deleting an account."""

import io
import json
import zipfile

import pytest
from build import a_comment, a_question, a_user, an_answer, an_article, letters_to
from uploads.pictures import a_picture

from app.accounts import holdings, passwords
from app.accounts.actions import delete_account, export_data, sign_in, sign_up, start_session
from app.accounts.holdings import HELD, Fate
from app.accounts.models import AccountLink, User, UserSession
from app.accounts.queries import person_named
from app.core.db import Base, db
from app.core.errors import Invalid, Refused, SignInNeeded, TooMany
from app.forum.models import Affected, Vote
from app.policy import Role
from app.reputation.models import ReputationEntry
from app.uploads import files
from app.uploads.actions import upload_image

PASSWORD = "four words in a row"
HASH = passwords.hashed(PASSWORD)


@pytest.fixture
def rita(app):
    return a_user(username="rita", password_hash=HASH, about="I mend kettles.", reputation=40)


def copy_of(person):
    out = io.BytesIO()
    export_data(person, out)
    archive = zipfile.ZipFile(out)
    assert archive.testzip() is None
    return {name.removesuffix(".json"): json.loads(archive.read(name)) for name in archive.namelist()}


# What is held


def test_nothing_that_points_to_a_person_is_forgotten(app):
    pointing = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "users"
    }
    assert {(one.table, one.column) for one in HELD} == pointing


def test_each_table_is_copied_once(app):
    copied = [one.table for one in HELD if one.copied]
    assert len(copied) == len(set(copied))


def test_what_goes_can_go(app, rita):
    """Rows that stay may not point to rows that go; SQLite and PostgreSQL both check."""
    going = {one.table for one in HELD if one.fate is Fate.GOES}
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table.name in going and table.name not in going:
                assert key.ondelete in ("CASCADE", "SET NULL"), f"{table.name} points to {key.column}"


# The copy


def test_the_copy_holds_what_the_person_wrote_and_did(app, rita):
    question = a_question(by=rita, title="Why does it whistle", body="It whistles.")
    other = a_question()
    an_answer(to=other, by=rita, body="Descale it.")
    a_comment(on=other, by=rita, body="Same here.")
    a_comment(on=question, body="Somebody else's words")
    db.session.add_all(
        [
            Vote(user_id=rita.id, question_id=other.id, value=1),
            Affected(user_id=rita.id, question_id=other.id),
            ReputationEntry(user_id=rita.id, cause="accepted", points=15),
        ]
    )
    db.session.commit()
    start_session(rita, "My browser")
    copy = copy_of(rita)
    assert copy["account"]["username"] == "rita"
    assert copy["account"]["email"] == "rita@example.com"
    assert copy["account"]["about"] == "I mend kettles."
    assert [(one["title"], one["body"]) for one in copy["questions"]] == [
        ("Why does it whistle", "It whistles.")
    ]
    assert [one["body"] for one in copy["answers"]] == ["Descale it."]
    assert [one["body"] for one in copy["comments"]] == ["Same here."]
    assert [one["value"] for one in copy["votes"]] == [1]
    assert len(copy["affected"]) == 1
    assert [one["points"] for one in copy["reputation_entries"]] == [15]
    assert copy["user_sessions"][0]["browser"] == "My browser"
    assert copy["notifications"] == []
    words = json.dumps(copy)
    for secret in ("argon2", "token_hash", "Somebody else", "password_hash"):
        assert secret not in words


def test_copies_are_limited(app, rita, visitor):
    with pytest.raises(SignInNeeded):
        copy_of(visitor)
    start_session(rita)
    for _ in range(5):
        copy_of(rita)
    with pytest.raises(TooMany, match="5 times in 60 minutes"):
        copy_of(rita)


def test_the_page_tells_what_is_in_it_and_gives_it(app, rita, browser):
    page = browser(rita)
    assert "One ZIP file" in page.get("/settings/data").text
    response = page.post("/settings/data/copy", buffered=True)
    assert response.mimetype == "application/zip"
    assert "rita" in response.headers["Content-Disposition"]
    assert "no-" in response.headers["Cache-Control"]
    names = zipfile.ZipFile(io.BytesIO(response.data)).namelist()
    assert "account.json" in names
    assert "questions.json" in names


def test_the_copy_brings_the_pictures_along(app, rita, browser):
    upload = upload_image(rita, a_picture())
    copy = zipfile.ZipFile(io.BytesIO(browser(rita).post("/settings/data/copy", buffered=True).data))
    assert copy.read(f"pictures/{upload.name}") == files.path_of(upload.name).read_bytes()
    assert [one["name"] for one in json.loads(copy.read("uploads.json"))] == [upload.name]


# Leaving


def test_what_was_written_stays_and_the_person_is_gone(app, rita, helper, browser):
    question = a_question(by=rita, title="Why does it whistle")
    an_answer(to=question, by=helper)
    db.session.add(ReputationEntry(user_id=rita.id, cause="accepted", points=40))
    db.session.commit()
    start_session(rita)
    delete_account(rita, PASSWORD)
    left = db.session.get(User, rita.id)
    assert left.is_deleted
    assert (left.email, left.email_key, left.password_hash, left.about) == (None, None, None, "")
    assert (left.reputation, left.role) == (0, Role.MEMBER)
    for table in (UserSession, AccountLink, ReputationEntry):
        assert db.session.query(table).count() == 0
    page = browser().get(f"/questions/{question.id}/{question.slug}")
    assert page.status_code == 200
    assert f"former member {left.id}" in page.text
    assert "rita" not in page.text
    assert sign_in("rita", PASSWORD) is None
    assert sign_in(f"former member {left.id}", PASSWORD) is None
    [letter] = letters_to("rita@example.com")
    assert letter["subject"] == "Your account is deleted"


def test_name_and_address_are_free_again(app, rita, visitor):
    for _ in range(2):
        delete_account(person_named("rita"), PASSWORD)
        again = sign_up(visitor, "Rita", "rita@example.com", PASSWORD, site_url="https://help.example")
        assert again.id != rita.id


def test_thanks_to_somebody_who_left_do_not_go_to_whoever_has_the_name_now(app, rita, visitor, browser):
    a_user(username="sam")
    an_article(title="Descale the kettle", credits=("rita", "sam"))
    address = "/articles/descale-the-kettle"
    assert 'href="/people/rita"' in browser().get(address).text
    delete_account(rita, PASSWORD)
    sign_up(visitor, "rita", "other@example.com", PASSWORD, site_url="https://help.example")
    text = browser().get(address).text
    assert 'href="/people/rita"' not in text
    assert 'href="/people/sam"' in text


def test_two_who_left_stay_two_and_nobody_can_be_called_so(app, rita, visitor):
    sam = a_user(username="sam", password_hash=HASH)
    delete_account(rita, PASSWORD)
    delete_account(sam, PASSWORD)
    assert rita.username != sam.username
    with pytest.raises(Invalid):
        sign_up(visitor, rita.username, "x@example.com", PASSWORD, site_url="https://help.example")


def test_their_page_says_kindly_that_they_left_and_nothing_links_there(app, rita, browser):
    question = a_question(by=rita)
    delete_account(rita, PASSWORD)
    response = browser().get(f"/people/{rita.username}")
    assert response.status_code == 410
    assert "This person has left." in response.text
    assert "/people/former" not in browser().get(f"/questions/{question.id}/{question.slug}").text
    assert browser().get("/people/Rita").status_code == 410
    assert browser().get("/people/nobody").status_code == 404


def test_a_wrong_password_deletes_nothing(app, rita):
    with pytest.raises(Invalid) as refusal:
        delete_account(rita, "wrong words")
    assert refusal.value.field == "password"
    assert not rita.is_deleted


def test_a_visitor_has_nothing_to_delete(app, visitor):
    with pytest.raises(SignInNeeded):
        delete_account(visitor, PASSWORD)


def test_the_last_administrator_stays_until_there_is_another(app):
    first = a_user(role=Role.ADMIN, password_hash=HASH)
    with pytest.raises(Refused, match="only administrator"):
        delete_account(first, PASSWORD)
    a_user(role=Role.ADMIN)
    delete_account(first, PASSWORD)
    assert first.is_deleted


def test_the_form_asks_for_the_password_and_signs_out(app, rita, browser):
    page, elsewhere = browser(rita), browser(rita)
    response = page.post("/settings/data/delete", data={"password": "my wrong guess"})
    assert response.status_code == 400
    assert "not your current password" in response.text
    assert "my wrong guess" not in response.text
    response = page.post("/settings/data/delete", data={"password": PASSWORD}, follow_redirects=True)
    assert "Your account is deleted." in response.text
    for one in (page, elsewhere):
        assert "Your account, rita" not in one.get("/").text


def test_erasing_spares_others(app, rita, helper):
    db.session.add(ReputationEntry(user_id=helper.id, cause="accepted", points=15))
    db.session.commit()
    start_session(helper)
    delete_account(rita, PASSWORD)
    assert db.session.query(ReputationEntry).count() == 1
    assert db.session.query(UserSession).count() == 1
    assert holdings.HELD
