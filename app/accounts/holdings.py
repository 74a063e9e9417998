"""What is held about a person, in every table: what a copy of their data holds, and what goes when they leave.

A test compares `HELD` with the tables, so that no column that points to a person is forgotten.
"""

import enum
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Table, delete, select, update

from app.accounts.models import User
from app.core.db import Base, db, now


class Fate(enum.Enum):
    """What becomes of a row when the person whom it is about leaves."""

    STAYS = "stays"
    GOES = "goes"


@dataclass(frozen=True)
class Held:
    """A column that points to a person.

    Attributes:
        copied: whether a copy of the person's data holds these rows.
        fate: what becomes of the row when the person leaves.
        blanked: columns that are emptied when they leave while the row stays.
    """

    table: str
    column: str
    copied: bool = False
    fate: Fate = Fate.STAYS
    blanked: tuple[str, ...] = ()


def _theirs(table: str, column: str, **more: Any) -> Held:
    """What a person wrote or did, and others build upon."""
    return Held(table, column, copied=True, **more)


def _private(table: str, column: str = "user_id", *, copied: bool = True) -> Held:
    """What is there for this person alone."""
    return Held(table, column, copied=copied, fate=Fate.GOES)


HELD: tuple[Held, ...] = (
    # What they wrote and did
    _theirs("questions", "author_id"),
    _theirs("answers", "author_id"),
    _theirs("comments", "author_id"),
    _theirs("post_revisions", "author_id"),
    _theirs("votes", "user_id"),
    _theirs("affected", "user_id"),
    _theirs("drafts", "author_id"),
    _theirs("article_feedback", "user_id", blanked=("email",)),
    _theirs("suggested_edits", "author_id"),
    _theirs("duplicates", "by_id"),
    _theirs("reports", "reporter_id"),
    _theirs("uploads", "owner_id"),  # Posts that stay may show them; what nothing shows is swept away.
    # What is for them alone
    _private("user_sessions"),
    _private("account_links", copied=False),
    _private("sign_in_steps", copied=False),
    _private("authenticator_apps"),
    _private("recovery_codes"),
    _private("passkeys"),
    _private("linked_identities"),
    _private("notifications"),
    _private("notification_lines"),
    _private("mail_choices"),
    _private("follows"),
    _private("awaited_answers"),
    _private("limit_hits"),
    _private("reputation_entries"),
    _private("reputation_days"),
    _private("post_drafts", "person_id"),
    _private("notes_on_people", "person_id", copied=False),  # They name others: who wrote, who complained.
    # Where they appear in what belongs to others
    Held("questions", "deleted_by_id"),
    Held("questions", "edited_by_id"),
    Held("questions", "hidden_by_id"),
    Held("answers", "deleted_by_id"),
    Held("answers", "edited_by_id"),
    Held("answers", "accepted_by_id"),
    Held("answers", "verified_by_id"),
    Held("answers", "hidden_by_id"),
    Held("answers", "wiki_by_id"),
    Held("comments", "deleted_by_id"),
    Held("comments", "hidden_by_id"),
    Held("suggested_edits", "owner_id"),
    Held("suggested_edits", "decided_by_id"),
    Held("duplicates", "decided_by_id"),
    Held("drafts", "edited_by_id"),
    Held("drafts", "approved_by_id"),
    Held("article_feedback", "handled_by_id"),
    Held("article_revisions", "author_id"),
    Held("articles", "checked_by_id"),
    Held("notifications", "actor_id"),
    Held("reputation_entries", "by_id"),
    Held("reports", "person_id"),
    Held("reports", "owner_id"),
    Held("moderation_cases", "person_id"),
    Held("moderation_acts", "person_id"),
    Held("moderation_acts", "owner_id"),
    Held("moderation_acts", "moderator_id"),
    Held("notes_on_people", "author_id"),
    Held("site_changes", "by_id"),
    Held("pinned_results", "owner_id"),
    Held("golden_queries", "by_id"),
    Held("synonyms", "by_id"),
)

