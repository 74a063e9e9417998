"""`flask search`: rebuild, check, catch-up."""

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import update

from app import search
from app.core.db import transaction
from app.search.cli import search_cli
from tests.search.notes import Note, titles_found, write_note


@pytest.fixture
def command(search_site: Flask) -> FlaskCliRunner:
    search_site.cli.add_command(search_cli)
    return search_site.test_cli_runner()


def test_rebuild_says_how_many_documents_it_indexed(command: FlaskCliRunner) -> None:
    notes = [write_note("First note"), write_note("Second note")]
    result = command.invoke(args=["search", "rebuild"])
    assert result.exit_code == 0
    assert "Indexed 2 documents." in result.output
    assert set(titles_found("note")) == set(notes)


def test_rebuild_refuses_while_another_one_runs(command: FlaskCliRunner) -> None:
    with search._the_engine().rebuilding([]):
        result = command.invoke(args=["search", "rebuild"])
    assert result.exit_code == 1
    assert "already running" in result.output


def test_check_fails_and_names_the_differences(command: FlaskCliRunner) -> None:
    note = write_note("A note")
    search.catch_up()
    assert command.invoke(args=["search", "check"]).exit_code == 0
    with transaction() as session:
        session.execute(update(Note).values(version=9))
    result = command.invoke(args=["search", "check"])
    assert result.exit_code == 1
    assert f"stale: article {note}" in result.output


def test_catch_up_works_off_everything_that_waits(command: FlaskCliRunner) -> None:
    search.catch_up()
    write_note("One")
    write_note("Two")
    result = command.invoke(args=["search", "catch-up"])
    assert "Indexed 2 changes." in result.output
    assert search.lag() == 0
