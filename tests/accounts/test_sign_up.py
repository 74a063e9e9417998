"""Opening an account."""

import re

import pytest
from build import a_user

from app.accounts.actions import sign_up
from app.accounts.models import User, UserSession
from app.core.db import db
from app.core.errors import Invalid, NotAllowed
from app.policy import Role

PASSWORD = "four words in a row"
SITE = "https://help.example"


def test_a_visitor_becomes_a_member(app, visitor):
    user = sign_up(visitor, " Rita ", " rita@example.com ", PASSWORD, site_url=SITE)
    assert (user.username, user.email, user.role, user.reputation) == (
        "Rita",
        "rita@example.com",
        Role.MEMBER,
        0,
    )
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("rita", "RITA"),
        ("rita", "ｒｉｔａ"),
        ("Straße", "STRASSE"),
        ("rené", "rene\u0301"),
        ("ΟΔΟΣ", "οδος"),
        ("file", "ﬁle"),
    ],
)
def test_names_that_differ_only_by_case_or_width_are_the_same(app, visitor, first, second):
    sign_up(visitor, first, "one@example.com", PASSWORD, site_url=SITE)
    with pytest.raises(Invalid, match="has this name already") as refusal:
        sign_up(visitor, second, "two@example.com", PASSWORD, site_url=SITE)
    assert refusal.value.field == "username"
    assert db.session.query(User).count() == 1


def test_an_address_opens_one_account_however_it_is_written(app, visitor):
    sign_up(visitor, "rita", "Rita@Example.com", PASSWORD, site_url=SITE)
    with pytest.raises(Invalid, match="address already") as refusal:
        sign_up(visitor, "other", "rita@example.COM", PASSWORD, site_url=SITE)
    assert refusal.value.field == "email"


@pytest.mark.parametrize("name", ["ab", "Zoë", "张三", "a.b-c_d", "7up", "x" * 30])
def test_names_of_all_scripts_are_taken(app, visitor, name):
    assert sign_up(visitor, name, "a@example.com", PASSWORD, site_url=SITE).username == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a",
        "x" * 31,
        "a b",
        ".hidden",
        "-x",
        "a@b",
        "a/b",
        "<b>",
        "a\nb",
        "a\u202eb",
        "a\u200bb",
        "a\0b",
        "ﷺ" * 30,
    ],
)
def test_names_that_cannot_be_taken_are_refused_beside_their_field(app, visitor, name):
    with pytest.raises(Invalid) as refusal:
        sign_up(visitor, name, "a@example.com", PASSWORD, site_url=SITE)
    assert refusal.value.field == "username"


@pytest.mark.parametrize(
    "email",
    [
        "",
        "rita",
        "rita@",
        "@example.com",
        "rita@example",
        "a b@example.com",
        "a@b@c.de",
        "x" * 65 + "@example.com",
        "a@" + "b" * 254 + ".com",
        "a@b.c\n",
        "a\0@b.de",
    ],
)
def test_addresses_that_are_none_are_refused_beside_their_field(app, visitor, email):
    with pytest.raises(Invalid) as refusal:
        sign_up(visitor, "rita", email if email != "a@b.c\n" else "a@b\n.cd", PASSWORD, site_url=SITE)
    assert refusal.value.field == "email"


@pytest.mark.parametrize(
    "password", ["", "short", "1234567", "aaaaaaaaaaaa", "abababababab", "rita-moor", "x" * 257]
)
def test_weak_passwords_are_refused_beside_their_field(app, visitor, password):
    with pytest.raises(Invalid) as refusal:
        sign_up(visitor, "Rita-Moor", "a@example.com", password, site_url=SITE)
    assert refusal.value.field == "password"


def test_who_is_signed_in_has_an_account(app, asker):
    with pytest.raises(NotAllowed, match="signed out"):
        sign_up(asker, "second", "second@example.com", PASSWORD, site_url=SITE)


# The page


def form(**fields):
    return {"username": "rita", "email": "rita@example.com", "password": PASSWORD, **fields}


def test_the_names_that_screen_readers_rely_on_are_on_the_form(app, browser):
    text = browser().get("/sign-up").text
    for label in ("Username", "Email", "Password"):
        assert re.search(rf"<label[^>]*>{label}</label>", text)
    assert "Create account</button>" in text


def test_signing_up_signs_in(app, browser):
    page = browser()
    response = page.post("/sign-up", data=form(), follow_redirects=True)
    assert response.request.path == "/"
    assert "Welcome, rita" in response.text
    assert "Your account, rita" in response.text
    assert db.session.query(UserSession).count() == 1
    assert PASSWORD not in response.text


def test_a_mistake_comes_back_as_typed_without_the_password(app, browser):
    response = browser().post("/sign-up", data=form(username="x", next="/ask"))
    assert response.status_code == 400
    assert "2 to 30 letters" in response.text
    assert 'value="rita@example.com"' in response.text
    assert 'name="next" value="/ask"' in response.text
    assert PASSWORD not in response.text


def test_a_name_in_use_is_said_kindly(app, browser):
    a_user(username="rita")
    response = browser().post("/sign-up", data=form(username="Rita"))
    assert response.status_code == 400
    assert "Somebody has this name already" in response.text


def test_who_is_signed_in_is_told_so(app, asker, browser):
    assert browser(asker).post("/sign-up", data=form()).status_code == 403


def test_fields_that_nobody_asked_for_are_ignored(app, browser):
    form = {"username": "rita", "email": "rita@example.com", "password": PASSWORD}
    more = {"role": "5", "reputation": "9999", "id": "77", "email_verified_at": "2020-01-01", "origin": "x"}
    assert browser().post("/sign-up", data={**form, **more}).status_code == 303
    user = db.session.query(User).one()
    assert (user.id, user.role, user.reputation, user.email_verified_at, user.origin) == (
        *(1, Role.MEMBER, 0, None, None),
    )
