"""What writers put on top of the results of a query."""

from collections.abc import Sequence

from app.insights import queries
from app.search import Hit


def with_pinned(query: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The first page of results with what is pinned for these words on top of it, nothing twice.

    The hits that are put on top have no score. Who may see them, the page asks anew, as of every hit.
    """
    keys = queries.pinned_keys(query)
    pinned = [Hit(kind, number, 0.0) for kind, number in keys]
    return (*pinned, *(hit for hit in hits if hit.key not in keys))


def without_pinned(query: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """A later page of results without what stands on top of the first."""
    keys = queries.pinned_keys(query)
    return tuple(hit for hit in hits if hit.key not in keys)
