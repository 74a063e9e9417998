"""The optional second look: hits that mean what was asked come further up, and words decide alone where it is not to be had."""

import json
import math
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import search
from app.config import WEIGHTS, BadSetting, settings
from app.search.language_model import LanguageModel, WordPieces
from app.search.semantic import Vectors
from tests.search.notes import EVERYONE, Shelf, document, index_of, titles_found

pytest.importorskip("safetensors", reason="safetensors is not installed")

SIZE, WIDE, HEADS = 8, 12, 2
PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "silent",
    "mute",
    "##d",
    "bell",
    "door",
    "ring",
    ",",
    "lamp",
    "box",
]
SAME = {"mute": "silent"}


def a_model(folder: Path, layers: int = 0) -> Path:
    """A tiny model: every word points another way, but "mute" where "silent" does."""
    from safetensors.numpy import save_file

    chance = np.random.default_rng(3)

    def numbers(*shape: int) -> Any:
        return chance.normal(size=shape).astype(np.float32)

    words = numbers(len(PIECES), SIZE)
    for one, other in SAME.items():
        words[PIECES.index(one)] = words[PIECES.index(other)]
    quiet = 0.0 if layers == 0 else 0.1
    weights = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": numbers(32, SIZE) * quiet,
        "embeddings.token_type_embeddings.weight": numbers(2, SIZE) * quiet,
        "embeddings.LayerNorm.weight": np.ones(SIZE, np.float32),
        "embeddings.LayerNorm.bias": np.zeros(SIZE, np.float32),
    }
    for number in range(layers):
        of_layer = f"encoder.layer.{number}."
        dense = {
            "attention.self.query": (SIZE, SIZE),
            "attention.self.key": (SIZE, SIZE),
            "attention.self.value": (SIZE, SIZE),
            "attention.output.dense": (SIZE, SIZE),
            "intermediate.dense": (WIDE, SIZE),
            "output.dense": (SIZE, WIDE),
        }
        for name, shape in dense.items():
            weights |= {
                f"{of_layer}{name}.weight": numbers(*shape),
                f"{of_layer}{name}.bias": numbers(shape[0]),
            }
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            weights |= {f"{of_layer}{name}.weight": numbers(SIZE), f"{of_layer}{name}.bias": numbers(SIZE)}
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "hidden_size": SIZE,
        "num_attention_heads": HEADS,
        "num_hidden_layers": layers,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 32,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(PIECES))
    save_file(weights, folder / "model.safetensors")
    return folder


class TestModel:
    def test_words_are_cut_into_the_longest_known_pieces(self) -> None:
        pieces = WordPieces(PIECES)
        assert pieces.numbers("Muted BELL, mute\u0301", 20) == [2, 5, 6, 7, 10, 5, 3]
        assert pieces.numbers("muteness " + "x" * 200, 20) == [2, 1, 1, 3]
        assert pieces.numbers("bell bell bell bell", 4) == [2, 7, 7, 3]
        assert pieces.numbers("\0\u200b\ud800", 20) == [2, 3]

    def test_a_vector_is_what_the_formulas_of_the_paper_give_one_number_at_a_time(
        self, tmp_path: Path
    ) -> None:
        from safetensors.numpy import load_file

        model = LanguageModel(a_model(tmp_path, layers=2))
        weights = load_file(tmp_path / "model.safetensors")
        assert model.vector("silent bell, door", 32) == pytest.approx(
            slowly(weights, [2, 4, 7, 10, 8, 3]), abs=1e-5
        )

    @pytest.mark.skipif(find_spec(WEIGHTS) is None, reason="the language model is not installed")
    def test_the_real_model_gives_the_likeness_that_its_authors_publish(self) -> None:
        package = find_spec(WEIGHTS)
        assert package is not None
        assert package.origin is not None
        model = LanguageModel(Path(package.origin).parent / "model")
        happy = model.vector("That is a happy person", 64)
        others = ("That is a happy dog", "That is a very happy person", "Today is a sunny day")
        alike = [float(happy @ model.vector(other, 64)) for other in others]
        assert alike == pytest.approx([0.695, 0.943, 0.257], abs=0.001)


def slowly(weights: Mapping[str, Any], numbers: list[int]) -> list[float]:
    """The vector of a text, written down as in the papers: Vaswani et al. 2017, Devlin et al. 2019."""

    def dense(row: list[float], name: str) -> list[float]:
        matrix, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return [
            sum(map(math.prod, zip(row, line, strict=True))) + more
            for line, more in zip(matrix, bias, strict=True)
        ]

    def norm(row: list[float], name: str) -> list[float]:
        mean = sum(row) / len(row)
        spread = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row))
        both = zip(row, weights[f"{name}.weight"], weights[f"{name}.bias"], strict=True)
        return [(x - mean) / spread * weight + bias for x, weight, bias in both]

    def added(one: list[float], other: list[float]) -> list[float]:
        return [x + y for x, y in zip(one, other, strict=True)]

    embeddings = "embeddings.{}_embeddings.weight"
    state = [
        norm(
            list(
                weights[embeddings.format("word")][number]
                + weights[embeddings.format("position")][place]
                + weights[embeddings.format("token_type")][0]
            ),
            "embeddings.LayerNorm",
        )
        for place, number in enumerate(numbers)
    ]
    width = SIZE // HEADS
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        query, key, value = (
            [dense(row, f"{layer}.attention.self.{name}") for row in state]
            for name in ("query", "key", "value")
        )
        seen = []
        for one in query:
            row: list[float] = []
            for at in range(0, SIZE, width):
                part = slice(at, at + width)
                looks = [
                    math.exp(sum(map(math.prod, zip(one[part], other[part], strict=True))) / math.sqrt(width))
                    for other in key
                ]
                for place in range(at, at + width):
                    row.append(
                        sum(look * other[place] for look, other in zip(looks, value, strict=True))
                        / sum(looks)
                    )
            seen.append(row)
        mixed = [
            norm(
                added(row, dense(new, f"{layer}.attention.output.dense")),
                f"{layer}.attention.output.LayerNorm",
            )
            for row, new in zip(state, seen, strict=True)
        ]
        state = []
        for row in mixed:
            wide = [
                x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in dense(row, f"{layer}.intermediate.dense")
            ]
            state.append(norm(added(row, dense(wide, f"{layer}.output.dense")), f"{layer}.output.LayerNorm"))
    mean = [sum(column) / len(state) for column in zip(*state, strict=True)]
    length = math.sqrt(sum(x * x for x in mean))
    return [x / length for x in mean]


