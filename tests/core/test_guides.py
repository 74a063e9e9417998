"""Guides: what writers may write, and what readers get."""

import re

import pytest

from app.core.errors import Invalid
from app.core.markup import GUIDE_LIMIT, Heading, canonical_guide, render_guide


def html(source: str) -> str:
    return re.sub(r"\s*\n\s*", "", render_guide(source).html)


# --- habits of typing


def test_a_list_right_after_a_paragraph_is_a_list() -> None:
    assert html("Steps:\n- one\n- two") == "<p>Steps:</p><ul><li>one</li><li>two</li></ul>"


@pytest.mark.parametrize("indent", ["  ", "   ", "    "])
def test_nested_bullets_are_nested_however_far_in(indent: str) -> None:
    assert html(f"- one\n{indent}- two") == "<ul><li>one<ul><li>two</li></ul></li></ul>"


def test_a_bullet_three_spaces_in_belongs_to_its_number() -> None:
    assert html("1. one\n   - two\n2. three") == "<ol><li>one<ul><li>two</li></ul></li><li>three</li></ol>"


def test_numbers_with_a_bracket_are_a_list() -> None:
    assert html("1) one\n2) two") == "<ol><li>one</li><li>two</li></ol>"
    assert canonical_guide("1) one\n2) two") == "1. one\n2. two\n"


def test_a_list_may_start_at_any_number() -> None:
    assert html("7. seven\n8. eight") == '<ol start="7"><li>seven</li><li>eight</li></ol>'


def test_a_hash_tag_is_no_heading() -> None:
    assert html("#tag and more") == "<p>#tag and more</p>"


def test_a_fence_right_after_text_is_code() -> None:
    assert html("Like so:\n```\nx < 1\n```\nand on") == (
        '<p>Like so:</p><div class="highlight"><pre tabindex="0"><code>x &lt; 1</code></pre></div><p>and on</p>'
    )


def test_a_fence_in_a_list_keeps_its_blank_lines_and_tabs() -> None:
    result = render_guide("1. Do:\n\n   ```make\n   all:\n\n   \techo\n   ```\n2. Done").html
    assert re.sub(r"<(?!/code)[^>]+>", "", result).count("all:\n\n\techo") == 1
    assert result.count("<ol>") == 1
    assert result.count("<li>") == 2


def test_bare_addresses_are_links_and_names_are_not() -> None:
    result = render_guide("See https://example.org/_a_b_, www.b.org/x, help@c.org; not setup.py or ASP.NET.")
    assert result.links == ("https://example.org/_a_b", "http://www.b.org/x", "mailto:help@c.org")


@pytest.mark.parametrize("kind", ["NOTE", "Tip", "important", "WARNING", "CAUTION"])
def test_a_github_alert_and_an_admonition_are_the_same(kind: str) -> None:
    alert = html(f"> [!{kind}]\n> Mind the *gap*.\n>\n> - one")
    assert alert == html(f"!!! {kind.lower()}\n    Mind the *gap*.\n\n    - one")
    assert alert == (
        f'<div class="admonition {kind.lower()}"><p class="admonition-title">{kind.capitalize()}</p>'
        "<p>Mind the <em>gap</em>.</p><ul><li>one</li></ul></div>"
    )


def test_an_alert_right_under_an_item_belongs_to_no_item_unless_it_is_indented() -> None:
    assert html("- one\n> [!NOTE]\n> two") == (
        '<ul><li>one</li></ul><div class="admonition note"><p class="admonition-title">Note</p><p>two</p></div>'
    )
    assert html("- one\n  > two\n- three") == (
        "<ul><li><p>one</p><blockquote><p>two</p></blockquote></li><li><p>three</p></li></ul>"
    )


def test_a_backslash_breaks_the_line() -> None:
    assert html("one\\\ntwo  \nthree\nfour") == "<p>one<br>two<br>threefour</p>"


