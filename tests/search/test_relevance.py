"""Real questions find their answers at least as well as SQLite's FTS5 finds them; the full table is in benchmarks."""

from pathlib import Path

import pytest

from benchmarks.search import Judged, collections, fts5, measure, ours

LETTERS_OF_A_GUIDE = 1_500
EACH_SO_MANY = 3


def both(judged: Judged, folder: Path, each: int = 1) -> tuple[float, float]:
    questions = [question for question in judged.questions if question.grades][::each]
    return (
        measure(ours(folder, judged.documents), questions).ndcg,
        measure(fts5(judged.documents), questions).ndcg,
    )


@pytest.mark.parametrize("number", [0, 1], ids=["as people ask", "with a misspelling"])
def test_paraphrased_questions_find_their_answer(shared: Path, tmp_path: Path, number: int) -> None:
    judged = list(collections(shared, ["stackfaq"]))[number]
    our_gain, gain_of_fts5 = both(judged, tmp_path, EACH_SO_MANY)
    assert our_gain > (0.88, 0.87)[number]
    assert our_gain > gain_of_fts5 + 0.03


def test_link_texts_find_the_guide_that_they_point_to(shared: Path, tmp_path: Path) -> None:
    # The beginnings only, and every fourth guide besides those asked for, so that the test takes seconds.
    whole = next(collections(shared, ["anchors"]))
    asked = {name for question in whole.questions for name in question.grades}
    some = [
        (name, title, text[:LETTERS_OF_A_GUIDE])
        for number, (name, title, text) in enumerate(whole.documents)
        if name in asked or number % 4 == 0
    ]
    our_gain, gain_of_fts5 = both(Judged("some", some, whole.questions), tmp_path)
    assert our_gain > gain_of_fts5 + 0.01
