"""The page that says who may do what is the very table that the site goes by."""

import html

from app import policy
from app.policy import Role
from app.web.views import deed_words


def test_every_deed_of_the_policy_has_words_and_no_other(app):
    with app.test_request_context():
        assert list(deed_words()) == list(policy.RULES)
        words = list(deed_words().values())
    assert len(set(words)) == len(words)
    assert all(words)


def test_the_page_prints_the_table(app, browser):
    text = html.unescape(browser().get("/help/privileges").text)
    with app.test_request_context():
        for deed, words in deed_words().items():
            assert f'<th scope="row">{words}</th><td>{policy.RULES[deed].words}</td>' in text
    assert all(role.label in text for role in Role)


def test_combined_rules_say_all_their_parts(app):
    with app.test_request_context():
        assert (
            str(policy.RULES["edit_question"].words)
            == "its author or a member with 200 reputation or a moderator"
        )
        assert (
            str(policy.RULES["approve_draft"].words)
            == "a support writer, being someone other than its author, being someone who did not change its text last"
        )