def test_quotes_next_to_each_other_stay_apart() -> None:
    assert html("> one\n\n> two") == "<blockquote><p>one</p></blockquote><blockquote><p>two</p></blockquote>"


def test_lists_with_other_bullets_are_other_lists() -> None:
    assert html("- one\n\n* two") == "<ul><li>one</li></ul><ul><li>two</li></ul>"


def test_windows_paths_keep_their_backslashes() -> None:
    assert (
        html(r"Open C:\Users\new\.config and \\server\share")
        == (
            r"<p>Open C:\Users\new.config and \server\share</p>"  # As everywhere: a backslash hides before a sign.
        )
    )
    assert html(r"Open `C:\Users\.config`") == r"<p>Open <code>C:\Users\.config</code></p>"


# --- extensions


def test_headings_have_addresses_and_begin_below_the_title() -> None:
    result = render_guide("# Größe & Maß\n\n## Größe & Maß\n\n### Own {#mine}\n\n###### Deep")
    assert result.headings == (
        Heading(2, "grosse-mass", "Größe & Maß"),
        Heading(3, "grosse-mass_1", "Größe & Maß"),
        Heading(4, "mine", "Own"),
        Heading(6, "deep", "Deep"),
    )


def test_headings_stay_where_there_is_no_h1() -> None:
    assert html("## Two\n\n### Three") == '<h2 id="two">Two</h2><h3 id="three">Three</h3>'


def test_a_raw_h1_counts_as_one() -> None:
    assert html("<h1>One</h1>\n\n## Two") == '<h2>One</h2><h3 id="two">Two</h3>'


def test_addresses_of_headings_may_be_written_in_both_ways() -> None:
    assert [h.id for h in render_guide("## A {#one}\n\n## B {: #two }\n\n## C { #three .x }").headings] == [
        "one",
        "two",
        "three",
    ]


def test_braces_that_are_no_attributes_are_words() -> None:
    assert html("## Error {0}") == '<h2 id="error-0">Error {0}</h2>'
    assert "<td>a {1}</td>" in html("| x |\n|---|\n| a {1} |")


def test_tables_have_classes_for_alignment_and_can_be_scrolled() -> None:
    result = html("a | b | c\n:-|:-:|-:\n1 | `x\\|y` | 3")
    assert result.startswith('<div class="table-wrap" tabindex="0"><table>')
    assert '<th class="left">a</th><th class="center">b</th><th class="right">c</th>' in result
    assert '<td class="center"><code>x|y</code></td>' in result
    assert "style" not in result
    assert "align=" not in result


def test_footnotes() -> None:
    result = html("Word[^1] and[^b].\n\n[^1]: First.\n[^b]: Second\n\n    with more.")
    assert '<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup>' in result
    assert '<div class="footnote"><hr><ol><li id="fn:1"><p>First.' in result
    assert '<li id="fn:b"><p>Second</p><p>with more.' in result


def test_admonitions_have_titles_of_their_own_or_none() -> None:
    assert '<p class="admonition-title">Hot!</p><p>x</p>' in html('!!! danger "Hot!"\n    x')
    assert html('!!! tip ""\n    x') == '<div class="admonition tip"><p>x</p></div>'


def test_admonitions_hold_lists_and_code_with_blank_lines() -> None:
    result = html("!!! note\n\n    - a\n\n        b\n\n    ```\n    c\n\n    d\n    ```\n\nout")
    assert result == (
        '<div class="admonition note"><p class="admonition-title">Note</p><ul><li><p>a</p><p>b</p></li></ul>'
        '<div class="highlight"><pre tabindex="0"><code>cd</code></pre></div></div><p>out</p>'
    )


def test_an_admonition_stands_in_a_list() -> None:
    assert html("1. one\n\n    !!! note\n        inside\n\n2. two") == (
        '<ol><li><p>one</p><div class="admonition note"><p class="admonition-title">Note</p><p>inside</p></div></li>'
        "<li><p>two</p></li></ol>"
    )


