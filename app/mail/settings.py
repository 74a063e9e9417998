"""From settings to a way for letters to leave."""

from collections.abc import Mapping
from email.headerregistry import Address
from typing import Any

from app.mail.delivery import Folder, Post, Server


def post(settings: Mapping[str, Any]) -> Post:
    """The post of a site with these settings: a mail server where one is named, else a folder."""
    sender = Address(display_name=settings["SITE_NAME"], addr_spec=settings["MAIL_FROM"])
    if not settings["SMTP_HOST"]:
        return Post(Folder(settings["VAR"] / "mail"), sender, settings["URL"])
    server = Server(
        host=settings["SMTP_HOST"],
        port=settings["SMTP_PORT"],
        security=settings["SMTP_SECURITY"],
        user=settings["SMTP_USER"],
        password=settings["SMTP_PASSWORD"],
    )
    return Post(server, sender, settings["URL"])
