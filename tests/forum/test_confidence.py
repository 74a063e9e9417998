"""The order of answers: how sure we may be that an answer is good."""

import pytest

from app.forum.models import confidence


@pytest.mark.parametrize(
    ("up", "down", "expected"),
    [
        (0, 0, 0.0),
        (1, 0, 0.3784),
        (10, 0, 0.8589),
        (0, 1, 0.0),
        (0, 10, 0.0),
        (1, 1, 0.1646),
        (60, 40, 0.5359),
    ],
)
def test_it_is_wilsons_lower_bound_at_80_per_cent(up, down, expected):
    assert confidence(up, down) == pytest.approx(expected, abs=0.0005)


def test_more_agreement_never_counts_less():
    for down in range(6):
        values = [confidence(up, down) for up in range(1, 60)]
        assert values == sorted(values)


def test_more_disagreement_never_counts_more():
    for up in range(1, 6):
        values = [confidence(up, down) for down in range(60)]
        assert values == sorted(values, reverse=True)


def test_it_is_a_share():
    assert all(0 <= confidence(up, down) < 1 for up in range(40) for down in range(40))


def test_many_good_votes_beat_one_perfect_vote():
    assert confidence(90, 10) > confidence(1, 0)
