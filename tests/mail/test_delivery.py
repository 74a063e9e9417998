"""Letters leave once, whatever dies in between."""

import email
import email.policy
import re
import smtplib
import socket
import socketserver
import threading
from datetime import timedelta

import pytest

from app import create_app
from app.config import BadSetting, settings
from app.core.db import db, now, transaction
from app.jobs import queue
from app.jobs.models import Job
from app.mail import delivery
from app.mail.outbox import send_later


def write(**fields):
    letter = {
        "to": "mira@example.com",
        "subject": "Grüße\r\nBcc: everyone@example.com",
        "text": "Hello Mira,\n\nhttp://x.test/ä 你好\n",
        "key": "k",
    }
    with transaction():
        return send_later(**{**letter, **fields})


def files(app):
    return sorted((app.config["VAR"] / "mail").iterdir())


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def the_job():
    db.session.rollback()
    return db.session.query(Job).one()


def test_a_letter_becomes_a_file_that_mail_programs_open(app):
    write(unsubscribe_url="https://x.test/unsubscribe/abc")
    assert queue.work_one()
    (path,) = files(app)
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{16}\.eml", path.name)
    assert path.stat().st_mode & 0o077 == 0
    message = read(path)
    assert message["To"] == "mira@example.com"
    assert message["From"] == "Aftercare <noreply@127.0.0.1>"
    assert message["Subject"] == "Grüße Bcc: everyone@example.com"
    assert message["Bcc"] is None
    assert message["List-Unsubscribe"] == "<https://x.test/unsubscribe/abc>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().replace("\r\n", "\n") == "Hello Mira,\n\nhttp://x.test/ä 你好\n"


def test_a_long_address_for_unsubscribing_is_one_plain_line_that_mail_programs_can_press(app):
    address = "https://support.example.com/unsubscribe/" + "WzIxLCJhbnN3ZXJzIl0.KShtPdWuQmpv8_" * 4
    write(unsubscribe_url=address)
    queue.work_one()
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in files(app)[0].read_bytes()


def test_a_letter_without_a_way_to_unsubscribe_says_nothing_of_it(app):
    write()
    queue.work_one()
    assert read(files(app)[0])["List-Unsubscribe"] is None


def test_two_letters_with_one_key_are_one(app):
    assert write()
    assert not write(text="Again")
    queue.work_one()
    assert not write(text="And again")
    assert len(files(app)) == 1


def test_a_worker_that_dies_after_writing_the_file_leaves_one_letter_and_one_message_id(app):
    write()
    work = queue.claim()
    delivery.deliver(work)
    first = files(app)[0].read_bytes()
    job = the_job()
    job.due_at = now()
    db.session.commit()
    assert queue.work_one()
    assert [path.read_bytes() for path in files(app)] == [first]
    assert the_job().finished_at is not None


def test_what_is_no_address_is_given_up_at_once(app):
    write(to="nobody")
    queue.work_one()
    assert the_job().died_at is not None
    assert "no address" in the_job().problem


# A mail server


class Conversation(socketserver.StreamRequestHandler):
    """A mail server's end of the talk; `server.script` says how it answers."""

    def handle(self):
        script, letter = self.server.script, None
        self.say("220 hello")
        for line in self.rfile:
            word = line.decode().strip().upper().split(":")[0].split(" ")[0]
            self.server.heard.append(word)
            if word == "DATA":
                self.say("354 go on")
                letter = b""
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    letter += part
                self.server.letters.append(letter)
                if script.get("END") == "hang up":
                    return
                self.say(script.get("END", "250 taken"))
            else:
                self.say(script.get(word, "250 fine"))
            if word == "QUIT":
                return

    def say(self, words):
        self.wfile.write(words.encode() + b"\r\n")


@pytest.fixture
def server(app, monkeypatch):
    """A mail server of one's own, and the site set to use it."""
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.script, server.heard, server.letters = {}, [], []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        post = delivery._configured()
        backend = delivery.Server("127.0.0.1", server.server_address[1], security="none")
        monkeypatch.setattr(delivery, "_post", delivery.Post(backend, post.name, post.address, post.url))
        yield server
        server.shutdown()
        thread.join()


def test_a_mail_server_gets_the_letter(app, server):
    write()
    queue.work_one()
    assert the_job().finished_at is not None
    assert b"To: mira@example.com" in server.letters[0]


def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(app, server):
    server.script = {"RCPT": "450 come back later"}
    write()
    queue.work_one()
    assert the_job().due_at is not None
    assert "450 come back later" in the_job().problem
    server.script = {"RCPT": "550 nobody of that name"}
    job = the_job()
    job.due_at = now()
    db.session.commit()
    queue.work_one()
    assert the_job().died_at is not None
    assert server.letters == []


@pytest.mark.parametrize("answer", ["451 the disk is full", "554 smells of spam"])
def test_a_letter_refused_after_it_was_read_has_not_left(app, server, answer):
    server.script = {"END": answer}
    write()
    queue.work_one()
    assert (the_job().died_at is None) == answer.startswith("4")
    assert answer in the_job().problem


