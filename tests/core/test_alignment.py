"""Two texts are compared within a bound, whatever they hold."""

import random

import pytest
from cost import cpu
from hypothesis import given, settings
from hypothesis import strategies as st

from app.articles import drafts, merge
from app.core.alignment import Alignment
from app.core.markup import POST_LIMIT
from app.forum import history
from app.forum.differences import differences

SOME = st.lists(st.sampled_from("abcd"), max_size=14)


def shared(before, after, **more):
    """How many items the blocks hold; that they are blocks of both, in order, is looked at."""
    at = other = 0
    for block in Alignment(before, after, **more).get_matching_blocks():
        assert block.a >= at
        assert block.b >= other
        assert before[block.a : block.a + block.size] == after[block.b : block.b + block.size]
        at, other = block.a + block.size, block.b + block.size
    assert (at, other) == (len(before), len(after))
    return sum(block.size for block in Alignment(before, after, **more).get_matching_blocks())


def longest_common(before, after):
    row = [0] * (len(after) + 1)
    for item in before:
        above, row = row, [0]
        for at, other in enumerate(after):
            row.append(above[at] + 1 if item == other else max(above[at + 1], row[at]))
    return row[-1]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SOME, SOME)
def test_blocks_are_what_both_have_in_order_and_as_much_as_can_be(before, after):
    # Doubled, so that nothing stands once: what does is taken first, also where that costs length.
    before, after = before * 2, after * 2
    assert shared(before, after) == longest_common(before, after)
    assert shared([*before, "x"], ["x", *after]) >= 1
    assert shared(before, after, steps=3) <= longest_common(before, after)


def test_what_stands_once_is_kept_together_however_much_else_changed():
    before = [f"old {number}" if number % 3 else f"kept {number}" for number in range(3_000)]
    after = [line.replace("old", "new") for line in before]
    assert shared(before, after) == 1_000


def lines(part, size=POST_LIMIT):
    return (part * (size // len(part) + 1))[:size]


_chance = random.Random(5)
EXPENSIVE = {
    "taking turns": (lines("a\nb\n"), lines("b\na\na\n")),
    "few kinds": tuple("\n".join(_chance.choices("abc", k=15_000)) for _text in "12"),
    "many kinds": tuple("\n".join(map(str, _chance.choices(range(400), k=8_000))) for _text in "12"),
    "lines of few words": (lines("a " * 995 + "\n"), lines("b " * 995 + "\n")),
    "lines of signs": tuple(
        "\n".join("".join(_chance.choices(".,;", k=1_990)) for _line in range(15)) for _text in "12"
    ),
}


@pytest.mark.parametrize("name", EXPENSIVE)
def test_no_two_texts_cost_more_than_a_second_to_compare(name):
    before, after = EXPENSIVE[name]
    for compare in (
        lambda: differences(before, after),
        lambda: drafts.compare(before, after),
        lambda: history.compare(before.splitlines(), after.splitlines()),
        lambda: merge.merge_text(before, after, after[::-1], "one", "other"),
    ):
        assert cpu(compare, 1.0) < 1.0


def test_a_guide_of_the_greatest_size_is_compared_within_the_same_bound():
    before, after = (lines(f"{word} " * 300 + "\n", 900_000) for word in "ab")
    assert cpu(lambda: differences(before, after), 1.5) < 1.5
