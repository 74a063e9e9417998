"""Which backups are kept: many of the last days, fewer of the weeks and months before."""

from collections.abc import Iterable
from datetime import datetime

DAYS, WEEKS, MONTHS = 7, 4, 6


def kept(made: Iterable[datetime]) -> set[datetime]:
    """The newest backup of each of the last 7 days, 4 weeks and 6 months that have one.

    The days, weeks and months are counted among those with a backup, so a site that was off for a year keeps
    what it has.
    """
    newest_first = sorted(made, reverse=True)
    keep: set[datetime] = set()
    for period, most in (("%Y-%m-%d", DAYS), ("%G-%V", WEEKS), ("%Y-%m", MONTHS)):
        newest_of: dict[str, datetime] = {}
        for moment in newest_first:
            newest_of.setdefault(moment.strftime(period), moment)
        keep.update(list(newest_of.values())[:most])
    return keep
