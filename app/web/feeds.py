"""Lists as Atom feeds (RFC 4287): the same lists that pages show, with the same filters, as strangers see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element

from flask import Blueprint, Response, abort, request

from app import search
from app.accounts import queries as accounts
from app.articles import queries as articles
from app.articles import tag_queries as articles_by_tag
from app.articles.models import ArticleType
from app.articles.queries import ArticleCard, BrowsePage
from app.catalog import queries as catalog
from app.catalog.models import Tag
from app.core import addresses
from app.core.i18n import gettext as _
from app.core.text import excerpt, plain_line
from app.forum import feed_queries
from app.forum import queries as forum
from app.forum import tag_queries as questions_by_tag
from app.forum.models import Answer, Question
from app.forum.queries import QuestionList, QuestionRow
from app.moderation import queries as moderation
from app.moderation.queries import Done
from app.reputation import people_queries
from app.reputation.people_queries import PersonCard
from app.site import name as site_name
from app.web import xml
from app.web.head import FeedLink, absolute, with_arguments
from app.web.session import Visitor

bp = Blueprint("feeds", __name__)

QUESTIONS, ARTICLES, SEARCH = "/questions.atom", "/articles.atom", "/search.atom"
TAGS, PEOPLE, MODERATION = "/tags.atom", "/people.atom", "/moderation/log.atom"
MEDIA_TYPE = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
LONGEST_SEARCH = 200
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries was changed last."""

TAKEN = 2026
"""Since when sites of ours give out names: a tag: name holds a date at which its giver had the host's name."""


@dataclass(frozen=True)
class Entry:
    """A guide or a question in a feed; `path` is where people read it, `key` never changes."""

    key: str
    path: str
    title: str
    summary: str
    author: str
    author_path: str
    published_at: datetime
    updated_at: datetime
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Feed:
    """A list to follow. `path` is its own address, `page_path` the page that shows the same list."""

    title: str
    path: str
    page_path: str
    next_path: str
    entries: tuple[Entry, ...]

    @property
    def updated_at(self) -> datetime:
        return max((entry.updated_at for entry in self.entries), default=NEVER)


# Which feeds a page offers


def questions_link(title: str, **arguments: str) -> FeedLink:
    """The feed of the list of questions with these arguments."""
    return FeedLink(title, with_arguments(QUESTIONS, arguments))


def articles_link(title: str, **arguments: str) -> FeedLink:
    """The feed of the shelf of guides with these arguments."""
    return FeedLink(title, with_arguments(ARTICLES, arguments))


def link(title: str, path: str, arguments: Mapping[str, str]) -> FeedLink:
    """A feed of another kind."""
    return FeedLink(title, with_arguments(path, arguments))


def of_everything() -> tuple[FeedLink, ...]:
    """What the front page offers."""
    return (
        articles_link(_("New and changed guides")),
        articles_link(_("Known issues"), type=ArticleType.KNOWN_ISSUE),
        articles_link(_("Release notes"), type=ArticleType.RELEASE),
        questions_link(_("New questions")),
        questions_link(_("Unanswered questions"), sort="unanswered"),
        questions_link(_("Questions with new activity"), sort="active"),
    )


def of_product(slug: str, name: str) -> tuple[FeedLink, ...]:
    """What a product's page offers."""
    return (
        articles_link(_("Guides for %(product)s", product=name), product=slug),
        articles_link(
            _("Known issues of %(product)s", product=name), product=slug, type=ArticleType.KNOWN_ISSUE
        ),
        articles_link(
            _("Release notes of %(product)s", product=name), product=slug, type=ArticleType.RELEASE
        ),
        questions_link(_("New questions about %(product)s", product=name), product=slug),
    )


def of_tag(slug: str) -> tuple[FeedLink, ...]:
    """What a tag's page offers."""
    return (
        articles_link(_("Guides with the tag %(tag)s", tag=slug), tag=slug),
        questions_link(_("New questions with the tag %(tag)s", tag=slug), tag=slug),
        questions_link(_("Unanswered questions with the tag %(tag)s", tag=slug), tag=slug, sort="unanswered"),
    )


def of_tags() -> tuple[FeedLink, ...]:
    """What the list of tags offers."""
    return FeedLink(_("New tags"), TAGS), *of_everything()


def of_people() -> tuple[FeedLink, ...]:
    """What the list of people offers."""
    return FeedLink(_("New people"), PEOPLE), *of_everything()[3:]


def of_moderation() -> tuple[FeedLink, ...]:
    """What the public log offers."""
    return (FeedLink(_("What moderators did"), MODERATION),)