SHELF = [
    document(1, "The door bell, silent door", "door bell door bell ring"),
    document(2, "Bell ring door lamp", "mute mute mute mute"),
    document(3, "The door bell ring", "door box box box box lamp box box box box"),
]
QUERY = "door bell ring silent"


@pytest.fixture
def alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A shelf and a model; how the words alone order the hits of the query."""
    index_of(tmp_path / "index", SHELF)
    words_alone = titles_found(QUERY)
    monkeypatch.setattr(search, "_sources", {"article": Shelf(SHELF)})
    search.configure(tmp_path / "index", model=a_model(tmp_path / "model"))
    return words_alone


class TestSecondLook:
    def test_what_means_the_same_is_lifted_once_it_was_read(self, alike: list[int]) -> None:
        assert titles_found(QUERY) == alike
        assert (search.learn_meanings(2), search.learn_meanings(2), search.learn_meanings(2)) == (2, 1, 0)
        scores = {hit.id: hit.score for hit in search.find(QUERY, audiences=EVERYONE).hits}
        told = search.explain(QUERY, ("article", 2), audiences=EVERYONE)
        assert told is not None
        assert told.parts[-1].name == "alike in meaning"
        assert told.score == scores[2] == pytest.approx(sum(part.score for part in told.parts))
        assert titles_found(QUERY) != alike

    @pytest.mark.parametrize("query", ["door bell", "door bell ring 7", 'door "bell ring" silent'])
    def test_codes_short_queries_and_syntax_are_left_to_the_words(self, alike: list[int], query: str) -> None:
        before = search.find(query, audiences=EVERYONE).hits
        while search.learn_meanings():
            pass
        assert search.find(query, audiences=EVERYONE).hits == before

    def test_an_exact_title_stays_first(self, alike: list[int]) -> None:
        while search.learn_meanings():
            pass
        assert titles_found("bell ring door lamp")[0] == 2
        assert titles_found("the door bell ring")[0] == 3

    def test_pages_follow_each_other_and_alike_texts_are_looked_at_too(self, alike: list[int]) -> None:
        while search.learn_meanings():
            pass
        whole = titles_found(QUERY)
        assert [titles_found(QUERY, per_page=1, page=page)[0] for page in (1, 2, 3)] == whole
        assert {hit.id for hit in search.similar("silent door bell", audiences=EVERYONE)} == {1, 2, 3}

    def test_vectors_outlive_the_index_and_follow_changed_texts(
        self, alike: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        while search.learn_meanings():
            pass
        changed = [document(1, "Another lamp", "lamp"), *SHELF[1:]]
        monkeypatch.setattr(search, "_sources", {"article": Shelf(changed)})
        with search._the_engine().rebuilding(changed):
            pass
        assert (search.learn_meanings(), search.learn_meanings()) == (1, 0)

    def test_a_model_that_cannot_be_read_leaves_the_order_to_the_words(
        self, alike: list[int], tmp_path: Path
    ) -> None:
        (tmp_path / "model" / "model.safetensors").write_bytes(b"broken")
        assert titles_found(QUERY) == alike
        assert titles_found(QUERY) == alike


class TestVectors:
    def test_half_a_vector_is_taken_away_before_the_next(self, tmp_path: Path) -> None:
        vectors = Vectors(tmp_path / "v", 2)
        one, two = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
        vectors.add([5], [one])
        with (tmp_path / "v").open("ab") as file:
            file.write(b"xyz")
        assert list(vectors.marks()) == [5]
        vectors.add([3], [two])
        known, found = vectors.of(np.array([3, 4, 5]))
        assert known.tolist() == [True, False, True]
        assert found.tolist() == [[0, 1], [1, 0]]

    def test_vectors_of_texts_that_are_no_more_go_when_they_are_many(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.search.semantic.FEW_DEAD", 2)
        vectors = Vectors(tmp_path / "v", 2)
        vectors.add([1, 2, 3, 4], [np.ones(2, np.float32)] * 4)
        vectors.forget_all_but(np.array([1, 2]))
        assert list(vectors.marks()) == [1, 2, 3, 4]
        vectors.forget_all_but(np.array([2]))
        assert list(vectors.marks()) == [2]


@pytest.mark.parametrize(("missing", "told"), [("safetensors", "aftercare"), (WEIGHTS, "--no-deps")])
def test_a_site_that_wants_it_without_having_it_does_not_start_and_says_what_to_do(
    missing: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERCARE_SEMANTIC", "1")
    monkeypatch.setattr("app.config.find_spec", lambda name: None if name == missing else find_spec("json"))
    with pytest.raises(BadSetting, match=told):
        settings(SECRET_KEY="x")