def test_collapsible_admonitions() -> None:
    assert html('??? tip "More"\n    x') == '<details class="tip"><summary>More</summary><p>x</p></details>'
    assert html("???+ note\n    x").startswith('<details class="note" open')


def test_tabs_are_sections_without_form_controls() -> None:
    source = '=== "Linux"\n\n    - a\n\n    b\n\n=== "macOS"\n\n    ```sh\n    ls\n    ```\n'
    result = html(source)
    assert result.startswith(
        '<div class="tabs"><section class="tab"><p class="tab-title">Linux</p><ul><li>a</li></ul><p>b</p></section>'
        '<section class="tab"><p class="tab-title">macOS</p><div class="highlight" data-language="sh">'
    )
    assert "input" not in result
    assert canonical_guide(source) == source


def test_definition_lists() -> None:
    assert html("Term\n: one\n: two") == "<dl><dt>Term</dt><dd>one</dd><dd>two</dd></dl>"


def test_task_lists() -> None:
    assert html("- [ ] open\n- [x] *done*") == (
        '<ul><li class="task"><span class="task-box">☐</span> open</li>'
        '<li class="task done"><span class="task-box">☑</span> <em>done</em></li></ul>'
    )


def test_words_can_be_struck_out() -> None:
    assert html("~~old~~ new ~ 5 H~2~O") == "<p><del>old</del> new ~ 5 H~2~O</p>"


def test_code_is_coloured_by_class_and_options_do_no_harm() -> None:
    result = html('```python title="x.py" hl_lines="1"\nprint(1)\n```')
    assert result.startswith('<div class="highlight" data-language="python"><pre tabindex="0"><code>')
    assert '<span class="nb">print</span>' in result
    assert "style" not in result


def test_indented_code_is_code() -> None:
    assert html("Text\n\n    code <b>\n\n    more") == (
        '<p>Text</p><div class="highlight"><pre tabindex="0"><code>code &lt;b&gt;more</code></pre></div>'
    )


def test_pictures_load_lazily_and_keep_their_size() -> None:
    ours = f"/uploads/{'a' * 32}-800x600.png"
    assert f'<img alt="x" src="{ours}" loading="lazy" width="800" height="600">' in html(f"![x]({ours})")
    assert html('![Front](img/front.png){width="300" height=20}') == (
        '<p><img alt="Front" height="20" src="img/front.png" width="300" loading="lazy"></p>'
    )


def test_attribute_lists_give_no_power() -> None:
    result = html('Word *x*{onclick="evil()" style="color:red" .highlight #cookie}')
    assert result == "<p>Word <em>x</em></p>"


# --- raw HTML


def test_raw_html_that_is_useful_stays() -> None:
    source = "Press <kbd>Ctrl</kbd>, H<sub>2</sub>O, x<sup>2</sup><br>next"
    assert html(source) == f"<p>{source}</p>"


def test_markdown_may_stand_between_raw_tags() -> None:
    assert html("<details>\n<summary>More</summary>\n\n- **a**\n\n</details>") == (
        "<details><summary>More</summary><ul><li><strong>a</strong></li></ul></details>"
    )


def test_what_asks_to_be_read_as_markdown_is_read() -> None:
    assert html('<div class="note" markdown="1">\n**a**\n</div>') == (
        '<div class="note"><p><strong>a</strong></p></div>'
    )


def test_a_raw_table_keeps_spans_and_alignment() -> None:
    result = html('<table><tr><td colspan="2" align="RIGHT" style="color:red">x</td></tr></table>')
    assert (
        '<td class="right" colspan="2">x</td>' in result or '<td colspan="2" class="right">x</td>' in result
    )


def test_forgotten_placeholders_are_shown() -> None:
    assert (
        html("Connect to <ServerName> on <port>.") == "<p>Connect to &lt;ServerName&gt; on &lt;port&gt;.</p>"
    )