def of_questions(page: QuestionList) -> tuple[FeedLink, ...]:
    """What a list of questions offers: itself, and what helpers follow."""
    always = (
        questions_link(_("New questions")),
        questions_link(_("Unanswered questions"), sort="unanswered"),
        questions_link(_("Questions with new activity"), sort="active"),
    )
    itself = questions_link(_questions_title(page), **_questions_arguments(page))
    return always if itself.url in {link.url for link in always} else (itself, *always)


def of_articles(page: BrowsePage, arguments: Mapping[str, str]) -> tuple[FeedLink, ...]:
    """What the shelf of guides offers: itself, and what customers follow."""
    always = (
        articles_link(_("New and changed guides")),
        articles_link(_("Known issues"), type=ArticleType.KNOWN_ISSUE),
        articles_link(_("Release notes"), type=ArticleType.RELEASE),
    )
    wanted = {name: arguments.get(name, "") for name in ("product", "type", "tag")}
    itself = articles_link(_articles_title(page), **wanted)
    return always if itself.url in {link.url for link in always} else (itself, *always)


# The feeds


@bp.get(QUESTIONS)
def questions() -> Response:
    """The list of questions at the same arguments of `/questions`."""
    args = request.args
    page = forum.question_list(
        Visitor(),
        sort=args.get("sort") or "newest",
        product=args.get("product", ""),
        tag=args.get("tag", ""),
        solved=args.get("solved", ""),
        after=args.get("after"),
    )
    here = _questions_arguments(page)
    feed = Feed(
        title=_questions_title(page),
        path=with_arguments(QUESTIONS, {**here, "after": args.get("after", "")}),
        page_path=with_arguments("/questions", here),
        next_path=_of_next_page(QUESTIONS, page.pager.next_url),
        entries=tuple(_question_entry(row, is_lively=page.sort == "active") for row in page.rows),
    )
    return _response(feed)


@bp.get(ARTICLES)
def guides() -> Response:
    """The newest guides at the same filters of `/articles`."""
    args = request.args
    page = articles.browse_page(
        Visitor(),
        product=args.get("product", ""),
        type=args.get("type", ""),
        tag=args.get("tag", ""),
        sort="newest",
        after=args.get("after"),
    )
    if args.get("product") and not page.product_name:
        abort(404)
    here = {name: args.get(name, "") for name in ("product", "type", "tag")}
    onward = {name: value for name, value in (page.next_arguments or {}).items() if name != "sort"}
    feed = Feed(
        title=_articles_title(page),
        path=with_arguments(ARTICLES, {**here, "after": args.get("after", "")}),
        page_path=with_arguments("/articles", here),
        next_path=with_arguments(ARTICLES, onward) if onward else "",
        entries=tuple(_article_entry(card) for card in page.cards),
    )
    return _response(feed)


@bp.get(SEARCH)
def found() -> Response:
    """What the search finds for `q`, at the same filters as its page, the newest first."""
    args = request.args
    here = {name: args.get(name, "").strip()[:LONGEST_SEARCH] for name in ("q", "kind", "product", "tag")}
    kind, is_solved = here["kind"], here["kind"] == "solved"
    results = search.find(
        here["q"],
        audiences=articles.audiences(Visitor()),
        kind={"guides": "article", "questions": "question", "solved": "question"}.get(kind),
        solved=True if is_solved else None,
        product=here["product"] or None,
        tag=here["tag"] or None,
        sort="newest",
        per_page=feed_queries.FEED_SIZE,
    )
    cards = articles.cards_by_id(Visitor(), [hit.id for hit in results.hits if hit.kind == "article"])
    rows = forum.rows_by_id(Visitor(), [hit.id for hit in results.hits if hit.kind == "question"])
    entries = [_article_entry(card) for card in cards.values()]
    entries += [_question_entry(row, is_lively=False) for row in rows.values()]
    feed = Feed(
        title=_("Search: %(query)s", query=here["q"]),
        path=with_arguments(SEARCH, here),
        page_path=with_arguments("/search", here),
        next_path="",
        entries=tuple(sorted(entries, key=lambda entry: entry.updated_at, reverse=True)),
    )
    response = _response(feed)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def of_search(query: str, **arguments: str) -> tuple[FeedLink, ...]:
    """What a page of results offers."""
    title = _("Search: %(query)s", query=query)
    return (FeedLink(title, with_arguments(SEARCH, {"q": query, **arguments})),) if query else ()


