"""Pages as facts of schema.org, for search engines: from a page object to a dict, holding only what people see.

The rules are those of https://developers.google.com/search/docs/appearance/structured-data for QAPage,
Article, BreadcrumbList and ProfilePage.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from markupsafe import Markup

from app.articles.queries import ArticlePage
from app.core import addresses
from app.forum.profile_queries import ProfilePage
from app.forum.queries import PostView, QuestionPage

Thing = dict[str, Any]

# In a script element only "<" can end it; the others are written so that no other reader is led astray.
_ESCAPED = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def script(things: Iterable[Mapping[str, Any]]) -> Markup:
    """One graph of all these things, safe to stand inside a script element."""
    graph = {"@context": "https://schema.org", "@graph": list(things)}
    return Markup(json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED))  # noqa: S704


def question(page: QuestionPage, root: str) -> Thing:
    """A question with the answers on this page of its thread: the first accepted one, the others suggested."""
    here = urljoin(root, page.canonical_path)
    first = urljoin(root, page.url)
    answers = [_answer(one, here, root) for one in page.answers if one.is_here]
    accepted = [one.is_accepted for one in page.answers if one.is_here]
    asked = {
        "@type": "Question",
        "@id": f"{first}#question",
        "url": first,
        "name": page.title,
        "answerCount": page.answer_count,
        **_post(page.question, root),
    }
    if accepted and accepted[0]:
        asked["acceptedAnswer"] = answers.pop(0)
    if answers:
        asked["suggestedAnswer"] = answers
    return {"@type": "QAPage", "@id": f"{here}#page", "url": here, "mainEntity": asked}


def _answer(post: PostView, page_url: str, root: str) -> Thing:
    return {"@type": "Answer", "url": f"{page_url}#{post.anchor}", **_post(post, root)}


def _post(post: PostView, root: str) -> Thing:
    facts = {
        "text": post.text,
        "upvoteCount": post.score,
        "datePublished": _moment(post.created_at),
        "author": _person(post.username, post.user_url, root),
    }
    if post.edited_at is not None:
        facts["dateModified"] = _moment(post.edited_at)
    return facts


def article(page: ArticlePage, root: str, *, publisher: str, language: str) -> Thing:
    """A guide: what it is about, who answers for it, when it was changed and when it was checked."""
    here = urljoin(root, addresses.article(page.slug))
    facts: Thing = {
        "@type": "TechArticle",
        "@id": f"{here}#article",
        "url": here,
        "headline": page.title,
        "datePublished": _moment(page.published_at),
        "dateModified": _moment(page.updated_at),
        "inLanguage": language,
        "author": [{"@type": "Organization", "name": publisher, "url": root}],
        "publisher": {"@type": "Organization", "name": publisher, "url": root},
        "about": {
            "@type": "Product",
            "name": page.product_name,
            "url": urljoin(root, addresses.product(page.product_slug)),
        },
        "mainEntityOfPage": {"@type": "WebPage", "@id": here},
        "isPartOf": {"@type": "WebSite", "@id": f"{root}#site"},
    }
    if page.summary:
        facts["description"] = page.summary
    if page.tags:
        facts["keywords"] = list(page.tags)
    if page.applies_to:
        facts["dependencies"] = ", ".join(page.applies_to)
    if page.credits:
        facts["contributor"] = [
            _person(one.name, addresses.person(one.username) if one.username else "", root)
            for one in page.credits
        ]
    if page.checked_at is not None:
        facts["mainEntityOfPage"]["lastReviewed"] = _moment(page.checked_at)
    return facts


def breadcrumbs(crumbs: Sequence[tuple[str, str | None]], page_path: str, root: str) -> Thing:
    """The trail that the page shows, from the widest place to the page itself."""
    items: list[Thing] = []
    for position, (label, url) in enumerate(crumbs, start=1):
        item = {"@type": "ListItem", "position": position, "name": label}
        items.append({**item, "item": urljoin(root, url)} if url else item)
    return {
        "@type": "BreadcrumbList",
        "@id": f"{urljoin(root, page_path)}#trail",
        "itemListElement": items,
    }


def collection(name: str, about: str, page_path: str, root: str) -> Thing:
    """A page that gathers guides and questions under one word."""
    here = urljoin(root, page_path)
    return {
        "@type": "CollectionPage",
        "@id": f"{here}#page",
        "url": here,
        "name": name,
        "description": about,
        "isPartOf": {"@type": "WebSite", "@id": f"{root}#site"},
    }


def profile(page: ProfilePage, root: str) -> Thing:
    """A person's public page."""
    here = urljoin(root, addresses.person(page.username))
    person: Thing = {
        "@type": "Person",
        "@id": f"{here}#person",
        "name": page.username,
        "identifier": page.username,
        "url": here,
        "agentInteractionStatistic": [
            _counted("AskAction", page.question_count),
            _counted("ReplyAction", page.answer_count),
        ],
    }
    if page.about:
        person["description"] = page.about
    if page.avatar_url:
        person["image"] = urljoin(root, page.avatar_url)
    return {
        "@type": "ProfilePage",
        "@id": f"{here}#page",
        "url": here,
        "dateCreated": _moment(page.joined_at),
        "mainEntity": person,
    }


def _counted(deed: str, count: int) -> Thing:
    return {
        "@type": "InteractionCounter",
        "interactionType": f"https://schema.org/{deed}",
        "userInteractionCount": count,
    }


def website(name: str, root: str) -> Thing:
    """The site itself, with its search. Only the front page says this."""
    return {
        "@type": "WebSite",
        "@id": f"{root}#site",
        "url": root,
        "name": name,
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{root}search?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        },
    }


def _person(name: str, path: str, root: str) -> Thing:
    person = {"@type": "Person", "name": name}
    return {**person, "url": urljoin(root, path)} if path else person


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="seconds")
