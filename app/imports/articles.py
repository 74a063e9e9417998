"""Guides from JSON lines: each becomes a file, and the files become guides by the very steps of an edit in git."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import select

from app.articles import files, queries, sync
from app.articles.files import ArticleSource, BadFrontMatter, FileFound
from app.articles.models import Article, ArticleRedirect, ArticleRevision, ArticleType, Audience
from app.catalog.queries import tag_slug
from app.core.db import db, transaction
from app.core.errors import Refused
from app.core.markup import Rendered
from app.core.text import excerpt, plain_line, slugify
from app.forum.symptoms import error_strings
from app.imports.links import Places, relative, rewrite
from app.imports.reading import BadLine, Line, clean, moment, read_lines, texts
from app.imports.report import Report, watched

Read = Callable[[Path], Iterator[Line | BadLine]]

MOST_TAGS = 8
LARGEST = files.LONGEST_FILE - files.LONGEST_FRONT_MATTER
# A guide's symptoms are what it says near its beginning; further down stand the symptoms of other problems.
SYMPTOMS_WITHIN = 3_000


@dataclass
class Plan:
    """Where every guide of a set goes.

    Attributes:
        paths: the file of each guide, by the line that it stands on.
        new: the lines of those that have no file yet.
        origins: of all of them.
        places: for links from one guide to another.
    """

    paths: dict[int, str] = field(default_factory=dict)
    new: set[int] = field(default_factory=set)
    origins: set[str] = field(default_factory=set)
    places: Places = field(default_factory=Places)


def import_articles(
    source: Path, folder: Path, set_name: str, product: str = "", *, read: Read = read_lines
) -> Report:
    """Bring a set of guides: write a file for each that is not here, then sync those files.

    It may be stopped at any moment: a second run finds by `origin` what is here and goes on from there. A guide
    that is here already is left as it is, since somebody may have edited it.

    Args:
        source: the JSON-lines file.
        folder: the folder of guides.
        set_name: what the set is called; part of each origin.
        product: one product for all of them; nothing to go by each record's own.
        read: gives the records of the file.

    Raises:
        OSError: the file cannot be read.
    """
    report = Report("guides")
    plan = _planned(read(source), folder, set_name, product, report)
    dates = {}
    lines = (line for line in read(source) if isinstance(line, Line) and line.number in plan.paths)
    for line in watched(lines, "Writing guides", len(plan.paths)):
        record, path = line.record, plan.paths[line.number]
        dates[path] = (moment(record.get("created")), moment(record.get("updated")))
        if line.number in plan.new:
            _write(
                folder,
                path,
                source_of(record, origin_of(set_name, record), path, plan.places, product),
                report,
            )
    _sync(folder, dates, report)
    return report


# Deciding where guides go


def _planned(
    lines: Iterator[Line | BadLine], folder: Path, set_name: str, product: str, report: Report
) -> Plan:
    plan = Plan()
    known = _known_paths(folder, set_name)
    taken = {PurePosixPath(path).stem for path in _all_paths(folder)} | _slugs_in_use()
    for line in lines:
        report.read += 1
        if isinstance(line, BadLine):
            report.skip(line.why, f"line {line.number}")
            continue
        origin = origin_of(set_name, line.record)
        why_not = _why_not(line.record, origin, plan)
        if why_not:
            report.skip(why_not, f"line {line.number}")
            continue
        path = known.get(origin)
        if path is not None:
            report.here_already += 1
        else:
            plan.new.add(line.number)
            slug = _free_slug(line.record, taken)
            taken.add(slug)
            path = f"{slugify(product or product_of(line.record) or set_name)}/{slug}.md"
        plan.paths[line.number] = path
        plan.origins.add(origin)
        plan.places.add(line.record, path)
    return plan


def origin_of(set_name: str, record: Mapping[str, Any]) -> str:
    """What tells a guide from all others, for ever: its set and its id there."""
    return f"{set_name}:{plain_line(clean(record.get('id')))}"[: files.LONGEST["origin"]]


def _why_not(record: Mapping[str, Any], origin: str, plan: Plan) -> str:
    if not clean(record.get("id")).strip():
        return "without an id"
    if origin in plan.origins:
        return "the same id again"
    body = clean(record.get("body_markdown"))
    if not body.strip():
        return "without a body"
    if not title_of(record):
        return "without a title"
    if len(body.encode()) > LARGEST:
        return "larger than 1 MB"
    return ""


def _known_paths(folder: Path, set_name: str) -> dict[str, str]:
    """The file of each guide of this set that is here, by its origin: in the database, or written and not yet synced."""
    statement = select(Article.origin, Article.path).where(
        Article.origin.startswith(f"{set_name}:", autoescape=True)
    )
    known = {row[0]: row[1] for row in db.session.execute(statement)}
    in_database = set(db.session.scalars(select(Article.path)))
    for path in _all_paths(folder):
        if path not in in_database:
            file = files.read(folder, path)
            try:
                origin = file.source.origin if isinstance(file, FileFound) else ""
            except BadFrontMatter:
                continue
            if origin.startswith(f"{set_name}:"):
                known[origin] = path
    return known


def _all_paths(folder: Path) -> Iterator[str]:
    return (
        path.relative_to(folder).as_posix() for path in folder.glob("*/*.md") if not path.name.startswith(".")
    )


def _slugs_in_use() -> set[str]:
    return set(db.session.scalars(select(Article.slug))) | set(
        db.session.scalars(select(ArticleRedirect.slug))
    )


def _free_slug(record: Mapping[str, Any], taken: set[str]) -> str:
    """The title's slug; where another guide has it, with the KB number, the last part of the id, or a number behind."""
    slug = slugify(title_of(record))
    last = slugify(clean(record.get("id")).rpartition("/")[2])
    for wanted in (slug, f"{slug}-{number}" if (number := kb_number(record)) else slug, f"{slug}-{last}"):
        if wanted not in taken and slugify(wanted) == wanted:
            return wanted
    count = 2
    while f"{slug[:70].rstrip('-')}-{count}" in taken:
        count += 1
    return f"{slug[:70].rstrip('-')}-{count}"


