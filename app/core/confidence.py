"""How much a share of votes says when there are few of them."""

from math import sqrt

Z_80 = 1.2816
Z_95 = 1.96


def lower_bound(yes: int, no: int, z: float) -> float:
    """The share of yes that we may be sure of: Wilson's lower bound.

    Args:
        yes, no: counts of votes, not negative.
        z: how sure: 1.2816 for the 80 % interval, 1.96 for the 95 % interval.

    Returns:
        A number from 0 to 1; without votes 0. Source: E. B. Wilson, JASA 22 (1927), 209-212.
    """
    n = yes + no
    if n == 0:
        return 0.0
    share, z2 = yes / n, z * z
    middle = share + z2 / (2 * n)
    margin = z * sqrt((share * (1 - share) + z2 / (4 * n)) / n)
    return max(0.0, (middle - margin) / (1 + z2 / n))
