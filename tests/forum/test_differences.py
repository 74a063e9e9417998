"""How a text changed, word by word where a line was only touched."""

from app.forum.differences import ChangedLine, Part, differences


def test_a_touched_line_says_which_words():
    (line,) = differences("Wait for ten seconds.", "Wait for twelve seconds.")
    assert line.kind == "edit"
    assert line.parts == (
        Part("same", "Wait for "),
        Part("del", "ten"),
        Part("ins", "twelve"),
        Part("same", " seconds."),
    )


def test_lines_that_share_little_are_one_gone_and_one_new():
    assert differences("Wait for ten seconds.", "Call us!") == (
        ChangedLine("del", "Wait for ten seconds."),
        ChangedLine("ins", "Call us!"),
    )


def test_new_lines_and_gone_lines_stand_between_their_neighbours():
    before, after = "a\nb\nc\nd\ne\nf\ng\nh", "a\nb\nc\nd\nnew\ne\nf\ng"
    kinds = [line.kind for line in differences(before, after)]
    assert kinds == ["same", "same", "ins", "same", "same", "same", "del"]


def test_changes_far_apart_have_a_gap_between():
    before = "\n".join(map(str, range(40)))
    kinds = [line.kind for line in differences(before, before.replace("3\n", "three\n", 1) + "\nend")]
    assert kinds.count("gap") >= 1


def test_what_is_the_same_is_nothing():
    assert differences("a\nb", "a\nb") == ()


def test_a_touched_line_with_a_new_one_after_it_is_both():
    kinds = [
        line.kind for line in differences("Wait for ten seconds.", "Wait for twelve seconds.\n\nThen go.")
    ]
    assert kinds == ["edit", "ins", "ins"]
