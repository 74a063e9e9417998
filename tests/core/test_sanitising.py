"""Nothing that a page would obey comes out of a text, whoever wrote it."""

import json
import re
import tarfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.markup import Rendered, allowed_html, render_guide, render_post
from app.core.rendering import guides, sanitiser
from app.core.rendering.sanitiser import clean, clean_guide

RENDERERS: list[Callable[[str], Rendered]] = [render_guide, render_post]

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//e.org/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="x" alt="`" onerror="alert(1)">',
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><a xlink:href=javascript:alert(1)>x</a></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<style>@import 'https://e.org/x.css';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<div style=position:fixed;inset:0>x</div>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=data:text/html,x></object><embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<base href=https://e.org/>",
    "<meta http-equiv=refresh content='0;url=https://e.org'>",
    "<link rel=stylesheet href=https://e.org/x.css>",
    "<template><script>alert(1)</script></template>",
    "<marquee onstart=alert(1)>x</marquee><body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=javascript:123>x</a>",
    "<a href='javascript:`你好 1`'>x</a>",
    "<a href=' \x01javascript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='java&#10;script&colon;alert(1)'>x</a>",
    "<a href='&#x6A;avascript&#58;alert(1)'>x</a>",
    "<a href=vbscript:x>x</a><a href=data:text/html,x>x</a><a href=file:///etc/passwd>x</a>",
    "<a href=x target=_top onclick=alert(1) ping=https://e.org rel=opener>x</a>",
    "<img src=data:image/svg+xml,x><img srcset='https://e.org/x 2x' src=javascript:x>",
    "<video poster=javascript:x src=x onloadstart=alert(1)></video>",
    "<p id=cookie name=cookie>x</p><img name=cookie id=cookie src=x><form id=cookie name=body></form>",
    "<xss id=x tabindex=1 onfocus=alert(1)></xss>",
    "<div class='hidden admin' tabindex=-1 role=dialog aria-label=x data-x=y>x</div>",
    "[x](javascript:alert(1))",
    "[x](javascript:123)",
    "[x](<java\nscript:alert(1)>)",
    "[x](JaVaScRiPt:alert(1) 'y')",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1)) ![x](data:image/svg+xml,x)",
    "<javascript:alert(1)> <data:text/html,x>",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[x](https://e.org 'a\"onmouseover=alert(1) b=\"')",
    '![x"onerror="alert(1)](https://e.org/x.png"onerror="alert(1))',
    '`code`{onclick="alert(1)" style="x" id="cookie" href="javascript:x"}',
    '[x](y){href="javascript:alert(1)" onclick="x" target="_top"}',
    "## x {: onclick=alert(1) style=color:red }",
    '```"><script>alert(1)</script>\nx\n```',
    '```js onclick="alert(1)"\nx\n```',
    '=== "<script>alert(1)</script>"\n    x',
    '!!! note "<img src=x onerror=alert(1)>"\n    x',
    '!!! "onclick=alert(1)\n    x',
    "| <img src=x onerror=alert(1)> |\n|---|\n| [x](javascript:alert(1)) |",
    "x[^1]\n\n[^1]: <script>alert(1)</script> [y](javascript:1)",
    "Term\n: <svg onload=alert(1)>",
    "<!-- --!> <img src=x onerror=alert(1)> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><!DOCTYPE x [<!ENTITY y 'z'>]>",
    "\x02wzxhzdk:0\x03 \x02amp\x03 \x01\x04",
    "www.e.org/\"onmouseover='alert(1)' https://e.org/\"onclick=alert(1)",
    "https://e.org/<script>alert(1)</script>",
]

_CLASSES = re.compile(r"[\w -]*")


class _Judge(HTMLParser):
    """Looks at the HTML as a browser would, and knows nothing of our allow-list."""

    GOOD = frozenset(
        [
            "a",
            "abbr",
            "b",
            "bdi",
            "bdo",
            "blockquote",
            "br",
            "caption",
            "cite",
            "code",
            "col",
            "colgroup",
            "dd",
            "del",
            "details",
            "dfn",
            "div",
            "dl",
            "dt",
            "em",
            "figcaption",
            "figure",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "i",
            "img",
            "ins",
            "kbd",
            "li",
            "mark",
            "ol",
            "p",
            "pre",
            "q",
            "rp",
            "rt",
            "ruby",
            "s",
            "samp",
            "section",
            "small",
            "span",
            "strike",
            "strong",
            "sub",
            "summary",
            "sup",
            "table",
            "tbody",
            "td",
            "tfoot",
            "th",
            "thead",
            "time",
            "tr",
            "tt",
            "u",
            "ul",
            "var",
            "wbr",
        ]
    )
    HARMLESS = frozenset(
        [
            "align",
            "alt",
            "class",
            "colspan",
            "data-language",
            "datetime",
            "dir",
            "height",
            "href",
            "id",
            "lang",
            "loading",
            "open",
            "rel",
            "reversed",
            "rowspan",
            "scope",
            "span",
            "src",
            "start",
            "tabindex",
            "title",
            "width",
        ]
    )

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.GOOD:
            self.bad.append(tag)
        for name, value in attrs:
            if name not in self.HARMLESS:
                self.bad.append(f"{tag} {name}")
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                scheme = urlsplit(re.sub(r"[\x00-\x20\x7f-\xa0\u200b-\u200f]", "", value or "")).scheme
                before = re.split(r"[/?#]", value or "")[0]
                if scheme not in ("", "http", "https", "mailto") or (not scheme and ":" in before):
                    self.bad.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.bad.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.bad.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.bad.append("instruction")


