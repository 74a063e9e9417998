"""Two administrators at the same moment, and settings that another process changed while a page was kept."""

import threading

from build import a_user
from sqlalchemy import text

from app.accounts.models import User
from app.core import public_version
from app.core.db import db
from app.core.errors import Refused
from app.policy import Role
from app.site import actions


def test_two_who_take_the_role_from_each_other_leave_one_administrator(app, monkeypatch):
    ids = [a_user(role=Role.ADMIN).id for _ in range(2)]
    db.session.remove()
    both_may, results = threading.Barrier(2), {}
    monkeypatch.setattr(actions, "need_proof", lambda actor: both_may.wait(30))

    def demote(actor_id, person_id):
        with app.app_context():
            actor, person = db.session.get_one(User, actor_id), db.session.get_one(User, person_id)
            try:
                actions.give_role(actor, person, Role.MEMBER)
                results[actor_id] = "done"
            except Refused as error:
                results[actor_id] = str(error)

    threads = [threading.Thread(target=demote, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results.values()) == [
        "This is the last administrator. Make somebody else one first.",
        "done",
    ]
    assert db.session.query(User).filter_by(role=Role.ADMIN).count() == 1


def test_a_kept_page_never_shows_settings_older_than_it(app, browser, monkeypatch):
    app.config["KEEP_PAGES"] = True
    assert "· Aftercare</title>" in browser().get("/questions").text
    with db.engine.begin() as connection:  # As another process does it, which tells this one nothing.
        for key, value in (("site_name", '"Lamp help"'), ("stamp", '"x"')):
            connection.execute(
                text("INSERT INTO site_settings (key, value) VALUES (:key, :value)"),
                {"key": key, "value": value},
            )
        connection.execute(text("DELETE FROM public_version"))
        connection.execute(text("INSERT INTO public_version (id, number) VALUES (1, 77)"))
    later = public_version.time.monotonic() + public_version.LOOK_AGAIN
    monkeypatch.setattr(public_version.time, "monotonic", lambda: later)
    assert "· Lamp help</title>" in browser().get("/questions").text
    app.extensions["kept_pages"].shelf.clear()
