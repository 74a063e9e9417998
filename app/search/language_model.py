"""A small language model that turns a text into a vector: texts that mean the same point the same way.

It runs sentence encoders of BERT's shape (Devlin et al. 2019), such as MiniLM (Wang et al. 2020, Reimers and Gurevych
2019), forward with numpy alone: word pieces, embeddings, layers of attention, the mean over the text, of length one.
"""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LONGEST_WORD = 100
UNKNOWN, BEGIN, END = "[UNK]", "[CLS]", "[SEP]"


class WordPieces:
    """Cuts a text into the pieces of words that a model knows, as BERT's uncased models do it.

    Args:
        pieces: all of them, in the order of their numbers; those that go on within a word begin with `##`.
    """

    def __init__(self, pieces: list[str]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self._unknown, self._begin, self._end = (self._numbers[each] for each in (UNKNOWN, BEGIN, END))

    def numbers(self, text: str, most: int) -> list[int]:
        """The numbers of the first pieces of a text, `most` at most with the two that begin and end it."""
        found = [self._begin]
        for word in _words(text):
            found += self._pieces(word)
            if len(found) >= most - 1:
                break
        return [*found[: most - 1], self._end]

    def _pieces(self, word: str) -> list[int]:
        """The longest pieces from the left; a word that cannot be put together of them is unknown as a whole."""
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        at = 0
        while at < len(word):
            end = len(word)
            while end > at and (("##" if at else "") + word[at:end]) not in self._numbers:
                end -= 1
            if end == at:
                return [self._unknown]
            found.append(self._numbers[("##" if at else "") + word[at:end]])
            at = end
        return found


def _words(text: str) -> Iterator[str]:
    """Words in lower case without accents; each punctuation mark and each Chinese character is one."""
    word: list[str] = []
    for letter in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(letter)
        if kind == "Mn" or letter in "\0\ufffd" or (kind.startswith("C") and letter not in "\t\n\r"):
            continue
        if letter.isspace():
            if word:
                yield "".join(word)
            word = []
        elif _stands_alone(letter, kind):
            if word:
                yield "".join(word)
            word = []
            yield letter
        else:
            word.append(letter)
    if word:
        yield "".join(word)


def _stands_alone(letter: str, kind: str) -> bool:
    is_mark = kind.startswith("P") or (letter.isascii() and not letter.isalnum())
    return is_mark or "\u3400" <= letter <= "\u9fff" or "\uf900" <= letter <= "\ufaff"


class LanguageModel:
    """A sentence encoder as it is published: `config.json`, `vocab.txt` and `model.safetensors` in one folder.

    Raises:
        OSError: a file is missing.
        KeyError: the weights are not of BERT's shape.
    """

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self.pieces = WordPieces((folder / "vocab.txt").read_text("utf-8").split("\n"))
        weights: dict[str, Any] = load_file(folder / "model.safetensors")
        self._words: Floats = weights["embeddings.word_embeddings.weight"]
        # All of a text is of one kind, the first.
        self._places: Floats = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _norm_of(weights, "embeddings")
        self._layers = [
            _Layer(weights, f"encoder.layer.{number}.", self._heads, self._epsilon)
            for number in range(config["num_hidden_layers"])
        ]
        self.size: int = config["hidden_size"]
        self.name = f"{config.get('_name_or_path', '')}:{(folder / 'model.safetensors').stat().st_size}"
        self.most: int = config["max_position_embeddings"]

    def vector(self, text: str, most: int) -> Floats:
        """A vector of length one for a text of which `most` pieces are read; the product of two is their likeness."""
        numbers = self.pieces.numbers(text, min(most, self.most))
        state: Floats = self._words[numbers] + self._places[: len(numbers)]
        state = _normed(state, *self._norm, self._epsilon)
        for layer in self._layers:
            state = layer.forward(state)
        mean: Floats = state.mean(axis=0)
        return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-12))


class _Layer:
    """One layer of attention and what follows it."""

    def __init__(self, weights: dict[str, Any], prefix: str, heads: int, epsilon: float) -> None:
        self._heads, self._epsilon = heads, epsilon
        attention = [f"{prefix}attention.self.{name}" for name in ("query", "key", "value")]
        self._attention = (
            np.concatenate([weights[f"{name}.weight"] for name in attention]).T.copy(),
            np.concatenate([weights[f"{name}.bias"] for name in attention]),
        )
        names = ("attention.output", "intermediate", "output")
        self._mixed, self._wide, self._narrow = (_dense_of(weights, prefix + name) for name in names)
        self._norms = _norm_of(weights, f"{prefix}attention.output"), _norm_of(weights, f"{prefix}output")

    def forward(self, state: Floats) -> Floats:
        """The state of each piece after this layer."""
        count, size = state.shape
        width = size // self._heads
        both = state @ self._attention[0] + self._attention[1]
        query, key, value = both.reshape(count, 3, self._heads, width).transpose(1, 2, 0, 3)
        looks = query @ key.transpose(0, 2, 1) / np.float32(width**0.5)
        looks = np.exp(looks - looks.max(axis=2, keepdims=True))
        looks /= looks.sum(axis=2, keepdims=True)
        seen = (looks @ value).transpose(1, 0, 2).reshape(count, size)
        state = _normed(state + seen @ self._mixed[0] + self._mixed[1], *self._norms[0], self._epsilon)
        wide = _gelu(state @ self._wide[0] + self._wide[1])
        return _normed(state + wide @ self._narrow[0] + self._narrow[1], *self._norms[1], self._epsilon)


def _dense_of(weights: dict[str, Any], name: str) -> tuple[Floats, Floats]:
    return weights[f"{name}.dense.weight"].T.copy(), weights[f"{name}.dense.bias"]


def _norm_of(weights: dict[str, Any], name: str) -> tuple[Floats, Floats]:
    return weights[f"{name}.LayerNorm.weight"], weights[f"{name}.LayerNorm.bias"]


def _normed(state: Floats, weight: Floats, bias: Floats, epsilon: float) -> Floats:
    centred = state - state.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + np.float32(epsilon))
    normed: Floats = centred / spread * weight + bias
    return normed


def _gelu(x: Floats) -> Floats:
    """x times the normal distribution function of x, by Abramowitz and Stegun's 7.1.26, right to 1.5e-7."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.copysign(1 - tail * np.exp(-z * z), x)
    found: Floats = (x * (1 + erf) / 2).astype(np.float32)
    return found
