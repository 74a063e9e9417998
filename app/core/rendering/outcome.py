"""What rendering gives back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A heading that a table of contents can point to."""

    level: int
    id: str
    title: str


@dataclass(frozen=True)
class Rendered:
    """A text, rendered once and kept.

    Attributes:
        html: safe to put into a page as it is.
        text: the words alone, code included, each block on its own line; for search and excerpts.
        headings: in reading order, those that have an id.
        links: where the text points to, in order, each once; places within the same text are left out.
    """

    html: str
    text: str
    headings: tuple[Heading, ...]
    links: tuple[str, ...]
