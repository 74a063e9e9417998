"""The pages that explain the site to its members."""

import re

from app.core.markup import render_post


def links(html: str) -> set[str]:
    return {link.partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', html)}


def test_every_link_of_the_help_pages_leads_somewhere(browser):
    visitor = browser()
    for page in ("/help", "/help/formatting"):
        answer = visitor.get(page)
        assert answer.status_code == 200
        gone = {link: visitor.get(link).status_code for link in links(answer.text)}
        assert {link: code for link, code in gone.items() if code != 200} == {}


def test_each_entry_of_the_table_of_contents_leads_to_a_heading(browser):
    text = browser().get("/help").text
    wanted = set(re.findall(r'href="#([a-z]+)"', text)) - {"main"}
    assert len(wanted) == 10
    assert wanted <= set(re.findall(r'<h2 id="([a-z]+)"', text))


def test_each_example_is_what_the_renderer_of_posts_makes_of_it(browser):
    text = browser().get("/help/formatting").text
    assert render_post("**Important**, *stressed*, ~~no longer true~~").html in text
    assert "**Important**" in text
    for sign in ("<ol>", "<blockquote>", "<table>", 'data-language="text"'):
        assert sign in text


def test_every_page_leads_to_the_help(browser):
    assert "/help" in links(browser().get("/").text)