# What a record says


def source_of(
    record: Mapping[str, Any], origin: str, path: str, places: Places, product: str = ""
) -> ArticleSource:
    """A record as the file of a guide.

    | front matter | from |
    |---|---|
    | title, summary | `title`, `description` |
    | type | `guessed_type` |
    | product | `product` up to the first comma or slash, else `category`, else the set's name |
    | tags | `tags`, `category` and what else `product` names; what stands before a colon is dropped |
    | aliases | `aliases`, and the KB number as people write it |
    | symptoms | codes and messages in the title and near the beginning |
    | audience | staff, if it was a draft where it comes from; otherwise public |
    """
    title = title_of(record)
    body = _without_first_heading(clean(record["body_markdown"]), title)
    was_at = clean(record.get("url_or_path") or record.get("id"))

    def here(address: str) -> str | None:
        target = places.of(address, was_at)
        if target is None:
            return None
        fragment = address.partition("#")[2]
        return relative(target, path) + (f"#{fragment}" if fragment else "")

    number = kb_number(record)
    aliases = [*texts(record.get("aliases")), *([f"KB {number}"] if number else [])]
    is_draft = str((record.get("front_matter") or {}).get("draft", "")).lower() == "true"
    return ArticleSource(
        title=title,
        type=guessed_type(record),
        product=PurePosixPath(path).parts[0],
        tags=tuple(tags_of(record, with_product=bool(product))),
        symptoms=tuple(symptoms_of(title, body)),
        aliases=tuple(plain_line(alias)[: files.LONGEST_ENTRY] for alias in aliases),
        audience=Audience.STAFF if is_draft else Audience.PUBLIC,
        origin=origin,
        summary=excerpt(_without_marks(clean(record.get("description"))), files.LONGEST["summary"]),
        body=rewrite(body, here).strip("\n").rstrip(),
    )