def test_a_letter_that_may_have_arrived_is_never_sent_again(app, server):
    server.script = {"END": "hang up"}
    write()
    queue.work_one()
    assert the_job().died_at is not None
    assert "may have arrived" in the_job().problem
    assert len(server.letters) == 1


def test_a_worker_that_dies_while_handing_over_does_not_send_twice(app, server, monkeypatch):
    write()
    work = queue.claim()
    delivery.deliver(work)
    job = the_job()
    job.due_at = now()
    db.session.commit()
    queue.work_one()
    assert len(server.letters) == 1
    assert "may have arrived" in the_job().problem


def test_a_server_that_is_away_is_tried_again(app, server, monkeypatch):
    def refuse(*_args, **_named):
        raise ConnectionRefusedError("Connection refused")

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    write()
    queue.work_one()
    assert (the_job().step, the_job().died_at) == ("", None)
    assert the_job().due_at > now()


def test_letters_wait_for_a_server_that_hangs_and_only_one_of_them_waits_for_its_answer(app, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.1)
    monkeypatch.setattr(queue, "_handlers", {**queue._handlers, "note": lambda work: None})
    post = delivery._configured()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        backend = delivery.Server("127.0.0.1", silent.getsockname()[1], security="none")
        monkeypatch.setattr(delivery, "_post", delivery.Post(backend, post.name, post.address, post.url))
        for number in range(3):
            write(key=f"k-{number}")
        with transaction():
            queue.enqueue("note", {})
        while queue.work_one():
            pass
        silent.settimeout(0.1)
        silent.accept()[0].close()
        with pytest.raises(TimeoutError):
            silent.accept()
    letters = db.session.query(Job).filter(Job.kind == "mail").order_by(Job.id).all()
    assert [job.attempts for job in letters] == [0, 0, 0], "it is not the letters' fault"
    assert all(job.due_at > now() for job in letters)
    assert "does not answer" in letters[0].problem
    assert "a moment ago" in letters[1].problem
    assert db.session.query(Job).filter(Job.kind == "note").one().finished_at is not None


def test_a_letter_outlives_days_without_a_mail_server(app, server, monkeypatch):
    away = delivery.Server("127.0.0.1", 1, security="none")
    post = delivery._configured()
    monkeypatch.setattr(delivery, "_post", delivery.Post(away, post.name, post.address, post.url))
    write()
    for _try in range(queue.MOST_ATTEMPTS + 2):
        job = the_job()
        job.due_at, job.created_at = now(), now() - timedelta(days=2)
        db.session.commit()
        queue.work_one()
        assert the_job().due_at - now() <= queue.LONGEST_PAUSE_WHILE_AWAY
    monkeypatch.setattr(delivery, "_post", post)
    job = the_job()
    job.due_at = now()
    db.session.commit()
    queue.work_one()
    assert len(server.letters) == 1


def test_a_rude_parting_changes_nothing(app, server):
    server.script = {"QUIT": "500 what?"}
    write()
    queue.work_one()
    assert the_job().finished_at is not None


# The commands


def test_the_mail_in_the_folder_can_be_listed_and_read(app):
    run = app.test_cli_runner().invoke
    assert "yet" in run(args=["mail", "list"]).output
    write()
    queue.work_one()
    assert "mira@example.com" in run(args=["mail", "list"]).output
    shown = run(args=["mail", "show"]).output
    assert "Subject: Grüße" in shown
    assert "你好" in shown
    assert run(args=["mail", "show", "2"]).exit_code == 1


def test_trying_the_mail_says_where_it_went(app, server):
    run = app.test_cli_runner().invoke
    assert run(args=["mail", "test", "ann@example.com"]).exit_code == 0
    assert b"ann@example.com" in server.letters[0]
    server.script = {"RCPT": "550 nobody of that name"}
    result = run(args=["mail", "test", "bob@example.com"])
    assert result.exit_code == 1
    assert "nobody of that name" in result.output


def test_trying_the_mail_without_a_server_names_the_file(app):
    result = app.test_cli_runner().invoke(args=["mail", "test", "ann@example.com"])
    assert str(files(app)[0].parent) in result.output


# Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AFTERCARE_URL", "help.example.com"),
        ("AFTERCARE_URL", "ftp://help.example.com"),
        ("AFTERCARE_MAIL_FROM", "not an address"),
        ("AFTERCARE_SMTP_SECURITY", "very"),
        ("AFTERCARE_SMTP_PORT", "many"),
    ],
)
def test_a_bad_setting_stops_the_start_with_a_sentence(monkeypatch, tmp_path, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=name):
        settings(HOME=tmp_path)


def test_a_named_mail_server_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv("AFTERCARE_SMTP_HOST", "mail.example.com")
    monkeypatch.setenv("AFTERCARE_SMTP_SECURITY", "tls")
    monkeypatch.setenv("AFTERCARE_URL", "https://help.example.com/")
    before = delivery._configured()
    try:
        create_app(HOME=tmp_path, SECRET_KEY="x")
        post = delivery._configured()
        assert post.backend == delivery.Server("mail.example.com", 465, "tls")
        assert post.address == "noreply@help.example.com"
        assert delivery.site_url("/a") == "https://help.example.com/a"
    finally:
        delivery.configure(before)
