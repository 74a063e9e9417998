"""GitHub's `> [!NOTE]`: how it is recognised, in guides and in posts."""

import re

TITLES = {
    "note": "Note",
    "tip": "Tip",
    "important": "Important",
    "warning": "Warning",
    "caution": "Caution",
}
"""The kinds of alerts, and what each is called."""

ALERT = re.compile(rf"\\?\[!(?P<kind>{'|'.join(TITLES)})\][ \t]*(?:\n|$)", re.IGNORECASE)
"""The first line of a quote that is an alert."""
