"""What every import of threads needs: texts made into HTML, and batches that are saved whole or not at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from app.catalog.queries import product_named, tags_named
from app.core.db import db, in_parts, now, transaction
from app.core.markup import POST_LIMIT, RENDERER_VERSION, Rendered, render_post
from app.core.rendering.posts import as_plain_text
from app.core.text import excerpt, plain_line
from app.forum.models import Answer, Comment, Question, question_slug

LONGEST = 1_000_000
"""Characters. What is longer than people may write is kept whole up to here and shown as plain text: such posts are
pasted logs, and cutting them would lose what was in them."""

TITLE_LENGTH = 300
MOST_TAGS = 5
ORIGINS_AT_ONCE = 500

Item = TypeVar("Item")
Done = TypeVar("Done")


def in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of at most `size`."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def save(
    batch: Sequence[Item],
    put: Callable[[Sequence[Item]], Done],
    done: Callable[[Done], None],
    give_up: Callable[[Item, str], None],
) -> None:
    """Put a batch into the database in one transaction. If something in it does not fit, each item has its own.

    Args:
        put: adds the items to the session and flushes; called inside the transaction, perhaps a second time.
        done: told what `put` gave back, once that is saved.
        give_up: told which item cannot be saved, and why.
    """
    try:
        with transaction():
            result = put(batch)
    except (IntegrityError, DataError) as error:
        if len(batch) == 1:
            give_up(batch[0], f"the database does not take it: {str(error.orig).splitlines()[0]}")
            return
        for item in batch:
            save([item], put, done, give_up)
    else:
        done(result)


def known(column: InstrumentedAttribute[str | None], origins: Iterable[str]) -> set[str]:
    """Those of the origins that are here already."""
    wanted = sorted(set(origins))
    found: set[str] = set()
    for some in in_parts(wanted, ORIGINS_AT_ONCE):
        found.update(
            origin for origin in db.session.scalars(select(column).where(column.in_(some))) if origin
        )
    return found


def render(body: str) -> Rendered:
    """The HTML of a post, however long it is."""
    return as_plain_text(body) if len(body) > POST_LIMIT else render_post(body)


def question(
    *, title: str, body: str, author_id: int, at: datetime, origin: str, product: str, tags: Iterable[str]
) -> Question:
    """A question's row, not yet in the session. Call inside a transaction."""
    rendered = render(body)
    title = excerpt(title, TITLE_LENGTH)
    return Question(
        title=title,
        slug=question_slug(title),
        body=body,
        body_html=rendered.html,
        body_text=rendered.text,
        renderer_version=RENDERER_VERSION,
        author_id=author_id,
        created_at=at,
        active_at=at,
        origin=origin,
        product_id=product_named(product[:80]).id if plain_line(product) else None,
        tags=tags_named(list(dict.fromkeys(tags))[:MOST_TAGS]),
        answer_count=0,
        accepted_count=0,
    )


def answer(of: Question, *, body: str, author_id: int, at: datetime, origin: str) -> Answer:
    """An answer's row; its question's count and its last activity follow. Call inside a transaction."""
    rendered = render(body)
    of.answer_count += 1
    of.active_at = max(of.active_at, at)
    return Answer(
        question=of,
        body=body,
        body_html=rendered.html,
        body_text=rendered.text,
        renderer_version=RENDERER_VERSION,
        author_id=author_id,
        created_at=at,
        origin=origin,
    )


def accept(given: Answer, at: datetime) -> None:
    """Mark an answer as the one that its asker accepted, then."""
    given.accepted_at = at
    given.accepted_by_id = given.question.author_id
    given.question.accepted_count += 1


def comment(
    *, question_id: int, answer_id: int | None, body: str, author_id: int, at: datetime, origin: str
) -> Comment:
    """A comment's row, not yet in the session."""
    return Comment(
        question_id=question_id,
        answer_id=answer_id,
        body=body,
        body_html=render(body).html,
        renderer_version=RENDERER_VERSION,
        author_id=author_id,
        created_at=at,
        origin=origin,
    )


def not_later_than_now(at: datetime | None, otherwise: datetime | None = None) -> datetime:
    """The moment, or the other one if it is unknown; a clock that was wrong cannot put it into the future."""
    present = now()
    return min(at or otherwise or present, present)
