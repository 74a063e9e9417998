"""Sites that are made for measurements are whole: as if people had written all of it here."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.articles import counters as articles
from app.articles.models import Article, ArticleViews
from app.articles.sync import sync
from app.core import counters
from app.core.db import db
from app.forum import counters as forum
from app.forum.models import Answer, Question
from app.reputation import counters as reputation
from benchmarks.making import Figures, made

SMALL = Figures(least_guides=6)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return made(300, SMALL, within=tmp_path_factory.mktemp("made"))


def test_its_counters_points_and_references_are_right(site: Flask):
    with site.app_context():
        assert counters.differences(forum.truths()) == {}
        assert counters.differences(articles.truths()) == {}
        assert counters.differences(reputation.truths()) == {}
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
        posts = db.session.query(Question).count() + db.session.query(Answer).count()
        assert 200 < posts < 450


def test_its_guides_and_questions_were_opened_some_much_more_than_most(site: Flask):
    with site.app_context():
        for model in (Article, Question):
            counts = sorted(db.session.scalars(select(model.view_count)))
            assert counts[-1] > 3 * counts[len(counts) // 2] > 0
        days = select(ArticleViews.article_id, func.sum(ArticleViews.count)).group_by(ArticleViews.article_id)
        assert len(db.session.execute(days).all()) == SMALL.least_guides


def test_its_guides_are_what_their_files_say(site: Flask):
    told: list[str] = []
    with site.app_context():
        sync(site.config["ARTICLES"], report=lambda change, *_rest: told.append(str(change)))
    assert told == []


def test_a_site_that_is_there_is_used_again(site: Flask):
    with site.app_context():
        db.session.execute(text("UPDATE products SET name = 'seen' WHERE id = 1"))
        db.session.commit()
        db.session.remove()
    again = made(300, SMALL, within=Path(site.config["HOME"]).parent)
    with again.app_context():
        assert db.session.scalar(text("SELECT name FROM products WHERE id = 1")) == "seen"
