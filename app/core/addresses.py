"""The address of each thing, from plain values; the routes of the views answer to the same."""

from urllib.parse import quote

PICTURE_NAME = r"[0-9a-f]{32}-(?P<width>\d{1,4})x(?P<height>\d{1,4})\.(?:png|jpg|webp)"
"""What the names of pictures that people add look like: a hash of their content, their size, their kind."""


def picture(name: str) -> str:
    """Where a picture that somebody added is served."""
    return f"/uploads/{name}"


DESK = "/questions/unanswered"
"""Where those who help find what waits."""

PEOPLE = "/people"
"""The list of people."""


def question(question_id: int, slug: str) -> str:
    """A question's page."""
    return f"/questions/{question_id}/{quote(slug, safe='')}"


def answer(question_id: int, slug: str, answer_id: int) -> str:
    """The place of an answer on its question's page."""
    return f"{question(question_id, slug)}#answer-{answer_id}"


def answer_anywhere(answer_id: int) -> str:
    """An address that leads to an answer, on whatever page of its thread it is by then."""
    return f"/answers/{answer_id}"


def live(question_id: int) -> str:
    """Where a question's open page listens for changes."""
    return f"/questions/{question_id}/live"


def article(slug: str) -> str:
    """A guide's page."""
    return f"/articles/{quote(slug, safe='')}"


def product(slug: str) -> str:
    """A product's page."""
    return f"/products/{quote(slug, safe='')}"


def person(username: str) -> str:
    """A person's public page; "" for former members, who have none: theirs are the only names with a space."""
    return f"/people/{quote(username, safe='')}" if " " not in username else ""


def tagged_questions(tag: str) -> str:
    """The list of questions with a tag."""
    return f"/questions?tag={quote(tag, safe='')}"


def tagged_articles(tag: str) -> str:
    """The list of guides with a tag."""
    return f"/articles?tag={quote(tag, safe='')}"


def report(kind: str, number: int) -> str:
    """Where to tell moderators of a thing; `kind` is question, answer, comment, article or person."""
    return f"/report/{kind}/{number}"


def moderate(kind: str, number: int) -> str:
    """Where a moderator sees a thing with what was reported and done."""
    return f"/moderation/{kind}/{number}"


def moderate_person(username: str) -> str:
    """Where a moderator sees a person."""
    return f"/moderation/people/{quote(username, safe='')}"


def tag(slug: str) -> str:
    """The page of a tag: its guides and its questions."""
    return f"/tags/{quote(slug, safe='')}"
