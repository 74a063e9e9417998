"""The passage that shows why something was found."""

from cost import cpu

from app.search import analysis
from app.search.snippets import joined, snippet

LONG = "Nothing to see here. " * 40
TEXT = f"{LONG}Hold the red button until the lamp blinks, then wait. {LONG}"


def marked(text: str, query: str, length: int = 220) -> list[str]:
    return [piece.text for piece in snippet(text, analysis.terms(query), length) if piece.is_match]


def test_the_words_are_marked_in_whatever_form_they_stand() -> None:
    assert marked("The lamps are blinking. A LAMP blinked.", "lamp blink") == [
        "lamps",
        "blinking",
        "LAMP",
        "blinked",
    ]


def test_the_passage_with_the_most_words_is_shown() -> None:
    pieces = snippet(f"A button. {TEXT}", analysis.terms("red button lamp"))
    assert "red button until the lamp" in joined(pieces)
    assert pieces[0].text == "… "
    assert pieces[-1].text == " …"


def test_its_length_is_about_what_was_asked_for() -> None:
    assert 150 <= len(joined(snippet(TEXT, analysis.terms("lamp"), 200))) <= 260


def test_without_a_match_it_is_the_beginning() -> None:
    pieces = snippet(TEXT, ["zebra"], 100)
    assert joined(pieces).startswith("Nothing to see here.")
    assert not any(piece.is_match for piece in pieces)


def test_a_short_text_is_shown_whole() -> None:
    assert joined(snippet("Turn it off and on.", analysis.terms("turn"))) == "Turn it off and on."


def test_space_of_any_kind_is_one_blank() -> None:
    assert joined(snippet("\n One\n\n\ttwo  three \n", analysis.terms("two"))) == "One two three "


def test_a_code_is_marked_as_it_is_written() -> None:
    assert marked("It says E-104 or 0x0000009F.", "e104 0x9f") == ["E-104", "0x0000009F"]


def test_nothing_gives_nothing() -> None:
    assert snippet("", ["a"]) == ()
    assert snippet("   ", []) == ()


def test_words_are_not_cut_at_the_edges() -> None:
    words = set(TEXT.replace(".", "").replace(",", "").split())
    for query in ("red", "wait", "lamp", "hold"):
        shown = (
            joined(snippet(TEXT, analysis.terms(query), 90))
            .replace("…", "")
            .replace(".", "")
            .replace(",", "")
        )
        assert set(shown.split()) <= words


def test_a_passage_always_holds_its_match_in_a_text_without_spaces() -> None:
    assert "接続" in joined(snippet("線" * 900 + "。接続。" + "線" * 900, analysis.terms("接続")))


def test_huge_texts_take_a_moment() -> None:
    for text in ("word " * 200_000, "x" * 1_000_000, "lamp " * 200_000, "漢" * 300_000):
        assert cpu(lambda text=text: snippet(text, analysis.terms("lamp word 漢漢")), 0.3) < 0.3
