"""Making a site ready to be served: guides, tables, demo content, index; and what to tell whoever starts it."""

import os

import click
from flask_migrate import upgrade
from sqlalchemy import exists, select

from app import create_app, search
from app.accounts.models import User
from app.core.db import db
from app.demo import loading, sign_ins
from app.policy import Role
from app.worker import home
from app.worker.home import Start


def prepare(start: Start) -> list[str]:
    """Bring the home to where pages can be served: guides, tables, demo content, index. A second time it is quick.

    Returns:
        What to tell the person who started it, once the site answers.
    """
    copied = home.bring_guides(start)
    if copied:
        click.echo(f"Copied {copied} demo guides to {start.articles}.")
    os.environ["AFTERCARE_HOME"] = str(start.home)
    app = create_app()
    with app.app_context():
        upgrade()
        if start.demo and loading.is_wanted():
            loading.load()
        # Makes an index where there is none; what else is waiting the worker does beside the running site.
        search.catch_up()
        lines = welcome(start)
        db.engine.dispose()
    return lines


def welcome(start: Start) -> list[str]:
    """What the person who started the site wants to know: where it is, and how to sign in."""
    lines = ["", f"Aftercare is at {start.address}", f"Everything it keeps is in {start.home}", ""]
    known = sign_ins.read()
    if known:
        lines += [f"Demo sign-ins (from {sign_ins.path()}, which only you can read):", ""]
        lines += [f"  {each.role:<14} {each.username:<18} {each.password}" for each in known]
    elif not db.session.scalar(select(exists().where(User.role == Role.ADMIN))):
        lines += [
            "Nobody can sign in as an administrator yet. Make the first one, in another terminal:",
            "",
            f"  AFTERCARE_HOME={start.home} .venv/bin/flask --app wsgi admin create NAME EMAIL",
        ]
    lines += ["", *_about_mail(start)]
    return [*lines, "", "Stop it with Ctrl-C."]


def _about_mail(start: Start) -> list[str]:
    """Where letters go, and how to read them."""
    host = os.environ.get("AFTERCARE_SMTP_HOST", "").strip()
    if host:
        return [f"Mail leaves through {host}."]
    return [
        f"Mail is not sent but written to {start.home / 'var' / 'mail'}; to read it, in another terminal:",
        "",
        f"  AFTERCARE_HOME={start.home} .venv/bin/flask --app wsgi mail list",
    ]
