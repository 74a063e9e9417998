"""What administrators decide about the site: its name and look, announcements, limits and abilities."""

from app.site.kept import configure, forget, name, settings, staff_need_second_factor
from app.site.values import Announcement, Limits, Settings

__all__ = [
    "Announcement",
    "Limits",
    "Settings",
    "configure",
    "forget",
    "name",
    "settings",
    "staff_need_second_factor",
]
