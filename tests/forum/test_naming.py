"""An @ before a name leads to the person."""

import pytest
from build import a_comment, a_question, a_user

from app.forum.actions import QuestionText, answer_question, ask_question, comment
from app.forum.naming import render


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("Thanks @Mira!", '<a href="/people/mira">@mira</a>!'),
        ("@mira. And on", '<a href="/people/mira">@mira</a>. And on'),
        ("Ask @mira.b, please", '<a href="/people/mira.b">@mira.b</a>, please'),
        ("**@mira**", '<strong><a href="/people/mira">@mira</a></strong>'),
    ],
)
def test_a_name_is_linked_in_its_own_spelling(app, body, html):
    for name in ("mira", "mira.b"):
        a_user(username=name)
    assert html in render(body).html


@pytest.mark.parametrize(
    "body",
    [
        "`@mira` in code",
        "```\n@mira\n```",
        "[@mira](https://example.org/)",
        "mail me@mira now",
        "a/@mira/b",
        "@miranda is somebody else",
        "@@mira",
    ],
)
def test_code_links_addresses_and_other_names_are_left_alone(app, body):
    a_user(username="mira")
    assert "/people/" not in render(body).html


def test_all_kinds_of_posts_link_the_people_they_name(app, asker, helper):
    question = ask_question(asker, QuestionText("The lamp blinks at night", "Perhaps @helper knows."))
    assert "/people/helper" in question.body_html
    assert "/people/asker" in answer_question(helper, question, "Hold it, @asker.").body_html
    assert "/people/asker" in comment(helper, a_question(), None, "As @asker said.").body_html


def test_rendering_anew_links_them_too_but_not_in_posts_of_another_site(app):
    question = a_question()
    own, brought = (a_comment(on=question, body="As @mira said.", origin=origin) for origin in (None, "x-1"))
    a_user(username="mira")
    app.test_cli_runner().invoke(args=["render", "--all"])
    assert "/people/mira" in own.body_html
    assert "/people/mira" not in brought.body_html
