"""What rendering may cost, and what happens when a text wants more."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from cost import cpu
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.markup import POST_LIMIT, POST_SECONDS, RenderFailed, canonical_guide, render_guide, render_post
from app.core.rendering import code, posts
from app.core.rendering.limits import TimeUp, cpu_limit
from app.core.rendering.pool import Failed, Pool

ROOT = Path(__file__).parents[2]


def filled(part: str, size: int = POST_LIMIT) -> str:
    return (part * (size // len(part) + 1))[:size]


EXPENSIVE = {
    "brackets": "[",
    "pictures": "![",
    "bracket pairs": "[a][",
    "open links": "[a](",
    "angle links": "[](<",
    "closed brackets": "[[]",
    "cdata": "<![CDATA[",
    "tags": "<a ",
    "comments": "<!--",
    "asterisks": "*",
    "emphasis": "*a **b ",
    "mixed emphasis": "*_",
    "underscores": "_a ",
    "backticks": "`a``",
    "strikes": "~~a ",
    "rules": "- - - ",
    "stars": "* * *\n",
    "quotes": ">",
    "bullets": "- ",
    "nested bullets": "- a\n  - b\n",
    "setext": "a\n=\n",
    "setext dashes": "a\n-\n",
    "tables": "a|b\n-|-\n",
    "pipes": "|a",
    "references": "[a]: b\n",
    "open references": "[a]: b '",
    "entities": "&amp;",
    "addresses": "http://a.b ",
    "half addresses": "http://",
    "colons": "://",
    "bracketed addresses": "http://[",
    "www": "www.",
    "mails": "a@b.c ",
    "half mails": "a@",
    "one word": "x",
    "brackets at the end": ")",
    "fences": "```py\nx=1\n```\n",
    "backslashes": "\\",
    "newlines": "\n",
    "alerts": "> [!NOTE]\n",
}
EXPENSIVE_TEXTS = {name: filled(part) for name, part in EXPENSIVE.items()} | {
    "wide table": "\n".join("|".join([cell] * 3_700) for cell in "a-b"),
    "short rows of a wide table": "|".join("a" * 100) + "\n" + "|".join("-" * 100) + "\n" + "a\n" * 14_000,
    "many tables": filled("|".join("a" * 50) + "\n" + "|".join("-" * 50) + "\n" + "a\n" * 150 + "\n"),
    "ever deeper list": "".join(f"{'  ' * depth}- a\n" for depth in range(160)),
    "ever deeper quote": "".join(f"{'>' * depth} a\n" for depth in range(240)),
    "used references": "".join(f"[a{n}]: b\n" for n in range(1_000)) + "[a1]" * 4_000,
    "link after text": "x" * 20_000 + "](http://a.b)",
    "code for a slow lexer": "```java\n" + "a " * 9_900 + "\n```",
    "code for a slower lexer": "```make\n" + "{" * 19_900 + "\n```",
}


@pytest.mark.parametrize("name", EXPENSIVE_TEXTS)
def test_a_post_costs_at_most_a_second_whatever_it_holds(name: str) -> None:
    # Without the clock that would stop it: what is bounded only by the clock ends as plain text.
    source = EXPENSIVE_TEXTS[name][:POST_LIMIT]
    assert cpu(lambda: posts.render(source), 1.0) < 1.0


_SEED = st.lists(st.sampled_from(sorted({part for text in EXPENSIVE.values() for part in (text, text[0], text[-1])})),
                 min_size=1, max_size=6).map("".join)  # fmt: skip


@settings(max_examples=25, deadline=None, derandomize=True)
@given(_SEED, st.sampled_from(["", "> ", "- ", "| ", "```py\n", "**"]))
def test_no_mixture_of_signs_makes_a_post_expensive(seed: str, beginning: str) -> None:
    # A fifth of the length in a twelfth of the time: quadratic cost would show.
    source = beginning + filled(seed, POST_LIMIT // 5)
    assert cpu(lambda: posts.render(source), 0.3) < 0.3


def test_a_post_that_takes_too_long_is_shown_as_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.markup.POST_SECONDS", 0.01)
    result = render_post("**bold** <b>\nline\n\nnext " + filled("![", 20_000))
    assert result.html.startswith("<p>**bold** &lt;b&gt;<br>line</p>\n<p>next ![")
    assert render_post("**bold**").html == "<p><strong>bold</strong></p>\n"


def test_a_post_nested_too_deep_loses_no_words() -> None:
    assert "deep" in render_post("> " * 200 + "deep").text
    assert (
        "deep"
        in render_post("".join(f"{'  ' * depth}- a\n" for depth in range(100)) + "  " * 100 + "- deep").text
    )


def test_colours_are_given_up_when_they_cost_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "COLOURING_SECONDS", 0.02)
    assert "<span" not in code.code_block("{" * 19_000, "make")
    assert "<span" in code.code_block("x = 1", "python")


def test_long_code_has_no_colours_and_no_loss() -> None:
    assert render_post("```python\n" + "x = 1\n" * 4_000 + "```").text.count("x = 1") == 4_000


# --- guides


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(1)
    yield pool
    pool.close()


def test_a_guide_that_takes_too_long_is_reported_and_the_next_is_rendered() -> None:
    start = time.monotonic()
    with pytest.raises(RenderFailed, match=r"in 0\.25 seconds"):
        render_guide("[" * 60_000, seconds=1)
    assert time.monotonic() - start < 30
    assert render_guide("fine").html == "<p>fine</p>"


def test_bringing_a_guide_to_its_form_has_a_limit_too() -> None:
    with pytest.raises(RenderFailed):
        canonical_guide("![" * 200_000, seconds=0.4)
    assert canonical_guide("fine") == "fine\n"


@pytest.mark.parametrize(
    "source",
    ["- - - " * 3_000, "* * *\n" * 3_000, "- " * 3_000 + "x", "> " * 3_000 + "x", "1. " * 3_000 + "x",
     "".join(f"{'    ' * depth}- a\n" for depth in range(300)), "<div>" * 3_000, "!!! note\n" * 3_000, "*" * 30_000,
     "".join(f"{'    ' * depth}!!! note\n\n" for depth in range(200)) + "    " * 200 + "x"],
    ids=["rules", "stars", "bullets", "quotes", "numbers", "deep lists", "deep tags", "admonitions", "asterisks",
         "deep admonitions"],
)  # fmt: skip
def test_deep_nesting_is_rendered_or_reported_but_never_an_accident(source: str) -> None:
    for work in (render_guide, canonical_guide):
        with suppress(RenderFailed):
            work(source)
    assert render_guide("fine").html == "<p>fine</p>"


def test_words_nested_too_deep_are_reported_and_not_lost() -> None:
    with pytest.raises(RenderFailed, match="deep"):
        render_guide("> " * 200 + "deep")


@pytest.mark.parametrize(
    "name",
    ["brackets", "bracket pairs", "open links", "cdata", "tables", "wide table", "setext", "used references", "fences",
     "ever deeper list"],
)  # fmt: skip
def test_an_expensive_guide_ends_in_its_time(name: str) -> None:
    start = time.monotonic()
    with suppress(RenderFailed):
        render_guide(EXPENSIVE_TEXTS[name], seconds=0.8)
    assert time.monotonic() - start < 30  # Many a machine has much else to do.


def test_a_child_that_was_killed_is_replaced(pool: Pool) -> None:
    task = {"do": "post", "source": "*x*"}
    pool.run(task, 1)
    [child] = pool.children()
    os.kill(child, 9)
    time.sleep(0.05)
    assert pool.run(task, 1)["html"] == "<p><em>x</em></p>\n"
    assert pool.children() != [child]


def test_a_child_that_hears_no_signal_is_ended(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.rendering.pool._LEAST_SECONDS", 0.2)
    pool.run({"do": "post", "source": "x"}, 1)
    [child] = pool.children()
    os.kill(child, 19)  # It stops in its tracks and answers no more.
    with pytest.raises(Failed) as failed:
        pool.run({"do": "post", "source": "x"}, 0.01)
    assert failed.value.slow
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    monkeypatch.undo()
    assert "x" in pool.run({"do": "post", "source": "x"}, 1)["html"]


def test_many_threads_share_the_children() -> None:
    def both(number: int) -> tuple[str, str]:
        return render_guide(f"Guide *{number}*").text, render_post(f"Post *{number}*").text

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(both, range(60)))
    assert results == [(f"Guide {number}", f"Post {number}") for number in range(60)]


_PROGRAM = """
import os, sys, time
from app.core.rendering.pool import Pool
pool = Pool(1)
pool.run({"do": "post", "source": "x"}, 1)
print(pool.children()[0], flush=True)
"""


def _child_of(program: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM + program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def _is_gone(pid: int) -> bool:
    for _ in range(400):
        if not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("end", ["normal", "killed"])
def test_no_child_outlives_its_parent(end: str) -> None:
    process, child = _child_of("sys.stdin.readline()" if end == "normal" else "time.sleep(60)")
    with process:
        process.terminate() if end == "normal" else process.kill()
        process.wait()
        assert _is_gone(child)


def test_after_a_fork_each_process_has_its_own_children() -> None:
    process, child = _child_of(
        """