def test_form_controls_leave_only_their_words() -> None:
    assert html('<form action="/x"><label>Name</label><input name="q"></form>') == "Name"


def test_what_is_embedded_becomes_a_link() -> None:
    assert render_guide('<iframe src="https://video.example/1" allowfullscreen></iframe>').links == (
        "https://video.example/1",
    )


def test_a_tag_that_is_never_closed_takes_no_text_with_it() -> None:
    assert "and on" in render_guide("The <script> tag\n\nand on").text


# --- dialects


def test_pictures_in_microsofts_dialect() -> None:
    source = ':::image type="content" source="media/a.png" alt-text="The [panel].":::'
    assert canonical_guide(source) == "![The \\[panel\\].](media/a.png)\n"


def test_includes_zones_and_names_of_other_houses() -> None:
    source = (
        '::: zone pivot="x"\n[!INCLUDE [help](../inc.md)]\nUse [!DNL Commerce] and [!UICONTROL Save].\n::: zone-end\n'
        '> [!div class="checklist"]\n> - one\n\n:::row:::\n:::column:::\ntext\n:::column-end:::\n:::row-end:::'
    )
    assert (
        html(source)
        == "<p>Use Commerce and Save.</p><blockquote><ul><li>one</li></ul></blockquote><p>text</p>"
    )


def test_dialects_in_code_are_left_alone() -> None:
    source = "```\n[!INCLUDE [x](y)]\n::: zone\n```\n"
    assert canonical_guide(source) == source


# --- links


def test_links_are_mapped_by_whoever_knows_the_site() -> None:
    asked: list[str] = []

    def link(address: str) -> str | None:
        asked.append(address)
        return {"../thermo/reset.md#x": "/articles/reset#x", "img/a.png": "/pictures/a.png"}.get(address)

    result = render_guide(
        "[r](../thermo/reset.md#x) ![p](img/a.png) [o](https://o.org) [r](../thermo/reset.md#x)", link=link
    )
    assert result.links == ("/articles/reset#x", "https://o.org")
    assert '<img alt="p" src="/pictures/a.png" loading="lazy">' in result.html
    assert sorted(asked) == ["../thermo/reset.md#x", "https://o.org", "img/a.png"]


def test_a_mapped_link_is_checked_too() -> None:
    assert render_guide("[x](a.md)", link=lambda _: "javascript:alert(1)").links == ()


def test_an_error_of_the_mapping_is_not_hidden_and_does_no_harm() -> None:
    def broken(address: str) -> str:
        raise LookupError(address)

    with pytest.raises(LookupError):
        render_guide("[x](a.md)", link=broken)
    assert html("fine") == "<p>fine</p>"


def test_links_that_leave_say_noopener() -> None:
    result = html("[a](https://e.org) [b](/articles/x)")
    assert '<a href="https://e.org" rel="noopener">a</a>' in result
    assert '<a href="/articles/x">b</a>' in result


def test_references_find_their_addresses() -> None:
    assert render_guide('[a][x] and [x].\n\n[x]: <https://e.org/a b> "T"').links == ("https://e.org/a%20b",)


# --- what comes with it


def test_the_plain_text_keeps_blocks_apart_and_code_in() -> None:
    result = render_guide(
        "# Head\n\nOne *two*\nthree\n\n- a\n- b\n\n```\ncode\n```\n\n| x | y |\n|-|-|\n| 1 | 2 |"
    )
    assert result.text == "Head\nOne two three\na\nb\ncode\nx y\n1 2"


def test_a_guide_that_is_too_large_is_refused_with_both_sizes() -> None:
    with pytest.raises(Invalid, match=r"1,200 kB.*1,000 kB"):
        render_guide("ä" * 600_000)
    with pytest.raises(Invalid):
        canonical_guide("x" * (GUIDE_LIMIT + 1))
