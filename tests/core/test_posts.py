"""Posts: what strangers type, and what is shown of it."""

import re

import pytest

from app.core.errors import Invalid
from app.core.markup import POST_LIMIT, render_post


def html(source: str) -> str:
    return re.sub(r"\s*\n\s*", "", render_post(source).html)


# --- habits of typing


def test_a_list_right_after_a_paragraph_is_a_list() -> None:
    assert html("Steps:\n- one\n- two") == "<p>Steps:</p><ul><li>one</li><li>two</li></ul>"


def test_bullets_two_spaces_in_are_nested() -> None:
    assert html("- one\n  - two") == "<ul><li>one<ul><li>two</li></ul></li></ul>"


def test_numbers_with_a_bracket_are_a_list() -> None:
    assert html("1) one\n2) two") == "<ol><li>one</li><li>two</li></ol>"


def test_a_hash_tag_is_no_heading() -> None:
    assert html("#tag and more") == "<p>#tag and more</p>"


def test_a_fence_right_after_text_is_code() -> None:
    assert html("Like so:\n```\nx < 1\n```\nand on") == (
        '<p>Like so:</p><div class="highlight"><pre tabindex="0"><code>x &lt; 1</code></pre></div><p>and on</p>'
    )


@pytest.mark.parametrize(
    ("typed", "href", "shown"),
    [
        ("https://example.org/a_b_c", "https://example.org/a_b_c", "https://example.org/a_b_c"),
        ("http://example.org/_x_/*y*/z.", "http://example.org/_x_/*y*/z", "http://example.org/_x_/*y*/z"),
        ("www.example.org/path?a=1", "http://www.example.org/path?a=1", "www.example.org/path?a=1"),
        ("(https://en.wikipedia.org/wiki/Ohm_(unit))", "https://en.wikipedia.org/wiki/Ohm_(unit)", None),
        ("help@example.org", "mailto:help@example.org", "help@example.org"),
    ],
)
def test_a_bare_address_is_a_link(typed: str, href: str, shown: str | None) -> None:
    result = render_post(f"See {typed}, please")
    assert f'href="{href}"' in result.html
    assert result.links == (href,)
    if shown:
        assert f">{shown}</a>" in result.html


@pytest.mark.parametrize(
    "words", ["setup.py", "ASP.NET", "readme.md", "node.js", "1.2.3.4", "a@b", "`http://x.org`"]
)
def test_names_that_look_like_addresses_are_no_links(words: str) -> None:
    assert "<a" not in render_post(words).html


def test_an_address_within_a_link_stays_within_it() -> None:
    assert render_post("[see www.b.org and https://c.org](https://a.org)").links == ("https://a.org",)


def test_line_breaks_are_kept() -> None:
    assert html("one\ntwo\\\nthree") == "<p>one<br>two<br>three</p>"


def test_a_github_alert_is_an_admonition() -> None:
    assert html("> [!NOTE]\n> Mind the gap.\n> - and this") == (
        '<div class="admonition note"><p class="admonition-title">Note</p><p>Mind the gap.</p>'
        "<ul><li>and this</li></ul></div>"
    )


def test_alerts_and_quotes_stand_in_each_other() -> None:
    result = html("> a\n>\n> > [!warning]\n> > b\n\n> c")
    assert result == (
        '<blockquote><p>a</p><div class="admonition warning"><p class="admonition-title">Warning</p><p>b</p></div>'
        "</blockquote><blockquote><p>c</p></blockquote>"
    )


def test_an_alert_may_be_empty_and_an_unknown_one_is_a_quote() -> None:
    assert html("> [!TIP]") == '<div class="admonition tip"><p class="admonition-title">Tip</p></div>'
    assert html("> [!BOMB]\n> x").startswith("<blockquote>")


# --- Markdown


def test_tables_have_classes_for_alignment_and_can_be_scrolled() -> None:
    result = html("| a | b |\n|:-:|--:|\n| 1 | 2 |")
    assert result.startswith('<div class="table-wrap" tabindex="0"><table>')
    assert '<th class="center">a</th><th class="right">b</th>' in result
    assert "style" not in result


def test_words_can_be_struck_out() -> None:
    assert html("~~old~~ new") == "<p><s>old</s> new</p>"


def test_headings_come_below_those_of_the_page_and_have_no_ids() -> None:
    assert html("# a\n## b\n##### c\n\nd\n=") == "<h3>a</h3><h4>b</h4><h6>c</h6><h3>d</h3>"


def test_code_is_coloured_by_class() -> None:
    result = html("```python\nprint('hi')\n```")
    assert '<div class="highlight" data-language="python">' in result
    assert '<span class="nb">print</span>' in result
    assert "style" not in result


def test_code_in_an_unknown_language_is_plain() -> None:
    assert '<div class="highlight" data-language="klingon"><pre tabindex="0"><code>x' in html(
        "```klingon\nx\n```"
    )


def test_a_picture_of_ours_is_shown_and_a_foreign_one_is_a_link() -> None:
    ours = f"/uploads/{'a' * 32}-800x600.png"
    assert html(f'![a "shot"]({ours})') == (
        f'<p><img src="{ours}" alt="a &quot;shot&quot;" width="800" height="600" loading="lazy"></p>'
    )
    for other in ("/sign-out", "/uploads/../x.png", f"//e.org{ours}", f"{ours}?x", "a.png"):
        assert "<img" not in html(f"![shot]({other})")
    assert html("![shot](https://e.org/a.png)") == (
        '<p><a href="https://e.org/a.png" rel="nofollow ugc noopener">shot</a></p>'
    )
    assert html("[![thumb](https://e.org/t.png)](https://e.org/a.png)") == (
        '<p><a href="https://e.org/a.png" rel="nofollow ugc noopener">thumb</a></p>'
    )


def test_the_bytes_of_a_picture_are_not_read_out() -> None:
    assert html("See ![the board](data:image/png;base64,AAAA) here") == "<p>See the board here</p>"


def test_links_that_leave_say_so_and_our_own_do_not() -> None:
    result = html("[a](https://e.org) [b](//e.org) [c](/articles/x)")
    assert result.count('rel="nofollow ugc noopener"') == 2
    assert '<a href="/articles/x">c</a>' in result


# --- what comes with it


def test_the_plain_text_keeps_blocks_apart_and_code_in() -> None:
    result = render_post("# Head\nOne *two*\n\n- a\n- b\n\n```\ncode\n```\n\n| x | y |\n|-|-|\n| 1 | 2 |")
    assert result.text == "Head\nOne two\na\nb\ncode\nx y\n1 2"


def test_links_are_listed_in_order_and_once() -> None:
    result = render_post("[b](https://b.org) https://a.org [again](https://b.org) [here](#x)")
    assert result.links == ("https://b.org", "https://a.org")


def test_nothing_gives_nothing() -> None:
    assert render_post("").html == ""
    assert render_post(" \n\t\n").text == ""


def test_a_post_that_is_too_long_is_refused_with_both_lengths() -> None:
    with pytest.raises(Invalid, match=r"30,005 characters.*30,000.*by 5"):
        render_post("x" * (POST_LIMIT + 5))


def test_the_longest_post_is_taken() -> None:
    assert render_post("word " * (POST_LIMIT // 5)).text.startswith("word word")


def test_lone_surrogates_and_nul_do_no_harm() -> None:
    assert "\ud800" not in render_post("a\ud800b\x00c").html
