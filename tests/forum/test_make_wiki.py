"""Answers that everybody may improve."""

import pytest
from build import a_question, a_user, an_answer

from app.core.db import now
from app.core.errors import NotAllowed, Refused, SignInNeeded
from app.forum.actions import edit_answer, end_wiki, make_wiki, vote
from app.policy import threshold


def able(**fields):
    """A member who may edit what is open to everybody, and not what is not."""
    return a_user(reputation=threshold("edit_wiki"), **fields)


@pytest.mark.parametrize("who", ["helper", "moderator"])
def test_its_author_or_a_moderator_opens_it(app, request, helper, who):
    answer = an_answer(by=helper)
    make_wiki(request.getfixturevalue(who), answer)
    assert answer.wiki_at is not None
    with pytest.raises(Refused, match="already"):
        make_wiki(helper, answer)


def test_others_may_not_open_it_and_only_a_moderator_closes_it(app, helper, expert, moderator, visitor):
    answer = an_answer(by=helper)
    with pytest.raises(NotAllowed, match="its author or a moderator"):
        make_wiki(expert, answer)
    with pytest.raises(SignInNeeded):
        make_wiki(visitor, answer)
    make_wiki(helper, answer)
    with pytest.raises(NotAllowed, match="a moderator"):
        end_wiki(helper, answer)
    end_wiki(moderator, answer)
    assert (answer.wiki_at, answer.wiki_by_id) == (None, None)
    with pytest.raises(Refused, match="not open"):
        end_wiki(moderator, answer)


def test_what_is_not_shown_is_not_opened(app, helper):
    with pytest.raises(Refused, match="not shown"):
        make_wiki(helper, an_answer(by=helper, hidden_at=now()))


def test_whoever_is_able_edits_it_while_it_is_open(app, helper, moderator):
    answer, person, newcomer = an_answer(by=helper), able(), a_user()
    with pytest.raises(NotAllowed):
        edit_answer(person, answer, "Better words")
    make_wiki(helper, answer)
    edit_answer(person, answer, "Better words")
    assert answer.body == "Better words"
    with pytest.raises(NotAllowed, match=f"{threshold('edit_wiki')} reputation"):
        edit_answer(newcomer, answer, "Spam")
    end_wiki(moderator, answer)
    with pytest.raises(NotAllowed):
        edit_answer(person, answer, "Even better words")


def test_votes_bring_nobody_points_from_then_on(app, helper, moderator):
    answer, early, late = an_answer(by=helper), a_user(), a_user()
    vote(early, answer, 1)
    make_wiki(helper, answer)
    vote(late, answer, 1)
    assert (answer.score, helper.reputation) == (2, 10)
    end_wiki(moderator, answer)
    vote(late, answer, 0)
    assert (answer.score, helper.reputation) == (1, 10)


def test_the_page_names_everybody_who_wrote_in_it(app, helper, browser):
    question = a_question()
    answer = an_answer(to=question, by=helper)
    page, address = browser(helper), f"/questions/{question.id}/{question.slug}"
    assert "Everybody may improve this answer" not in page.get(address).text
    text = page.post(f"/answers/{answer.id}/wiki", follow_redirects=True).text
    assert "Close it again" not in text
    for name in ("first-hand", "second-hand"):
        edit_answer(able(username=name), answer, f"Words by {name}")
    text = browser().get(address).text
    credit = text[text.index("Everybody may improve this answer") :][:600]
    assert [name for name in ("helper", "first-hand", "second-hand") if f"/people/{name}" in credit] == [
        "helper",
        "first-hand",
        "second-hand",
    ]


def test_a_moderator_closes_it_from_the_page(app, helper, moderator, browser):
    answer = an_answer(by=helper)
    make_wiki(helper, answer)
    text = browser(moderator).post(f"/answers/{answer.id}/wiki/end", follow_redirects=True).text
    assert "Everybody may improve this answer" not in text
