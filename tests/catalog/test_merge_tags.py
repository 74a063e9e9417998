"""Two tags that mean the same become one: everything with the one has the other, also in search."""

import pytest
from build import a_question, a_tag, an_article, catch_up_search

from app import search
from app.articles.models import Article
from app.catalog import queries
from app.catalog.actions import edit_tag, merge_tags
from app.catalog.models import Tag
from app.core.db import db, now
from app.core.errors import NotAllowed, Refused
from app.forum import queries as forum
from app.notifications.follow_queries import followed_ids
from app.notifications.models import Follow


def tags_of(question):
    return [tag.slug for tag in forum.tags_of(question.id)]


def test_what_has_one_gets_the_other_once(app, browser, moderator, writer):
    wlan, wifi = a_tag("wlan"), a_tag("wi-fi")
    edit_tag(writer, wlan, description="Routers.", synonyms=["wireless"])
    only, both = a_question(tags=[wlan]), a_question(tags=[wlan, wifi])
    article = an_article(tags=("wlan",))
    for person, followed in ((moderator, wlan), (writer, wlan), (writer, wifi)):
        db.session.add(Follow(user_id=person.id, kind="tag", thing_id=followed.id, created_at=now()))
    db.session.commit()
    into = wifi.id
    catch_up_search()
    response = browser(moderator).post("/tags/wlan/merge", data={"into": "Wi-Fi"})
    assert response.headers["Location"] == "/tags/wi-fi"
    db.session.expire_all()
    assert tags_of(only) == tags_of(both) == ["wi-fi"]
    found = db.session.get(Article, article.id, options=[])
    assert [tag.slug for tag in db.session.scalars(db.select(Tag).where(Tag.slug != ""))] == ["wi-fi"]
    assert found is not None
    assert queries.tag_of("wlan").slug == queries.tag_of("wireless").slug == "wi-fi"
    assert queries.tag_of("wi-fi").description == "Routers."
    for person in (moderator, writer):
        assert into in followed_ids(person, "tag")
    assert browser().get("/tags/wlan").headers["Location"] == "/tags/wi-fi"
    catch_up_search()
    for kind, thing in (("question", only), ("article", article)):
        hits = search.find("lamp", audiences=frozenset({"public"}), tag="wi-fi").hits
        assert (kind, thing.id) in {(hit.kind, hit.id) for hit in hits}


def test_a_tag_is_not_joined_with_itself_or_with_none(app, browser, moderator, writer):
    tag = a_tag("wi-fi")
    edit_tag(writer, tag, description="", synonyms=["wlan"])
    with pytest.raises(Refused, match="one and the same"):
        merge_tags(moderator, tag, tag)
    for into in ("", "nothing", "wlan", "wi-fi"):
        response = browser(moderator).post("/tags/wi-fi/merge", data={"into": into})
        assert response.status_code == 400
        assert "another tag" in response.text


def test_writers_may_not(app, browser, writer):
    tag, other = a_tag("wlan"), a_tag("wi-fi")
    with pytest.raises(NotAllowed, match="moderator"):
        merge_tags(writer, tag, other)
    assert "The tag that stays" not in browser(writer).get("/tags/wlan/edit").text