if os.fork() == 0:
    assert pool.children() == []
    assert "y" in pool.run({"do": "post", "source": "y"}, 1)["html"]
    print(pool.children()[0], flush=True)
    pool.close()
    os._exit(0)
os.wait()
assert "z" in pool.run({"do": "post", "source": "z"}, 1)["html"]
print(pool.children()[0], flush=True)
"""
    )
    with process:
        assert process.stdout is not None
        others = [int(line) for line in process.stdout.read().split()]
        assert process.wait() == 0
    assert others[0] != child
    assert others[1] == child


def test_the_child_loads_neither_flask_nor_the_database() -> None:
    program = """
import runpy, sys
sys.stdin.close()
import io
sys.stdin = io.TextIOWrapper(io.BytesIO())
runpy.run_path("app/core/rendering/child.py", run_name="__main__")
print([name for name in ("flask", "sqlalchemy", "whoosh", "app.config") if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_the_clock_stops_a_regular_expression_too() -> None:
    import re

    with pytest.raises(TimeUp), cpu_limit(0.05):
        re.match(r"(a+)+$", "a" * 40 + "b")


def test_the_clock_leaves_quick_work_alone() -> None:
    work: Callable[[], int] = lambda: sum(range(1_000))  # noqa: E731
    with cpu_limit(POST_SECONDS):
        assert work() == 499_500
