"""The canonical form of guides: what writers wrote is kept, and what is canonical stays as it is."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.markup import canonical_guide, render_guide
from app.core.rendering.canonical import canonical

MKDOCS = """\
# Title {#top}

Some *emphasis*, **strong** words, `code`, <https://example.org/a_b> and a footnote.[^1]

!!! warning "Mind the gap"

    A paragraph.

    - a list
        - with a list

            ```sh
            ls
            ```

??? note

    Folded.

=== "Linux"

    1. one
    2. two

=== "macOS"

    ![A picture](img/a.png){width="300"}

Term
:   Definition

> [!NOTE]
> An alert.

| a | b |
| :-- | --: |
| `x\\|y` | 2 |

- [ ] open
- [x] done

[^1]: The note.

    More of it.

<details>
<summary>More</summary>

**Markdown** inside.

</details>

---

The end.\\
Really.
"""


def test_a_writers_source_in_the_way_of_mkdocs_is_canonical() -> None:
    assert canonical_guide(MKDOCS) == MKDOCS


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Title\n=====\ntext", "# Title\n\ntext\n"),
        ("## Closed ##", "## Closed\n"),
        ("* one\n* two", "- one\n- two\n"),
        ("- one\n  - two", "- one\n    - two\n"),
        ("1. one\n1. two", "1. one\n2. two\n"),
        ("- one\n\n  more", "- one\n\n    more\n"),
        ("- ```\n  x\n  ```", "-\n    ```\n    x\n    ```\n"),
        ("> a\nb", "> a\n> b\n"),
        ("text\n***\nmore", "text\n\n---\n\nmore\n"),
        ("    code", "```\ncode\n```\n"),
        ("~~~py\nx\n~~~", "```py\nx\n```\n"),
        ("````\n```\n````", "````\n```\n````\n"),
        ("a  \nb", "a\\\nb\n"),
        ("- a\n  - > b", "- a\n\n    -\n        > b\n"),
        ("http\\://x.org and https://y.org\\\nz", "http\\://x.org and https://y.org\\\nz\n"),
        ("__b__ _i_", "__b__ _i_\n"),
        ("!!! note\n    x", "!!! note\n\n    x\n"),
        ("a | b\n-|-\n1 | 2", "| a | b |\n| --- | --- |\n| 1 | 2 |\n"),
        ("[a][r]\n\n[r]: x.md 'T'", '[a](x.md "T")\n'),
        ("&lt;b&gt; &amp;amp; 5 < 6 & 7", "\\<b> &amp;amp; 5 < 6 & 7\n"),
        ("\\# no\n\n1986\\. A year", "\\# no\n\n1986\\. A year\n"),
        ("a &nbsp;", "a &#160;\n"),
        ("\ufeffx\r\ny\rz\x00", "x\ny\nz\ufffd\n"),
        ("", ""),
    ],
)
def test_what_is_typed_and_what_is_written(typed: str, written: str) -> None:
    assert canonical_guide(typed) == written
    assert canonical_guide(written) == written


def test_what_is_rendered_is_the_same_before_and_after() -> None:
    source = "Steps:\n1) one\n   - two\n> quote\n"
    assert render_guide(source) == render_guide(canonical_guide(source))


_PARTS = st.sampled_from(
    ["- ", "* ", "1. ", "2) ", "> ", "  ", "    ", "\n", "\n\n", "# ", "```", "`", "*", "**", "_", "[a]", "(b)", "[^1]",
     "[^1]: ", "!!! note\n", '=== "T"\n', "| a | b |\n|---|---|\n", "|", "word", "a b", "\\", "<b>", "<div>\n", "</div>",
     "{#id}", "{", "}", "&lt;", "&", "!", "~~", "---", "===", "\t", "https://e.org/_a_", ": ", "[!NOTE]\n", ":::", "x"]
)  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(_PARTS, max_size=14).map("".join))
def test_the_canonical_form_settles(source: str) -> None:
    # Nobody writes most of these. Once more at most, and it is what it will always be.
    once = canonical(source)
    again = canonical(once)
    assert canonical(again) == again


def test_examples_of_every_rule_of_commonmark_stay_as_they_are(shared: Path) -> None:
    changed = []
    for name in ("commonmark_spec", "gfm_spec", "cmark_regressions"):
        for example in json.loads((shared / "data" / "security" / f"{name}.json").read_text()):
            written = canonical(example["markdown"])
            if canonical(written) != written:
                changed.append(example["markdown"])
    assert changed == []
