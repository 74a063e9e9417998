"""`flask admin`: the first administrator, and roles."""

import pytest
from build import a_user

from app.accounts.actions import sign_in
from app.accounts.models import User
from app.core.db import db
from app.policy import Role

PASSWORD = "four words in a row"


def run(app, *args):
    result = app.test_cli_runner().invoke(args=["admin", *args])
    db.session.expire_all()
    return result


def test_the_first_administrator_is_made_and_can_sign_in(app):
    result = run(app, "create", "rita", "rita@example.com", "--password", PASSWORD)
    assert result.exit_code == 0, result.output
    assert "rita is an administrator now" in result.output
    assert sign_in("rita", PASSWORD).role == Role.ADMIN


def test_mistakes_are_said_in_a_sentence(app):
    a_user(username="rita")
    for args in (
        ("create", "Rita", "a@example.com"),
        ("create", "x", "a@example.com"),
        ("create", "nora", "nora"),
    ):
        result = run(app, *args, "--password", PASSWORD)
        assert result.exit_code == 1
        assert result.output.startswith("Error: ")
    assert db.session.query(User).count() == 1


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_given(app, role):
    a_user(username="rita")
    result = run(app, "role", "RITA", role.name.lower())
    assert result.exit_code == 0, result.output
    assert db.session.query(User).one().role == role


def test_nobody_of_that_name_is_said(app):
    result = run(app, "role", "nobody", "writer")
    assert result.exit_code == 1
    assert "There is nobody called nobody" in result.output


def test_an_unknown_role_is_said(app):
    a_user(username="rita")
    assert run(app, "role", "rita", "emperor").exit_code == 2
