"""How often something may be tried: one table of limits, one way to count, and what became of those who were too many.

A limit whose tries are rare is counted try by try (`spend`), exactly, for all processes. One that is asked at every
request is counted in this process and told to the others in pieces (`touch`). Limits per day that administrators
decide are counted from the deeds themselves, where the deed is done; the table names them too.
"""

from app.limits.counting import configure, forget, forget_old, give_back, spend
from app.limits.pieces import touch
from app.limits.table import TABLE, Counted, Limit, Per

__all__ = [
    "TABLE",
    "Counted",
    "Limit",
    "Per",
    "configure",
    "forget",
    "forget_old",
    "give_back",
    "spend",
    "touch",
]
