"""What is done to a text beside rendering it costs little, whatever stands in it; see also test_rendering_limits.py."""

from contextlib import suppress

from cost import cpu
from hypothesis import given, settings
from hypothesis import strategies as st

from app.articles import files
from app.catalog.queries import tag_slug
from app.core.markup import POST_LIMIT
from app.core.text import excerpt, plain_line, slugify
from app.forum.symptoms import error_strings, mark_personal
from app.search import parse, snippet

SIGNS = [
    "a", "E-1", "0x", "é", "ﷺ", "a\u0301", "\u202e", "\U0001f600", "-", "_", ".", "/", ":", "@", '"', "(", "[", "<", "`",
    "#", "&amp;", " ", "\t", "\n", "is:", "tag:a", "http://a.b", "a@b.c", "Error: a", "+49 1", "*", "'", "\\",
]  # fmt: skip
SEED = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=5).map("".join)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEED)
def test_no_text_is_expensive_to_look_through(seed):
    text = (seed * POST_LIMIT)[:POST_LIMIT]

    def all_of_them():
        slugify(text)
        plain_line(text)
        tag_slug(text)
        excerpt(text)
        snippet(text, {"a", "b"})
        parse(text)
        error_strings(text)
        mark_personal(text, ["ann", "bob"])

    assert cpu(all_of_them, 1.0) < 1.0


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(["&a ", "*a", "[", "{", "? ", "- ", "a: ", "!!x ", "|\n ", "'", "\n", ",", "# "]),
        min_size=1,
        max_size=5,
    )
)
def test_no_front_matter_is_expensive_to_read(parts):
    head = "---\ntitle: x\ntype: how-to\n" + ("".join(parts) * 60_000)[:60_000]

    def read():
        with suppress(files.BadFrontMatter):
            files.parse(f"{head}\n---\nx\n", "lamp/x.md")

    assert cpu(read, 1.0) < 1.0
