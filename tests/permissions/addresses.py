"""How addresses are put together from their rules."""

import re
from urllib.parse import quote


def filled(rule: str, values: dict) -> str:
    """The address that a rule has with these values."""
    return re.sub(r"<(?:[^<>:]+:)?(\w+)>", lambda found: quote(str(values[found[1]])), rule)
