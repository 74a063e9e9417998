"""The list of people."""

from flask import Blueprint, render_template, request

from app.reputation import people_queries
from app.web import feeds
from app.web.head import head
from app.web.session import actor

bp = Blueprint("people", __name__)


@bp.get("/people")
def people() -> str:
    args = request.args
    page = people_queries.people_page(
        actor(), sort=args.get("sort") or "reputation", words=args.get("q", ""), after=args.get("after")
    )
    about = head(page.canonical_path, feeds=feeds.of_people(), is_indexable=page.is_indexable)
    return render_template("reputation/people.html", page=page, head=about)
