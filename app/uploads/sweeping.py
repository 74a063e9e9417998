"""Taking away what nobody uses: pictures that no text shows, and files that no row speaks of."""

import time
from datetime import timedelta

from app.core.db import in_parts, now, transaction
from app.uploads import files, queries

UNUSED_FOR = timedelta(days=7)
"""A picture may wait so long for the text that it was added for."""

LEFT_BEHIND_FOR = timedelta(days=1)
AT_ONCE = 200


def sweep() -> int:
    """Take away pictures that came a week ago and that nothing shows, and files of a day ago without a row.

    Returns:
        How many files were deleted.
    """
    with transaction() as session:
        for upload in queries.unused(now() - UNUSED_FOR, AT_ONCE):
            session.delete(upload)
    latest = time.time() - LEFT_BEHIND_FOR.total_seconds()
    idle = [path for path in files.every_file() if path.stat().st_mtime < latest]
    deleted = 0
    for some in in_parts(idle, AT_ONCE):
        known = queries.known_names({path.name for path in some})
        for path in some:
            if path.name not in known:
                path.unlink(missing_ok=True)
                deleted += 1
    return deleted
