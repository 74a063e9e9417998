"""The address of each thing."""

from urllib.parse import urlsplit

from flask import request, url_for

from app.accounts.models import User
from app.articles.models import Article, Draft
from app.catalog.models import Product
from app.core import addresses
from app.forum.models import Answer, Question


def to(thing: Question | Answer | Article | Draft | Product | User) -> str:
    """Where a thing is shown. An answer is shown on its question's page."""
    match thing:
        case Question():
            return addresses.question(thing.id, thing.slug)
        case Answer():
            return addresses.answer(thing.question_id, thing.question.slug, thing.id)
        case Article():
            return addresses.article(thing.slug)
        case Draft():
            return url_for("articles.draft", draft_id=thing.id)
        case Product():
            return addresses.product(thing.slug)
        case User():
            return addresses.person(thing.username)


def is_local(address: str | None) -> bool:
    """Whether an address stays on this site, so that it is safe to go there next."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\\" in address:
        return False
    if any(ord(sign) < 32 for sign in address):
        return False
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc


def back(default: str) -> str:
    """Where the person came from, if that is on this site; else `default`."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return default
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if parts.netloc == request.host and is_local(path) else default
