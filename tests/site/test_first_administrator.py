"""The first administrator: a new site says how to make one, and says it no more once somebody is here."""

from app.accounts.cli import admin_cli
from app.accounts.models import User
from app.core.db import db
from app.policy import Role

NOTE = "This site has no administrator yet."


def test_a_new_site_says_how_to_make_the_first_one_until_there_is_one(app, browser):
    text = browser().get("/").text
    assert NOTE in text
    assert "flask admin create" in text
    made = app.test_cli_runner().invoke(
        admin_cli, ["create", "ada", "ada@example.com", "--password", "a long pass phrase of ada"]
    )
    assert made.exit_code == 0, made.output
    db.session.rollback()
    ada = db.session.query(User).one()
    assert ada.role == Role.ADMIN
    assert NOTE not in browser().get("/").text
    assert browser(ada).get("/admin").status_code == 200


def test_a_site_with_people_says_nothing_of_it(browser, asker):
    assert NOTE not in browser().get("/").text