def title_of(record: Mapping[str, Any]) -> str:
    """The record's title, or the first heading of its body."""
    title = plain_line(_without_marks(clean(record.get("title"))))
    if not title:
        heading = re.search(r"^#\s+(.+)$", clean(record.get("body_markdown")), re.MULTILINE)
        title = plain_line(_without_marks(heading[1])) if heading else ""
    return excerpt(title, files.LONGEST["title"])


def _without_marks(words: str) -> str:
    """A line without what some houses write around names that are not to be translated."""
    return re.sub(r"\[!(?:DNL|UICONTROL)\s+([^\]]*)\]", r"\1", words)


def product_of(record: Mapping[str, Any]) -> str:
    """The product that a record names first."""
    for name in ("product", "category"):
        first = re.split(r"[,/]", plain_line(clean(record.get(name))))[0].strip()
        if first:
            return first[:80]
    return ""


def symptoms_of(title: str, body: str) -> list[str]:
    """The error strings in the title and near the beginning; addresses and bare names of variables are none."""
    beginning = re.sub(r"\]\([^)]*\)|https?://\S+", "]", body[:SYMPTOMS_WITHIN])
    found = error_strings(f"{title}\n\n{beginning}")
    strings = (
        plain_line(one) for one in found if not re.fullmatch(r"[A-Za-z]+(?:_[A-Za-z]+)*(?:\(\))?", one)
    )
    return list(dict.fromkeys(filter(None, strings)))


def kb_number(record: Mapping[str, Any]) -> str:
    """The number that people know the guide by, if it has one."""
    return re.sub(r"\D", "", clean(record.get("kb_number")))[:12]


def tags_of(record: Mapping[str, Any], *, with_product: bool) -> list[str]:
    """The words that a record is filed under, as tags, the product itself left out."""
    named = re.split(r"[,/]", clean(record.get("product")))
    filed = re.split(r"[,/]", clean(record.get("category")))
    words = [*texts(record.get("tags")), *named[0 if with_product else 1 :], *filed]
    product = "" if with_product else product_of(record)
    slugs = dict.fromkeys(tag_slug(word.rpartition(":")[2]) for word in words if word.strip())
    return [slug for slug in slugs if slug not in ("untitled", "general", slugify(product))][:MOST_TAGS]


_TOPICS = {
    "troubleshooting": ArticleType.TROUBLESHOOTING,
    "how-to": ArticleType.HOW_TO,
    "howto": ArticleType.HOW_TO,
    "tutorial": ArticleType.HOW_TO,
    "quickstart": ArticleType.HOW_TO,
    "known-issue": ArticleType.KNOWN_ISSUE,
    "known-issues": ArticleType.KNOWN_ISSUE,
    "release-notes": ArticleType.RELEASE,
    "reference": ArticleType.REFERENCE,
    "policy": ArticleType.POLICY,
}
_SIGNS = (
    (ArticleType.RELEASE, r"\brelease notes?\b|\bchange ?log\b|\bwhat(?:'|’)?s new\b|\bversion history\b"),
    (ArticleType.KNOWN_ISSUE, r"\bknown (?:issues?|problems?|limitations?)\b|\bbug\b"),
    (
        ArticleType.POLICY,
        r"\b(?:policy|policies|warranty|licen[cs]\w+|terms|lifecycle|privacy|certification|compliance|refunds?)\b",
    ),
    (
        ArticleType.TROUBLESHOOTING,
        r"\b(?:error|errors|fail\w*|troubleshoot\w*|problems?|issues?|crash\w*|hangs?|slow|stuck|missing|invalid|denied"
        r"|unable|cannot|incorrect\w*|wrong|corrupt\w*|exception|timeout|stops?|not)\b|n['’]t\b|0x[0-9a-f]{4}|^if\b",
    ),
    (
        ArticleType.HOW_TO,
        r"^(?:how\b|add|backup|back up|build|change|check|configure|connect|convert|copy|create|debug|delete|deploy"
        r"|determine|disable|download|enable|export|find|fix|flash|generate|get|import|install|manage|migrate|move|open"
        r"|perform|prevent|remove|rename|replace|reset|restore|run|send|set|start|uninstall|update|upgrade|upload|use"
        r"|using|view|write)\b",
    ),
)


