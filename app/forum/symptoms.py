"""What in a post a later reader would search for, and what in it names a person."""

import re
from collections.abc import Iterable

MOST_SYMPTOMS = 8
LONGEST_SYMPTOM = 160

CODE = re.compile(
    r"\b0x[0-9A-Fa-f]{2,16}\b"
    r"|\b[A-Z]{1,8}[-_]?\d{2,6}[A-Z]?\b"
    r"|\b(?:[A-Za-z][A-Za-z0-9]*_){1,6}[A-Za-z][A-Za-z0-9]*(?:\(\))?"
)
SAYS_ERROR = re.compile(
    r"\b(error|fail(?:ed|ure|s)?|exception|denied|refused|timeout|timed out|cannot|can't|could not|not found|"
    r"unable|invalid|fatal|warning|unreachable|not responding)\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[“\"«„]([^“”\"«»„\n]{6,160})[”\"»“]")
CODE_SPAN = re.compile(r"`([^`\n]{3,160})`")
FENCE = re.compile(r"^(```|~~~)[^\n]*\n(.*?)^\1", re.MULTILINE | re.DOTALL)

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w.])(?!\d{4}-\d\d-\d\d\b)\+?\d[\d ()/-]{7,17}\d(?![\w.])")
SERIAL = re.compile(
    r"\b(?:serial(?: (?:number|no\.?))?|order(?: (?:number|no\.?))?|invoice|s/n)[ :#]*"
    r"(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{4,}",
    re.IGNORECASE,
)
SIGNATURE = re.compile(
    r"^(?i:kind regards|best regards|regards|best|cheers|greetings|many thanks|thanks|thank you|br)"
    r"(?:[,!. -]+|[,!. ]*\n)([^\W\d_a-z]\w+(?: [^\W\d_a-z]\w+)?)[ \t]*$",
    re.MULTILINE,
)
MENTION = re.compile(r"(?<![\w@/.])@[\w][\w.-]{1,29}")

OPEN, CLOSE = "⟦", "⟧"


def error_strings(markdown: str) -> list[str]:
    """The codes and messages in a post that others with the problem would paste into a search, in order, each once.

    Args:
        markdown: the post as typed.

    Returns:
        At most eight strings of at most 160 characters.
    """
    found: list[str] = []
    for fence in FENCE.finditer(markdown):
        found += [
            line.strip() for line in fence[2].splitlines() if SAYS_ERROR.search(line) or CODE.search(line)
        ][:3]
    prose = FENCE.sub("\n", markdown)
    for pattern in (CODE_SPAN, QUOTED):
        found += [one for one in pattern.findall(prose) if SAYS_ERROR.search(one) or CODE.search(one)]
    found += CODE.findall(prose)
    symptoms: list[str] = []
    for one in found:
        text = " ".join(one.split())[:LONGEST_SYMPTOM]
        if text and not any(text.casefold() in known.casefold() for known in symptoms):
            symptoms.append(text)
    return symptoms[:MOST_SYMPTOMS]


def mark_personal(markdown: str, usernames: Iterable[str]) -> str:
    """The text with everything that seems to name a person marked as ⟦…⟧, for a writer to remove or to keep.

    Args:
        markdown: the text of a post.
        usernames: the people of the thread, whose names are looked for.
    """
    spans: list[tuple[int, int]] = []
    for pattern in (EMAIL, SERIAL, PHONE, MENTION):
        spans += [match.span() for match in pattern.finditer(markdown)]
    spans += [match.span(1) for match in SIGNATURE.finditer(markdown)]
    for username in sorted(set(usernames), key=len, reverse=True):
        if len(username) >= 3:
            name = re.compile(rf"(?<![\w@]){re.escape(username)}(?!\w)", re.IGNORECASE)
            spans += [match.span() for match in name.finditer(markdown)]
    marked, position = [], 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < position:
            continue
        marked += [markdown[position:start], OPEN, markdown[start:end], CLOSE]
        position = end
    return "".join(marked) + markdown[position:]