@bp.get(TAGS)
def tags() -> Response:
    """The tags that came last."""
    among = (questions_by_tag.is_used(Visitor()), articles_by_tag.is_used(Visitor()))
    newest = catalog.newest_tags(among=among, limit=feed_queries.FEED_SIZE)
    return _response(Feed(_("New tags"), TAGS, "/tags", "", tuple(_tag_entry(tag) for tag in newest)))


@bp.get(PEOPLE)
def people() -> Response:
    """The people who joined last, of those who have written something."""
    page = people_queries.people_page(Visitor(), sort="newest", words="", after=None)
    entries = tuple(_person_entry(card) for card in page.cards[: feed_queries.FEED_SIZE])
    return _response(Feed(_("New people"), PEOPLE, f"{addresses.PEOPLE}?sort=newest", "", entries))


@bp.get(MODERATION)
def moderation_log() -> Response:
    """What moderators did, as everybody may read it."""
    page = moderation.log_page(Visitor(), request.args.get("after"))
    feed = Feed(
        title=_("What moderators did"),
        path=with_arguments(MODERATION, {"after": request.args.get("after", "")}),
        page_path="/moderation/log",
        next_path=_of_next_page(MODERATION, page.pager.next_url),
        entries=tuple(_act_entry(act) for act in page.acts),
    )
    return _response(feed)


def _tag_entry(tag: Tag) -> Entry:
    return Entry(
        key=f"tag/{tag.id}",
        path=addresses.tag(tag.slug),
        title=tag.slug,
        summary=tag.description,
        author=site_name(),
        author_path="/",
        published_at=tag.created_at,
        updated_at=tag.created_at,
        terms=(),
    )


def _person_entry(card: PersonCard) -> Entry:
    return Entry(
        key=f"person/{card.username}",
        path=card.url or addresses.PEOPLE,
        title=card.username,
        summary=card.about,
        author=card.username,
        author_path=card.url or "/",
        published_at=card.joined_at,
        updated_at=card.joined_at,
        terms=(),
    )


def _act_entry(act: Done) -> Entry:
    return Entry(
        key=f"act/{act.id}",
        path=act.url or "/moderation/log",
        title=f"{act.label} · {act.subject}",
        summary=act.why,
        author=act.username,
        author_path=act.user_url or "/",
        published_at=act.done_at,
        updated_at=act.done_at,
        terms=(),
    )


def _questions_arguments(page: QuestionList) -> dict[str, str]:
    return {
        "sort": "" if page.sort == "newest" else page.sort,
        "product": page.product,
        "tag": page.tag,
        "solved": page.solved,
    }


def _questions_title(page: QuestionList) -> str:
    title = {
        "newest": _("New questions"),
        "unanswered": _("Unanswered questions"),
        "active": _("Questions with new activity"),
        "affected": _("Questions that affect most people"),
    }[page.sort]
    solved = {"yes": _("solved"), "no": _("not solved yet")}.get(page.solved, "")
    product = dict(page.products).get(page.product, page.product)
    return " · ".join(part for part in (title, product, page.tag, solved) if part)


def _articles_title(page: BrowsePage) -> str:
    title = page.type_label or _("New and changed guides")
    return " · ".join(part for part in (title, page.product_name, page.tag) if part)


def _of_next_page(path: str, next_url: str) -> str:
    return f"{path}?{urlsplit(next_url).query}" if next_url else ""


def _question_entry(row: QuestionRow, *, is_lively: bool) -> Entry:
    """Answers make a question new only to those who follow what happens; others hear when its asker changes it."""
    changed_at = row.edited_at or row.asked_at
    return Entry(
        key=f"question/{row.id}",
        path=row.url,
        title=row.title,
        summary=row.snippet,
        author=row.username,
        author_path=row.user_url or "/",
        published_at=row.asked_at,
        updated_at=max(row.active_at, changed_at) if is_lively else changed_at,
        terms=tuple(tag for tag, _url in row.tags),
    )


def _article_entry(card: ArticleCard) -> Entry:
    return Entry(
        key=f"article/{card.id}",
        path=card.url,
        title=card.title,
        summary=card.summary,
        author=site_name(),
        author_path="/",
        published_at=card.published_at,
        updated_at=card.updated_at,
        terms=(card.type_label, card.product_name),
    )


def of_question_rows(
    title: str,
    *,
    path: str,
    page_path: str,
    arguments: Mapping[str, str],
    after: str,
    next_url: str,
    rows: Sequence[QuestionRow],
) -> Response:
    """A feed of another list of questions, at the same arguments as its page."""
    return _response(
        Feed(
            title=title,
            path=with_arguments(path, {**arguments, "after": after}),
            page_path=with_arguments(page_path, arguments),
            next_path=_of_next_page(path, next_url),
            entries=tuple(_question_entry(row, is_lively=False) for row in rows),
        )
    )