def guessed_type(record: Mapping[str, Any]) -> ArticleType:
    """What kind of guide a record is: what `type` or `topic` says; else what the title's words are signs of.

    The signs are looked for in this order: release notes, known issues, policies, troubleshooting (words such as
    "error", "fails", "can't", or a title that begins with "If"), how-to (a title that begins with "How" or with a
    verb). A category called troubleshooting or how-to comes next; what is left is a reference.
    """
    for name in ("type", "topic"):
        known = _TOPICS.get(slugify(clean(record.get(name))))
        if known:
            return known
    title = title_of(record)
    for kind, sign in _SIGNS:
        if re.search(sign, title, re.IGNORECASE):
            return kind
    for part in clean(record.get("category")).split("/"):
        if slugify(part) in _TOPICS:
            return _TOPICS[slugify(part)]
    return ArticleType.REFERENCE


_ATX_HEADING = re.compile(r"\s*#[ \t]+(?P<words>[^\n]+?)[ \t#]*(?:\n+|\Z)")
_UNDERLINED_HEADING = re.compile(r"\s*(?P<words>[^\n]+)\n=+[ \t]*(?:\n+|\Z)")


def _without_first_heading(body: str, title: str) -> str:
    """The body without a heading that only says the title again: the page shows the title already."""
    match = _ATX_HEADING.match(body) or _UNDERLINED_HEADING.match(body)
    if match and _bare(match["words"]) == _bare(title):
        return body[match.end() :]
    return body


def _bare(words: str) -> str:
    """A heading without its anchor, marks and capitals, so that two ways to write it are equal."""
    return plain_line(re.sub(r"\{[^}]*\}\s*$|[`*_\\]", "", _without_marks(words))).casefold()


# Writing and syncing


def _write(folder: Path, path: str, source: ArticleSource, report: Report) -> None:
    text = files.dump(source)
    try:
        if files.parse(text, path) != source:
            report.notes.append(f"{path}: some of its front matter reads differently once written")
    except BadFrontMatter as error:
        report.skip(error.message, source.origin)
        return
    files.write(folder, path, text)
    report.taken += 1


def _sync(folder: Path, dates: Mapping[str, tuple[datetime | None, datetime | None]], report: Report) -> None:
    """Make guides of the files of this set that are not guides yet. Several are rendered at once, each is put alone."""
    found = (files.read(folder, path) for path in sorted(dates) if (folder / path).is_file())
    known = [one for one in queries.known_articles() if one.path in dates]
    changes = sync.plan(found, known, queries.bodies)
    added = [change for change in changes if isinstance(change, sync.Added)]
    for change, rendered in watched(sync.rendered_ahead(added), "Rendering guides", len(added)):
        if not isinstance(change, sync.Added) or not isinstance(rendered, Rendered):
            report.notes.append(f"{change.path} waits as a file: {rendered}")
            continue
        try:
            with transaction() as session:
                article = sync.put(session, change, rendered)
                _date(article, *dates[change.path])
        except Refused as error:
            report.notes.append(f"{change.path}: {error}")


def _date(article: Article, created: datetime | None, updated: datetime | None) -> None:
    """The guide is as old as it was where it comes from."""
    latest = updated or created
    if latest is None:
        return
    article.published_at, article.updated_at = created or latest, latest
    revision = db.session.scalar(select(ArticleRevision).where(ArticleRevision.article_id == article.id))
    if revision is not None:
        revision.created_at = latest
