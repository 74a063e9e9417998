"""Work that leaves the process: asked for in a deed, done at least once, given up where one can see it."""

import threading
from datetime import timedelta

import pytest

from app.core.db import db, now, transaction
from app.jobs import queue
from app.jobs.models import Job
from app.jobs.queue import GiveUp, enqueue


def ask(kind="note", payload=None, **options):
    with transaction():
        return enqueue(kind, payload or {}, **options)


def make_due():
    """Time passes."""
    for job in db.session.query(Job).filter(Job.due_at.is_not(None)):
        job.due_at = now() - timedelta(seconds=1)
    db.session.commit()


def the_job():
    db.session.rollback()
    return db.session.query(Job).one()


@pytest.fixture
def done(app, monkeypatch):
    """A kind of work, "note", whose handler writes down what it did."""
    notes = []
    monkeypatch.setattr(queue, "_handlers", {"note": lambda work: notes.append(work.payload)})
    return notes


def test_work_is_done_once_and_its_payload_is_forgotten(done):
    ask(payload={"link": "secret"})
    assert queue.work_one()
    assert not queue.work_one()
    assert done == [{"link": "secret"}]
    assert the_job().payload == {}
    assert the_job().finished_at is not None


def test_work_that_a_failed_deed_asked_for_is_not_done(done):
    def fail():
        with transaction():
            enqueue("note", {})
            raise RuntimeError("No.")

    with pytest.raises(RuntimeError, match="No"):
        fail()
    assert not queue.work_one()


def test_nobody_asks_for_work_outside_of_a_transaction(done):
    with pytest.raises(RuntimeError, match="inside a transaction"):
        enqueue("note", {})


def test_a_second_job_with_the_same_key_does_nothing_even_when_the_first_is_done(done):
    assert ask(key="a")
    assert not ask(key="a")
    assert ask("other", key="a")
    queue.work_one()
    assert not ask(key="a")
    assert ask()
    assert ask()


def test_work_waits_for_its_time(done):
    ask(delay=timedelta(minutes=10))
    assert not queue.work_one()
    make_due()
    assert queue.work_one()


def test_what_fails_is_tried_again_after_longer_and_longer_pauses_and_is_given_up_at_last(done, caplog):
    def fail(_work):
        raise OSError("The server is away.")

    queue._handlers["note"] = fail
    ask()
    pauses = []
    for _ in range(queue.MOST_ATTEMPTS - 1):
        assert queue.work_one()
        pauses.append(round((the_job().due_at - now()).total_seconds()))
        assert not queue.work_one()
        make_due()
    assert pauses[:4] == [20, 60, 180, 540]
    assert pauses == sorted(pauses)
    assert queue.work_one()
    assert the_job().died_at is not None
    assert the_job().problem == "The server is away."
    assert not queue.work_one()
    assert "flask jobs list --dead" in caplog.text


def test_what_cannot_succeed_is_given_up_at_once(done):
    def refuse(_work):
        raise GiveUp("No such address.")

    queue._handlers["note"] = refuse
    ask()
    queue.work_one()
    assert the_job().died_at is not None
    assert the_job().attempts == 1


def test_work_that_nobody_knows_is_kept_and_seen(done):
    ask("unheard of")
    queue.work_one()
    assert "Nobody knows" in the_job().problem


def test_one_failure_does_not_keep_the_others_from_being_done(done):
    queue._handlers["bad"] = lambda work: 1 / 0
    ask("bad")
    ask("note", {"n": 1})
    assert queue.work_one()
    assert queue.work_one()
    assert done == [{"n": 1}]


def test_the_job_of_a_dead_worker_is_taken_again_when_its_claim_ends(done):
    ask()
    first = queue.claim()
    first.mark("half way")
    assert queue.claim() is None
    make_due()
    second = queue.claim()
    assert (second.attempt, second.step) == (2, "half way")
    with pytest.raises(queue.ClaimLost):
        first.mark("all the way")
    queue._do(first)
    assert the_job().finished_at is None
    queue._do(second)
    assert the_job().finished_at is not None


def test_what_a_worker_cannot_finish_before_its_end_goes_back_and_is_taken_at_once(app, monkeypatch):
    seen = []

    def told_to_end_in_the_middle(work):
        assert queue.let_go() == 1
        other = queue.claim()
        seen.append((work, other))
        with pytest.raises(queue.ClaimLost):
            work.mark("a step")

    monkeypatch.setattr(queue, "_handlers", {"note": told_to_end_in_the_middle})
    ask()
    queue.work_one()
    ((first, second),) = seen
    assert (first.id, first.attempt) == (second.id, second.attempt)
    assert the_job().claim == second.claim, "the first one leaves it to the second"
    assert queue.let_go() == 0


def test_a_job_that_kills_every_worker_is_given_up(done):
    ask()
    for _ in range(queue.MOST_ATTEMPTS):
        assert queue.claim() is not None
        make_due()
    assert queue.claim() is None
    assert the_job().died_at is not None


def test_workers_side_by_side_do_each_job_once(app, done):
    for number in range(20):
        ask(payload={"n": number})

    def work():
        with app.app_context():
            while queue.work_one():
                pass
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while queue.work_one():
        pass
    assert sorted(note["n"] for note in done) == list(range(20))


def test_what_was_finished_long_ago_is_forgotten(done):
    ask(key="a")
    queue.work_one()
    ask(key="b")
    assert queue.forget_finished() == 0
    old = db.session.query(Job).filter_by(key="a").one()
    old.finished_at = now() - timedelta(days=61)
    db.session.commit()
    assert queue.forget_finished() == 1
    assert the_job().key == "b"


def test_the_commands_show_what_was_given_up_and_try_it_again(app, done):
    queue._handlers["bad"] = lambda work: 1 / 0
    ask("bad", key="k")
    for _ in range(queue.MOST_ATTEMPTS):
        make_due()
        queue.work_one()
    run = app.test_cli_runner().invoke
    listed = run(args=["jobs", "list", "--dead"]).output
    assert "division by zero" in listed
    assert "given up" in listed
    number = str(the_job().id)
    queue._handlers["bad"] = done.append
    assert run(args=["jobs", "retry", number]).exit_code == 0
    assert "Did 1 jobs" in run(args=["jobs", "work"]).output
    assert len(done) == 1
    assert run(args=["jobs", "retry", number]).exit_code == 1
    assert "Nothing waits" in run(args=["jobs", "list"]).output
