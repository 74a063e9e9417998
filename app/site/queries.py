"""What is asked of the settings' rows."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from app.accounts.models import User, name_key
from app.core import tallies
from app.core.db import db, now
from app.core.paging import Page, page_of
from app.policy import ABILITIES, Role
from app.site.models import STAMP, SiteAnnouncement, SiteChange, SiteSetting
from app.site.values import Announcement, Settings, read


def stamp(connection: Connection) -> str:
    """What changes whenever the settings do; "" as long as nobody changed anything."""
    return connection.scalar(select(SiteSetting.value).where(SiteSetting.key == STAMP)) or ""


def all_settings(connection: Connection) -> Settings:
    """The settings as they are saved, with the announcements that are on or will be."""
    saved = connection.execute(select(SiteSetting.key, SiteSetting.value))
    rows = {row.key: row.value for row in saved}
    if not rows:
        return Settings()
    on = select(
        SiteAnnouncement.id,
        SiteAnnouncement.text,
        SiteAnnouncement.audience,
        SiteAnnouncement.starts_at,
        SiteAnnouncement.ends_at,
    ).where(or_(SiteAnnouncement.ends_at.is_(None), SiteAnnouncement.ends_at > now()))
    announcements = connection.execute(on.order_by(SiteAnnouncement.starts_at.desc(), SiteAnnouncement.id))
    return read(rows, tuple(Announcement(*row) for row in announcements))


# For the deeds


def setting(key: str) -> SiteSetting | None:
    """The row of one decision."""
    return db.session.scalar(select(SiteSetting).where(SiteSetting.key == key))


def locked_admins() -> Sequence[User]:
    """All administrators, locked until the transaction ends."""
    statement = select(User).where(User.role == Role.ADMIN, User.deleted_at.is_(None)).order_by(User.id)
    return db.session.scalars(statement.with_for_update(key_share=True)).all()


def announcement(announcement_id: int) -> SiteAnnouncement | None:
    """The banner of that number."""
    return db.session.get(SiteAnnouncement, announcement_id)


# What pages show


def announcements(limit: int = 50) -> Sequence[SiteAnnouncement]:
    """The banners, the latest first."""
    latest = select(SiteAnnouncement).order_by(SiteAnnouncement.starts_at.desc(), SiteAnnouncement.id.desc())
    return db.session.scalars(latest.limit(limit)).all()


def changes(after: str | None, size: int) -> Page[SiteChange]:
    """What administrators did, the latest first.

    Raises:
        Invalid: no such page.
    """
    statement = select(SiteChange).options(joinedload(SiteChange.by))
    return page_of(statement, SiteChange.created_at, SiteChange.id, after=after, size=size)


def people(words: str, role: int | None, *, after: str | None, size: int) -> Page[User]:
    """People whose name or address begins with these words, and those of one role, by name.

    Raises:
        Invalid: no such page.
    """
    statement = select(User).where(User.deleted_at.is_(None))
    if words.strip():
        key = name_key(words)
        statement = statement.where(
            or_(
                User.username_key.startswith(key, autoescape=True),
                User.email_key.startswith(key, autoescape=True),
            )
        )
    if role is not None:
        statement = statement.where(User.role == role)
    return page_of(statement, User.username_key, User.id, after=after, size=size, descending=False)


def role_counts() -> dict[int, int]:
    """How many people have each role."""
    return tallies.of_each(list(Role), "people")


def nobody_is_here() -> bool:
    """Whether the site is so new that it has not even an administrator."""
    return db.session.scalar(select(User.id).limit(1)) is None


def gains_and_losses(now_points: Mapping[str, int], then_points: Mapping[str, int]) -> dict[str, int]:
    """How many people would have each ability then who do not now; below 0: how many would lose it."""
    columns = []
    for ability, points in now_points.items():
        then = then_points[ability]
        low, high = sorted((points, then))
        touched = (User.reputation >= low, User.reputation < high, User.role < ABILITIES[ability].role)
        sign = 1 if then < points else -1
        columns.append((sign * func.coalesce(func.sum(case((and_(*touched), 1), else_=0)), 0)).label(ability))
    row = db.session.execute(select(*columns).where(User.deleted_at.is_(None))).one()
    return dict(zip(now_points, row, strict=True))


def staff_without_second_factor() -> tuple[User, ...]:
    """Writers, moderators and administrators whom a password alone lets in: the most powerful first."""
    statement = select(User).where(
        User.role >= Role.WRITER, User.second_factor_at.is_(None), User.deleted_at.is_(None)
    )
    return tuple(db.session.scalars(statement.order_by(User.role.desc(), User.username_key).limit(200)))
