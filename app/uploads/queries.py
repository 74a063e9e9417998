"""What is asked about pictures."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.orm import Session, load_only

from app.accounts.models import User
from app.core import tallies
from app.core.db import db, now
from app.uploads.models import Upload, UploadUse


@dataclass(frozen=True)
class Added:
    """What a person added within a time.

    Attributes:
        count: how many pictures.
        size: bytes of them all.
        first_at: when the oldest of them came.
    """

    count: int
    size: int
    first_at: datetime | None


def added_by(person_id: int, since: timedelta) -> Added:
    """What that person added within this last time."""
    found = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Upload.size), 0), func.min(Upload.created_at)).where(
            Upload.owner_id == person_id, Upload.created_at > now() - since
        )
    ).one()
    return Added(found[0], int(found[1]), found[2])


def lock_person(person_id: int) -> None:
    """Two pictures of one person wait for each other, so that a limit counts both. Call inside a transaction."""
    db.session.execute(select(User).options(load_only(User.id)).where(User.id == person_id).with_for_update())


def upload_of(owner_id: int, name: str) -> Upload | None:
    """That person's picture of that name."""
    return db.session.scalar(select(Upload).where(Upload.owner_id == owner_id, Upload.name == name))


def names_of(owner_id: int) -> list[str]:
    """The names of all pictures that a person added, the oldest first."""
    return list(
        db.session.scalars(select(Upload.name).where(Upload.owner_id == owner_id).order_by(Upload.id))
    )


def upload(upload_id: int) -> Upload | None:
    """The picture of that number."""
    return db.session.get(Upload, upload_id)


def places_of(name: str) -> list[tuple[str, int]]:
    """Where a picture is shown: (kind, number) pairs such as ("question", 7)."""
    rows = select(UploadUse.kind, UploadUse.thing_id).where(UploadUse.name == name)
    return [(kind, thing_id) for kind, thing_id in db.session.execute(rows.order_by(UploadUse.id))]


def unused(before: datetime, limit: int) -> list[Upload]:
    """Pictures that came before that moment and that nothing shows, oldest first."""
    shown = select(UploadUse.id).where(UploadUse.name == Upload.name).exists()
    rows = select(Upload).where(Upload.created_at < before, ~shown).order_by(Upload.id).limit(limit)
    return list(db.session.scalars(rows))


def known_names(names: Collection[str]) -> set[str]:
    """Those of these names that belong to a picture of somebody."""
    return set(db.session.scalars(select(Upload.name).where(Upload.name.in_(names)))) if names else set()


def set_shown(session: Session, kind: str, thing_id: int, names: Collection[str]) -> None:
    """Note that this thing shows these pictures and no others. Called while the session flushes."""
    connection = session.connection()
    here = (UploadUse.kind == kind) & (UploadUse.thing_id == thing_id)
    connection.execute(delete(UploadUse).where(here))
    if names:
        rows = [{"kind": kind, "thing_id": thing_id, "name": name} for name in sorted(names)]
        connection.execute(insert(UploadUse), rows)


def tally_truths() -> tallies.Truths:
    """What the tallies of pictures must come to."""
    whole_site = literal(tallies.WHOLE_SITE).label("of_id")
    size = func.coalesce(func.sum(Upload.size), 0)
    return {
        "pictures": select(whole_site, func.count().label("amount")).select_from(Upload),
        "picture_bytes": select(whole_site, size.label("amount")),
    }
