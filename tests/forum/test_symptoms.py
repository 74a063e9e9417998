"""What in a post a later reader would search for, and what in it names a person."""

import re
import time

import pytest

from app.forum.symptoms import error_strings, mark_personal


def personal_marks(text):
    return re.findall("⟦([^⟧]*)⟧", text)


@pytest.mark.parametrize(
    ("post", "found"),
    [
        ("It says 0x80070005 every time.", ["0x80070005"]),
        ("The display shows E-104, then E104 and F2-01.", ["E-104", "E104"]),
        (
            "`avrdude: stk500_getsync() attempt 1 of 10: not in sync`",
            ["avrdude: stk500_getsync() attempt 1 of 10: not in sync"],
        ),
        ('The app says "Connection refused by hub" at night.', ["Connection refused by hub"]),
        ("Die App sagt „Error: kein Akku“.", ["Error: kein Akku"]),
        ("```\nBoot ok\nFatal: no disk\n```", ["Fatal: no disk"]),
        ("~~~log\nready\nERR_TIMED_OUT happened\n~~~", ["ERR_TIMED_OUT happened"]),
        ("Nothing special here, it just hums.", []),
        ('He said "please come here soon" to me.', []),
        ("`pip install x`", []),
        ("", []),
        ("E-104 and again E-104 and e-104", ["E-104"]),
        ('"Error E-104 happened" and E-104', ["Error E-104 happened"]),
    ],
)
def test_error_strings_are_found_each_once_in_their_order(post, found):
    assert error_strings(post) == found


def test_there_are_never_more_than_eight_and_none_is_long():
    many = error_strings(" ".join(f"E-{number}" for number in range(100, 150)))
    assert many == [f"E-{number}" for number in range(100, 108)]
    assert all(len(one) <= 160 for one in error_strings("```\n" + "error " * 200 + "\n```"))


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Write to rita.moor+shop@mail.example.co.uk please", ["rita.moor+shop@mail.example.co.uk"]),
        ("Call +49 30 1234-5678 today", ["+49 30 1234-5678"]),
        ("Serial number: AB-1234-CD and order #77-12345", ["Serial number: AB-1234-CD", "order #77-12345"]),
        ("Works now.\n\nKind regards,\nRita Moor", ["Rita Moor"]),
        ("Thanks, Rita", ["Rita"]),
        ("@quick.fox is right", ["@quick.fox"]),
        ("As Nosy-Neighbour said", ["Nosy-Neighbour"]),
        ("Hold it for ten seconds, version 2.1.0, 230 V, 2026-11-22", []),
        ("Open https://example.com/page?id=12 and see", []),
        ("the annas of this world", []),
        ("Thanks, that worked", []),
        ("Best wishes from here", []),
    ],
)
def test_what_names_a_person_is_marked(text, marked):
    assert personal_marks(mark_personal(text, ["nosy-neighbour", "anna", "bo"])) == marked


def test_without_the_marks_the_text_is_what_it_was():
    text = "Hi asker, rita@example.com, +49 30 12345678\nThanks, Rita\nserial no. AB12345 @fox"
    marked = mark_personal(text, ["asker", "rita"])
    assert marked.replace("⟦", "").replace("⟧", "") == text
    assert len(personal_marks(marked)) == 6


def test_marks_do_not_overlap():
    marked = mark_personal("anna@example.com", ["anna", "example"])
    assert marked == "⟦anna@example.com⟧"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 30_000,
        "a@" * 15_000,
        "1 " * 15_000,
        "(" * 30_000,
        "“" * 30_000,
        "`" * 30_000,
        "a_" * 15_000,
        "```\n" * 7_000,
        "A-1" * 10_000,
        "thanks, " * 3_700,
        "a." * 15_000,
        "a@a." + "a-" * 14_000,
    ],
)
def test_a_hostile_post_costs_little(text):
    start = time.process_time()
    error_strings(text)
    mark_personal(text, ["anna"])
    assert time.process_time() - start < 1
