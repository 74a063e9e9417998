"""What administrators decide about the site: its name and look, announcements, limits and abilities."""

from app.site.kept import configure, forget, name, settings
from app.site.values import Announcement, Limits, Settings

__all__ = ["Announcement", "Limits", "Settings", "configure", "forget", "name", "settings"]
