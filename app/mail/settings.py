"""From settings to a way for letters to leave."""

from collections.abc import Callable, Mapping
from typing import Any

from app.mail.delivery import Backend, Folder, Post, Server


def post(settings: Mapping[str, Any], name: Callable[[], str]) -> Post:
    """The post of a site with these settings: a mail server where one is named, else a folder.

    Args:
        name: tells what the site is called at the moment.
    """
    backend: Backend = Folder(settings["VAR"] / "mail")
    if settings["SMTP_HOST"]:
        backend = Server(
            host=settings["SMTP_HOST"],
            port=settings["SMTP_PORT"],
            security=settings["SMTP_SECURITY"],
            user=settings["SMTP_USER"],
            password=settings["SMTP_PASSWORD"],
        )
    return Post(backend, name, settings["MAIL_FROM"], settings["URL"])
