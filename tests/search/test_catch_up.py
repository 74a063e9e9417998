"""The index follows what is committed, and nothing else."""

import pytest
from flask import Flask
from sqlalchemy import update

from app import search
from app.core.db import db, transaction
from tests.search.notes import EVERYONE, Note, Notes, Reply, titles_found, write_note

pytestmark = pytest.mark.usefixtures("each_engine")


def test_a_new_note_is_found_after_catching_up(search_site: Flask) -> None:
    note = write_note("The hub blinks red", "Hold the button for ten seconds.")
    search.catch_up()
    assert titles_found("red blinking") == [note]


def test_an_edit_is_found_by_its_new_words_and_not_by_its_old_ones(search_site: Flask) -> None:
    note = write_note("The hub blinks red")
    search.catch_up()
    with transaction() as session:
        session.get_one(Note, note).title = "The hub hums"
    search.catch_up()
    assert titles_found("hums") == [note]
    assert titles_found("blinks") == []


def test_what_is_hidden_or_deleted_leaves_the_index(search_site: Flask) -> None:
    hidden, deleted = write_note("Secret alpha"), write_note("Secret beta")
    search.catch_up()
    with transaction() as session:
        session.get_one(Note, hidden).is_hidden = True
        session.delete(session.get_one(Note, deleted))
    search.catch_up()
    assert titles_found("secret") == []
    assert search.check() == []


def test_a_reply_makes_its_note_findable_by_its_words(search_site: Flask) -> None:
    note = write_note("Cannot pair")
    search.catch_up()
    with transaction() as session:
        session.add(Reply(note_id=note, body="Update the firmware"))
    search.catch_up()
    assert titles_found("firmware") == [note]


def test_a_change_that_is_rolled_back_leaves_no_row(search_site: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:  # noqa: PT012
        session.add(Note(title="Never"))
        session.flush()
        raise ZeroDivisionError
    assert search.lag() == 0


def test_a_bulk_change_is_followed_when_it_is_noted(search_site: Flask) -> None:
    note = write_note("Before")
    search.catch_up()
    with transaction() as session:
        session.execute(update(Note).values(title="Afterwards"))
        search.note_change(session, "article", note)
    search.catch_up()
    assert titles_found("afterwards") == [note]


def test_reading_a_note_does_not_make_a_change(search_site: Flask) -> None:
    note = write_note("Untouched")
    search.catch_up()
    with transaction() as session:
        same = session.get_one(Note, note)
        same.title = "Untouched"
    assert search.lag() == 0


def test_catching_up_twice_changes_nothing(search_site: Flask) -> None:
    write_note("Once")
    assert search.catch_up() > 0
    assert search.catch_up() == 0
    assert search.check() == []


def test_rows_that_are_worked_off_are_gone_and_the_others_wait(search_site: Flask) -> None:
    search.catch_up()
    for number in range(5):
        write_note(f"Note {number}")
    assert search.catch_up(limit=3) == 3
    assert search.lag() == 2
    assert search.catch_up(limit=3) == 2
    assert search.lag() == 0


def test_somebody_else_catching_up_is_left_alone(search_site: Flask) -> None:
    search.catch_up()
    write_note("Wait")
    with search._the_engine().lock():
        assert search.catch_up() == 0
    assert search.lag() == 1


def test_a_session_with_unsaved_changes_is_refused(search_site: Flask) -> None:
    search.catch_up()
    write_note("Here")
    db.session.add(Note(title="Not saved"))
    with pytest.raises(RuntimeError, match="committed"):
        search.catch_up()


def test_one_note_that_cannot_be_read_does_not_keep_out_the_others(
    search_site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    search.catch_up()
    good, bad = write_note("Good"), write_note("Bad")
    honest = Notes.documents

    def documents(self: Notes, ids: list[int]) -> list[search.SearchDocument]:
        if bad in ids:
            raise ValueError("a bug")
        return list(honest(self, ids))

    monkeypatch.setattr(Notes, "documents", documents)
    search.catch_up()
    assert titles_found("good") == [good]
    assert [str(difference) for difference in search.check()] == [f"missing: article {bad}"]


def test_check_names_what_is_missing_extra_and_stale(search_site: Flask) -> None:
    stale, extra = write_note("Stale"), write_note("Extra")
    search.catch_up()
    with transaction() as session:
        session.execute(update(Note).where(Note.id == stale).values(version=2))
        session.execute(update(Note).where(Note.id == extra).values(is_hidden=True))
        session.execute(Note.__table__.insert().values(id=99, title="Missing", version=1))  # type: ignore[attr-defined]
    assert [(each.id, each.problem) for each in search.check()] == [
        (stale, "stale"),
        (extra, "extra"),
        (99, "missing"),
    ]


def test_check_does_not_count_what_is_still_waiting(search_site: Flask) -> None:
    search.catch_up()
    write_note("Waiting")
    assert search.check() == []
    assert search.lag() == 1


def test_a_missing_index_is_left_to_the_worker_when_nobody_may_wait(search_site: Flask) -> None:
    note = write_note("Found later")
    assert search.catch_up(heal=False) == 0
    waiting = search.find("later", audiences=EVERYONE)
    assert (waiting.hits, waiting.catching_up) == ((), True)
    search.catch_up()
    healed = search.find("later", audiences=EVERYONE)
    assert ([hit.id for hit in healed.hits], healed.catching_up) == ([note], False)


def test_many_small_changes_leave_few_segments(search_site: Flask) -> None:
    search.catch_up()
    for number in range(40):
        write_note(f"Note number {number}")
        search.catch_up()
    engine = search._the_engine()
    engine.search(search.parse("note"), search.Filters(EVERYONE), 0, 10)
    assert len(engine._state.segments) <= 12  # type: ignore[attr-defined]
    assert search.find("note", audiences=EVERYONE).total == 40
    assert search.check() == []
