"""What is asked of the settings' rows."""

from sqlalchemy import Connection, or_, select

from app.core.db import now
from app.site.models import STAMP, SiteAnnouncement, SiteSetting
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
