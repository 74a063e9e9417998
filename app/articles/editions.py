"""When a change of a guide is big enough to ask its readers anew whether it helps."""

from collections import Counter

MATERIAL_SHARE = 0.15
MATERIAL_WORDS = 10


def is_material(before: str, after: str) -> bool:
    """Whether a change tells readers something else, judged by its size: a typo is no new edition.

    It is material from ten changed words on, if those are at least 15 % of the longer text. Words are compared as
    two bags, so this is quick for a guide of any size; that sentences only changed their places is not seen, and
    neither is one number that matters. A writer who publishes in the Workshop says it themselves.

    Args:
        before, after: the plain words of the guide, without markup.
    """
    old, new = Counter(before.split()), Counter(after.split())
    changed = max((old - new).total(), (new - old).total())
    longest = max(old.total(), new.total())
    return changed >= MATERIAL_WORDS and changed >= MATERIAL_SHARE * longest
