"""What people do with pictures."""

from typing import Any

from app.core.db import transaction
from app.core.i18n import gettext as _
from app.limits.table import A_DAY_OF, DAY
from app.policy import allow, has
from app.site.kept import settings
from app.uploads import files, queries
from app.uploads.apart import check_apart
from app.uploads.models import Upload

MOST_BYTES_A_DAY = 120 * 1024 * 1024


def upload_image(actor: Any, data: bytes) -> Upload:
    """Add a picture to a text: it is checked, made anew, and kept under a name that follows from its content.

    The file is on the disk before the row is, so that no row ever speaks of a file that is not there.

    Args:
        data: what came in, whatever it is called there.

    Raises:
        Invalid: it is no picture that can be kept; the message says why.
        Refused: the virus scanner is away.
        TooMany: this person's share of the day is used up.
    """
    allow(actor, "upload_image")
    return _keep(actor, data, None)


def upload_sign(actor: Any, data: bytes, size: int) -> Upload:
    """Add the sign of a person: a square of so many pixels on each side. It takes no reputation to have a face.

    Raises:
        Invalid, Refused, TooMany: as for `upload_image`.
    """
    allow(actor, "upload_sign")
    return _keep(actor, data, size)


def _keep(actor: Any, data: bytes, square: int | None) -> Upload:
    _leave_room(actor)
    image = check_apart(data, square=square)
    files.scan(data)
    name = files.write(image)
    with transaction() as session:
        queries.lock_person(actor.id)
        known = queries.upload_of(actor.id, name)
        if known is not None:
            return known
        _leave_room(actor)
        upload = Upload(
            owner_id=actor.id, name=name, width=image.width, height=image.height, size=len(image.data)
        )
        session.add(upload)
    return upload


def _most_a_day(actor: Any) -> int:
    """How many pictures this person may add in 24 hours."""
    return settings().limits.per_day("uploads", more=has(actor, "more_per_day"))


def _leave_room(actor: Any) -> None:
    added, most, limit = queries.added_by(actor.id, DAY), _most_a_day(actor), A_DAY_OF["uploads"]
    if added.first_at is None or (added.count < most and added.size < MOST_BYTES_A_DAY):
        return
    said = _("%(count)s pictures or %(size)s MB", count=str(most), size=str(MOST_BYTES_A_DAY // 1024 // 1024))
    raise limit.refusal(added.first_at + limit.window, said)
