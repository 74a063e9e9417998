"""The demo content, loaded as on a first start."""

import shutil
import stat
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.actions import sign_in
from app.accounts.models import User
from app.articles.models import Article, Draft
from app.catalog.models import Product, Tag
from app.config import ROOT
from app.core import counters as counting
from app.core.db import db, now
from app.demo import loading, sign_ins
from app.demo.content import read
from app.forum import counters as forum
from app.forum.models import Answer, Comment, Duplicate, Question, SuggestedEdit, Vote
from app.moderation.models import Case
from app.notifications.models import Notification
from app.policy import Role
from app.reputation import counters as reputation
from app.reputation.models import ReputationEntry

EVERYTHING = (
    Product,
    Tag,
    User,
    Article,
    Draft,
    Question,
    Answer,
    Comment,
    Vote,
    Notification,
    ReputationEntry,
)


@pytest.fixture
def loaded(app: Flask) -> list[str]:
    """A site with the demo in it; gives what the load said."""
    shutil.copytree(ROOT / "content" / "articles", app.config["ARTICLES"], dirs_exist_ok=True)
    said: list[str] = []
    loading.load(said.append)
    return said


def counts() -> list[int]:
    return [db.session.scalar(select(func.count()).select_from(model)) or 0 for model in EVERYTHING]


def test_the_demo_loads_whole_and_every_promise_in_it_holds(app: Flask, loaded: list[str]) -> None:
    demo = read()
    assert db.session.scalar(select(func.count()).select_from(Question)) == len(demo.questions) >= 40
    assert db.session.scalar(select(func.count()).select_from(Article)) >= 32
    assert db.session.scalar(select(func.count()).select_from(User)) == len(demo.people)
    assert len(loaded) == 1, f"a thread names a guide that is not there: {loaded[1:]}"

    # Counters and sums say what the rows say.
    assert counting.differences({**forum.truths(), **reputation.truths()}) == {}

    # Nothing happens in the future, nobody acts before they joined, and no answer is older than its question.
    moments = [
        db.session.scalar(select(func.max(model.created_at)))
        for model in (User, Question, Answer, Notification)
    ]
    assert all(moment is not None and moment <= now() for moment in moments)
    for answer, question in db.session.execute(select(Answer, Question).join(Answer.question)):
        assert answer.created_at >= question.created_at, question.title
        assert answer.accepted_at is None or answer.accepted_at >= answer.created_at, question.title
    for user, question in db.session.execute(
        select(User, Question).join(Question, Question.author_id == User.id)
    ):
        assert user.created_at < question.created_at

    # Threads that became guides show them, and those whose words they grew from were told and rewarded.
    grown = db.session.scalars(select(Question).where(Question.article_id.is_not(None))).all()
    assert len(grown) == sum(bool(question.became) for question in demo.questions) > 0
    told = select(func.count()).where(Notification.kind == "became_guide")
    assert (db.session.scalar(told) or 0) > 0
    rewarded = select(func.count()).where(ReputationEntry.cause == "became_guide")
    assert db.session.scalar(rewarded) == len(grown)

    # Something waits for the moderator: a report, and a post that is held.
    assert sorted(db.session.scalars(select(Case.is_held))) == [False, True]
    # And something for those who know better words, or the question that was there first.
    assert len(db.session.scalars(select(SuggestedEdit)).all()) == 1
    assert len(db.session.scalars(select(Duplicate)).all()) == 1

    # What is old has been read; something new waits for somebody.
    assert (
        0
        < (db.session.scalar(select(func.count()).where(Notification.read_at.is_not(None))) or 0)
        < counts()[-2]
    )


def test_a_load_that_was_cut_short_is_finished_by_the_next_start_and_another_changes_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "content" / "articles", app.config["ARTICLES"], dirs_exist_ok=True)
    with monkeypatch.context() as patch:
        patch.setattr(loading.Life, "live", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            loading.load()
    assert (db.session.scalar(select(func.count()).select_from(User)) or 0) > 0
    known = sign_ins.read()
    assert loading.is_wanted()
    loading.load(lambda _line: None)
    assert db.session.scalar(select(func.count()).select_from(Question)) == len(read().questions)
    assert sign_ins.read() == known
    assert not loading.is_wanted()
    before = counts()
    loading.load(lambda _line: None)
    assert counts() == before
    assert sign_ins.read() == known


def _power_cut(_life: loading.Life) -> int:
    raise KeyboardInterrupt


def test_only_those_with_a_sign_in_have_a_password_and_only_their_owner_can_read_it(
    app: Flask, loaded: list[str]
) -> None:
    known = sign_ins.read()
    assert [one.role for one in known].count("writer") == 2
    assert {one.role for one in known} == {role.name.lower() for role in Role}
    assert stat.S_IMODE(sign_ins.path().stat().st_mode) == 0o600
    for one in known:
        user = sign_in(one.username, one.password)
        assert user is not None
        assert Role(user.role).name.lower() == one.role
    assert len({one.password for one in known}) == len(known)
    with_password = set(db.session.scalars(select(User.username).where(User.password_hash.is_not(None))))
    assert with_password == {one.username for one in known}


def test_an_empty_site_wants_the_demo_and_one_with_people_does_not(app: Flask) -> None:
    assert loading.is_wanted()
    db.session.add(User(username="ann", username_key="ann"))
    db.session.commit()
    assert not loading.is_wanted()


def test_no_password_is_in_the_repository() -> None:
    for path in (ROOT / "content" / "demo").rglob("*.yml"):
        assert "password:" not in Path(path).read_text(encoding="utf-8")
