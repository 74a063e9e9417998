"""All addresses that may be read, for every thing in the world of `world.py`."""

import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from tests.permissions.world import COMPANION, World

KIND_OF = {
    "question_id": "question",
    "answer_id": "answer",
    "comment_id": "comment",
    "duplicate_id": "duplicate",
    "suggestion_id": "suggestion",
    "draft_id": "draft",
    "synonym_id": "synonym",
}
WORDS_OF = {
    "token": ["x"],
    "version": ["x"],
    "number": [1],
    "place": ["ask"],
    "name": [f"{0:032}-1x1.png"],
    "_deed": ["send"],
}
ASKED = {
    "/search": [
        "",
        "&kind=article",
        "&kind=question",
        "&kind=solved",
        "&product=lamp",
        "&tag=pairing",
        "&sort=newest",
    ],
    "/search.atom": [""],
    "/search/suggest": [""],
    "/search/suggestions": [""],
}
MORE = [
    "/questions?sort=active", "/questions?sort=affected", "/questions?solved=yes", "/questions?product=lamp",
    "/questions?tag=pairing", "/articles?product=lamp", "/articles?sort=newest", "/articles?tag=pairing",
    "/suggested-edits?mine=1", "/questions/unanswered?product=lamp", "/moderation?which=held", "/people?sort=newest",
    "/ask/suggestions?title=kettle+lamp", "/ask?title=kettle+lamp", "/editor/people?q=s",
    "/workshop/searches/words?q=lamp", "/workshop/searches?list=golden", "/workshop/searches?list=pinned", "/questions/1/duplicate?q=kettle",
    "/workshop/synonyms/one?id=1", "/workshop/feedback?state=new", "/workshop/guides?order=unhelped&mine=1", "/questions/unanswered.atom?product=lamp",
    "/questions.atom?tag=pairing", "/articles.atom?product=lamp", "/robots.txt",
]  # fmt: skip


def values(rule, name: str, world: World) -> list:
    """What may stand for a part of an address."""
    if name in KIND_OF:
        return world.ids(KIND_OF[name])
    if name == "username":
        return [person.username for person in world.things["person"].values()]
    if name == "slug":
        if rule.rule.startswith("/articles"):
            articles = world.things["article"].items()
            return [article.slug for _name, article in articles] + [
                f"old-{name}" for name, _article in articles
            ]
        if rule.rule.startswith("/questions"):
            return ["x"]
        return ["lamp"] if "products" in rule.rule else ["pairing"]
    if name == "path":
        return (
            [f"lamp/{name}.png" for name in world.things["article"]]
            if "media" in rule.rule
            else ["css/app.css"]
        )
    return WORDS_OF[name]


def addresses(app, world: World) -> Iterator[str]:
    """Every address that a GET may have, for every thing there is."""
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods:
            continue
        if "kind" in rule.arguments:
            kinds = ("question", "answer", "comment", "article", "person")
            choices = [{"kind": kind, "number": number} for kind in kinds for number in world.ids(kind)]
        else:
            choices = [{}]
            for name in rule.arguments:
                choices = [{**one, name: value} for one in choices for value in values(rule, name, world)]
        for choice in choices:
            yield filled(rule.rule, choice)
    yield from MORE
    for place, filters in ASKED.items():
        for more in filters:
            for query in (COMPANION, f"{COMPANION} lamp", "zq"):
                yield f"{place}?q={quote_plus(query)}{more}"


def filled(rule: str, values: dict) -> str:
    """The address that a rule has with these values."""
    return re.sub(r"<(?:[^<>:]+:)?(\w+)>", lambda found: quote(str(values[found[1]])), rule)