ELSEWHERE = {
    "users.email": "in the copy as part of the account; emptied when they leave",
    "users.email_key": "the same address, folded; emptied when they leave",
    "users.password_hash": "secret; emptied when they leave",
    "account_links.email": "goes with its row",
    "article_feedback.email": "emptied when they leave, and a visitor's after the days that the settings name",
    "user_sessions.browser": "in the copy; goes with its row",
    "limit_hits.place": "in the copy where it names a person; the beginning of an address, kept for a few days",
    "jobs.payload": "a letter that waits: taken back when they leave, emptied when it was sent",
    "post_drafts.fields": "in the copy; goes with its row",
    "sign_in_steps.payload": "what a sign-in under way needs; ends after minutes, goes with its row",
    "former_names.name_hash": "stays, so that nobody is taken for who had the name before; no name can be read from it",
    "attempts.key_hash": "nobody can tell whose it is; forgotten after a day",
    "article_feedback.visitor_key": "nobody can tell whose it is; forgotten with the month",
}
"""Where else something of a person is kept, and what becomes of it."""

ABOUT = (
    "username",
    "email",
    "email_verified_at",
    "role",
    "reputation",
    "about",
    "time_zone",
    "language",
    "avatar_name",
    "created_at",
    "second_factor_at",
    "suspended_until",
    "suspended_why",
)
DERIVED = {
    "body_html",
    "body_text",
    "renderer_version",
    "confidence",
    "token_hash",
    "sealed_secret",
    "last_step",
    "code_hash",
    "credential_id",
    "public_key",
    "handle",
    "base_source",
    "visitor_key",
    "by_id",  # Whose votes brought one's points is told to nobody.
}
"""Columns that a copy leaves out: made from others, or secret."""

BATCH = 500


# A copy


def write_copy(user: User, out: IO[bytes], pictures: Iterable[tuple[str, Path]]) -> None:
    """Write what is held about a person into a ZIP file: a JSON file for each table, and their pictures.

    Rows are read and written a few hundred at a time, so a long life on the site costs no more memory than a short one.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        about = {name: _plain(getattr(user, name)) for name in ABOUT}
        archive.writestr(
            "account.json", json.dumps({**about, "copied_at": _plain(now())}, ensure_ascii=False, indent=1)
        )
        for held in HELD:
            if held.copied:
                with archive.open(f"{held.table}.json", "w") as file:
                    _write_rows(file, _rows(held, user.id))
        for name, path in pictures:
            archive.write(path, f"pictures/{name}", zipfile.ZIP_STORED)


def _write_rows(file: IO[bytes], rows: Iterable[dict[str, Any]]) -> None:
    separator = "[\n"
    for row in rows:
        file.write(f"{separator}{json.dumps(row, ensure_ascii=False)}".encode())
        separator = ",\n"
    file.write(b"[]\n" if separator == "[\n" else b"\n]\n")


def _rows(held: Held, user_id: int) -> Iterator[dict[str, Any]]:
    table = _table(held.table)
    columns = [
        column for column in table.columns if column.name not in DERIVED and column.name != held.column
    ]
    statement = select(*columns).where(table.columns[held.column] == user_id)
    statement = statement.order_by(*table.primary_key.columns)
    for row in db.session.execute(statement.execution_options(yield_per=BATCH)):
        yield {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


# Leaving


def erase(user_id: int) -> None:
    """Take away what goes when a person leaves, apart from their own row. Call inside a transaction."""
    place = {table.name: number for number, table in enumerate(Base.metadata.sorted_tables)}
    for held in sorted(HELD, key=lambda one: -place[one.table]):  # What points to others goes before them.
        table = _table(held.table)
        theirs = table.columns[held.column] == user_id
        if held.fate is Fate.GOES:
            db.session.execute(delete(table).where(theirs))
        elif held.blanked:
            db.session.execute(update(table).where(theirs).values(dict.fromkeys(held.blanked, "")))


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