@bp.get("/questions/<int:question_id>/answers.atom")
def thread(question_id: int) -> Response:
    """The answers to one question, for those who follow it without an account."""
    asked = forum.question(Visitor(), question_id)
    if asked is None:
        abort(404)
    return _response(
        Feed(
            title=_("Answers to: %(title)s", title=asked.title),
            path=f"/questions/{asked.id}/answers.atom",
            page_path=addresses.question(asked.id, asked.slug),
            next_path="",
            entries=tuple(_answer_entry(one) for one in feed_queries.latest_answers(Visitor(), asked.id)),
        )
    )


@bp.get("/people/<username>/posts.atom")
def person(username: str) -> Response:
    """What one person asked and answered."""
    found = accounts.person_named(username)
    if found is None or not addresses.person(found.username):
        abort(404)
    asked = (_asked_entry(one) for one in feed_queries.questions_by(Visitor(), found))
    answered = (_answer_entry(one) for one in feed_queries.answers_by(Visitor(), found))
    entries = sorted((*asked, *answered), key=lambda entry: entry.published_at, reverse=True)
    page_path = addresses.person(found.username)
    return _response(
        Feed(
            title=_("Posts by %(name)s", name=found.username),
            path=f"{page_path}/posts.atom",
            page_path=page_path,
            next_path="",
            entries=tuple(entries[: feed_queries.FEED_SIZE]),
        )
    )


def of_thread(question_id: int) -> tuple[FeedLink, ...]:
    """What a question's page offers."""
    return (FeedLink(_("Answers to this question"), f"/questions/{question_id}/answers.atom"),)


def of_person(username: str) -> tuple[FeedLink, ...]:
    """What a person's page offers."""
    path = addresses.person(username)
    return (FeedLink(_("Posts by %(name)s", name=username), f"{path}/posts.atom"),) if path else ()


def _answer_entry(answer: Answer) -> Entry:
    return Entry(
        key=f"answer/{answer.id}",
        path=addresses.answer_anywhere(answer.id),
        title=_("Answer to: %(title)s", title=answer.question.title),
        summary=excerpt(answer.body_text, 160),
        author=answer.author.username,
        author_path=addresses.person(answer.author.username) or "/",
        published_at=answer.created_at,
        updated_at=answer.edited_at or answer.created_at,
        terms=(),
    )


def _asked_entry(asked: Question) -> Entry:
    return _question_entry(QuestionRow.of(asked, has_guide=False), is_lively=False)


# As XML


def _response(feed: Feed) -> Response:
    response = Response(document(feed), content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response.last_modified = feed.updated_at
    return response


def document(feed: Feed) -> bytes:
    """The feed as an Atom document."""
    host = urlsplit(absolute("/")).hostname or "localhost"
    site = site_name()
    root = Element("feed", {"xmlns": NAMESPACE})
    xml.element(root, "id", f"tag:{host},{TAKEN}:{quote(feed.path, safe='/?=&%')}")
    xml.element(root, "title", f"{plain_line(feed.title)} · {site}")
    xml.element(root, "updated", _moment(feed.updated_at))
    xml.element(xml.element(root, "author"), "name", site)
    _link(root, "self", feed.path, MEDIA_TYPE)
    _link(root, "alternate", feed.page_path, "text/html")
    if feed.next_path:
        _link(root, "next", feed.next_path, MEDIA_TYPE)
    for entry in feed.entries:
        _add(root, entry, host)
    return xml.document(root)


def _add(root: Element, entry: Entry, host: str) -> None:
    added = xml.element(root, "entry")
    xml.element(added, "id", f"tag:{host},{entry.published_at:%Y-%m-%d}:{entry.key}")
    xml.element(added, "title", plain_line(entry.title))
    xml.element(added, "published", _moment(entry.published_at))
    xml.element(added, "updated", _moment(entry.updated_at))
    author = xml.element(added, "author")
    xml.element(author, "name", plain_line(entry.author))
    xml.element(author, "uri", absolute(entry.author_path))
    _link(added, "alternate", entry.path, "text/html")
    for term in entry.terms:
        xml.element(added, "category", attributes={"term": term})
    xml.element(added, "summary", entry.summary)


def _link(parent: Element, relation: str, path: str, kind: str) -> None:
    attributes: dict[str, Any] = {"rel": relation, "type": kind, "href": absolute(path)}
    xml.element(parent, "link", attributes=attributes)


def _moment(value: datetime) -> str:
    """RFC 3339, to the second."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")
