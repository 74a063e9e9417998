"""How many guides stand on each shelf is counted along, for each audience by itself."""

from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.articles import queries
from app.articles.models import Article
from app.core.db import db, transaction
from app.core.tallies import Tally
from app.web.session import Visitor
from tests.build import a_product, an_article
from tests.tallying import differing


def counted(viewer: User | Visitor) -> dict[int, int]:
    """How many guides each product has for this person, counted one by one."""
    statement = queries.visible_articles(viewer).with_only_columns(Article.product_id, func.count())
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(Article.product_id))}


def test_each_reader_is_told_of_the_guides_that_they_may_read(app: Flask, asker: User, writer: User) -> None:
    for number, audience in enumerate(("public", "public", "customers", "staff")):
        an_article(title=f"Guide {number}", audience=audience)
    told = [queries.browse_page(viewer).total for viewer in (Visitor(), asker, writer)]
    assert told == [2, 3, 4]
    for viewer in (Visitor(), asker, writer):
        assert queries.article_counts(viewer) == counted(viewer)


def test_a_guide_that_changes_is_counted_where_it_stands_then(app: Flask, writer: User) -> None:
    guide, other = an_article(title="One"), a_product(slug="other")
    an_article(title="Two", type="reference")
    assert differing() == {}
    changes = (
        {"type": "known-issue"},
        {"audience": "staff"},
        {"product_id": other.id},
        {"withdrawn_at": guide.updated_at},
        {"withdrawn_at": None, "audience": "public", "type": "policy"},
    )
    for change in changes:
        with transaction():
            for name, value in change.items():
                setattr(db.session.get_one(Article, guide.id), name, value)
        assert differing() == {}, change
        for viewer in (Visitor(), writer):
            assert +queries.article_counts(viewer) == counted(viewer), change


def test_the_shelf_of_a_type_and_of_a_product_says_how_many_the_others_have(app: Flask) -> None:
    for number, (product, type) in enumerate(
        (("lamp", "how-to"), ("lamp", "policy"), ("oven", "policy"), ("oven", "policy"))
    ):
        an_article(title=f"Guide {number}", product=product, type=type)
    page = queries.browse_page(Visitor(), product="oven", type="policy")
    assert page.total == 2
    assert [facet.count for facet in page.products] == [3, 1, 2]
    assert [(facet.label, facet.count) for facet in page.types] == [("All types", 2), ("Policy", 2)]


def test_a_count_that_is_wrong_is_found_and_set_right(app: Flask) -> None:
    an_article()
    with transaction():
        wrong = db.session.scalars(select(Tally).where(Tally.what == "public how-to")).one()
        wrong.amount = 7
    assert differing()
    result = app.test_cli_runner().invoke(args=["repair", "counters"])
    assert result.exit_code == 0, result.output
    assert differing() == {}