def judged(html: str) -> _Judge:
    judge = _Judge()
    judge.feed(html)
    judge.close()
    return judge


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_comes_to_nothing(render: Callable[[str], Rendered], attack: str) -> None:
    result = render(f"Before\n\n{attack}\n\nAfter")
    assert judged(result.html).bad == []
    # An open comment hides what follows, as in every page.
    assert "After" in result.text or "<!--" in attack


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_sanitiser_alone_would_do(attack: str) -> None:
    assert judged(clean(attack)).bad == []
    assert judged(clean_guide(attack)).bad == []


def test_the_judge_has_eyes() -> None:
    seen = [bool(judged(attack).bad) for attack in ATTACKS if attack.startswith("<")]
    assert sum(seen) >= len(seen) - 3
    assert judged("<a href='javascript:123'>x</a>").bad
    assert any(judged(guides.unclean_html(f"{attack}\n")).bad for attack in ATTACKS)


@pytest.mark.parametrize("render", RENDERERS)
def test_links_with_digits_for_a_script_are_refused(render: Callable[[str], Rendered]) -> None:
    for address in ("javascript:123", "javascript:`你好 1`", "JAVASCRIPT:1", "x:1"):
        assert render(f"<a href='{address}'>x</a> [y](<{address}>)").links == ()


def test_no_id_of_a_stranger_reaches_the_page() -> None:
    for source in ("# cookie", "x[^1]\n\n[^1]: y", "<p id=main>x</p>", "## x {#main}"):
        assert judged(render_post(source).html).ids == []


def test_in_guides_only_headings_and_other_text_have_ids_and_nothing_has_a_name() -> None:
    result = render_guide(
        "<img id=cookie name=cookie src=x><form id=y name=z></form>\n\n<div id=main>x</div>\n\n## cookie"
    )
    assert judged(result.html).ids == ["cookie"]
    assert "name=" not in result.html


def test_classes_are_only_those_of_the_renderers() -> None:
    result = render_guide('<div class="admonition evil note">x</div> <span class="k btn">y</span>').html
    assert '<div class="admonition note">' in result
    assert '<span class="k">' in result


def test_styles_never_come_through() -> None:
    for source in ("<p style='color:red'>x</p>", "| a |\n|:-:|\n| b |", "x{style='color:red'}"):
        assert "style" not in render_guide(source).html.replace("{style=", "")


def test_one_table_feeds_both_sanitisers() -> None:
    table = allowed_html()
    assert set(table.tags) == sanitiser._TAGS
    for dangerous in (
        "script",
        "style",
        "iframe",
        "object",
        "svg",
        "math",
        "form",
        "input",
        "noscript",
        "template",
    ):
        assert dangerous not in table.tags
    for tag, attributes in table.tags.items():
        assert not any(name.startswith("on") or name in ("style", "name", "target") for name in attributes), (
            tag
        )
    assert table.keep("a", "href", "javascript:123") is None
    assert table.keep("a", "href", " HTTPS://e.org ") == "HTTPS://e.org"
    assert table.keep("p", "onclick", "x") is None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from([*ATTACKS, "<", ">", '"', "'", "`", "\n", "\n\n", "- ", "> ", "    ", "</"]),
        max_size=6,
    )
)
def test_attacks_in_each_others_midst_come_to_nothing(parts: list[str]) -> None:
    source = "".join(parts)
    assert judged(render_guide(source).html).bad == []
    assert judged(render_post(source).html).bad == []


def _real_attacks(folder: Path) -> Iterator[str]:
    yield from json.loads((folder / "blns.json").read_text())
    for name in ("dompurify_expect", "commonmark_spec", "gfm_spec", "gfm_extensions", "cmark_regressions"):
        for case in json.loads((folder / f"{name}.json").read_text()):
            yield str(case.get("payload", case.get("markdown", "")))
    for name in ("bleach_tests", "html5lib_tests", "markdown_extra_fixtures"):
        with tarfile.open(folder / f"{name}.tar.gz") as archive:
            for member in archive:
                file = archive.extractfile(member)
                text = file.read().decode("utf-8", "replace") if file else ""
                yield from (text[at : at + 20_000] for at in range(0, min(len(text), 40_000), 20_000))


@pytest.mark.parametrize("render", RENDERERS)
def test_attacks_that_others_have_collected_come_to_nothing(
    render: Callable[[str], Rendered], shared: Path
) -> None:
    through = [
        (source[:80], judge.bad[:3])
        for source in _real_attacks(shared / "data" / "security")
        if (judge := judged(render(source).html)).bad
    ]
    assert through == []
