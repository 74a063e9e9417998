"""From the files to the site: a plan that touches nothing, and its changes, each whole or not at all."""

import os
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.articles import files, linking, queries
from app.articles.editions import is_material as is_material_change
from app.articles.events import ArticlePublished, ArticleWithdrawn
from app.articles.files import ArticleSource, BadFrontMatter, Broken, FileFound
from app.articles.models import Article, ArticleRedirect, ArticleRevision, Draft
from app.articles.queries import Known
from app.catalog.queries import product_named, tags_named
from app.core.db import now, transaction
from app.core.errors import Declined, Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.core.markup import RENDERER_VERSION, Rendered, render_guide

SAME_TEXT = 0.7
"""From this share of common lines on, a file that came and a file that went are the same guide, renamed."""

AHEAD = 4
"""So many guides for each processor are rendered before their turn comes."""

COMMON_LINE = 20
"""A line that stands in more new files than this says nothing about which guide it is."""


@dataclass(frozen=True)
class Added:
    """A file that the site does not know yet."""

    file: FileFound

    @property
    def path(self) -> str:
        return self.file.path


@dataclass(frozen=True)
class Changed:
    """A file that says something else than the site does."""

    file: FileFound
    was: Known

    @property
    def path(self) -> str:
        return self.file.path


@dataclass(frozen=True)
class Renamed:
    """A file that has another name or place than before, perhaps also another text."""

    file: FileFound
    was: Known

    @property
    def path(self) -> str:
        return self.file.path


@dataclass(frozen=True)
class Restored:
    """The file of a withdrawn guide, come back."""

    file: FileFound
    was: Known

    @property
    def path(self) -> str:
        return self.file.path


@dataclass(frozen=True)
class Rerendered:
    """A file that says the same, but whose HTML an older renderer made, or none could."""

    file: FileFound
    was: Known

    @property
    def path(self) -> str:
        return self.file.path


@dataclass(frozen=True)
class Removed:
    """A guide whose file has gone."""

    was: Known

    @property
    def path(self) -> str:
        return self.was.path


Written = Added | Changed | Renamed | Restored | Rerendered
Change = Written | Removed | Broken
Bodies = Callable[[Collection[int]], Mapping[int, str]]


def describe(change: Change) -> str:
    """One line about a change, for people at a terminal."""
    match change:
        case Added():
            return _("added      %(path)s", path=change.path)
        case Changed():
            return _("changed    %(path)s", path=change.path)
        case Renamed():
            return _("renamed    %(old)s -> %(path)s", old=change.was.path, path=change.path)
        case Restored():
            return _("restored   %(path)s", path=change.path)
        case Rerendered():
            return _("rendered   %(path)s", path=change.path)
        case Removed():
            return _("withdrawn  %(path)s", path=change.path)
        case Broken():
            return _(
                "broken     %(path)s:%(line)d: %(message)s",
                path=change.path,
                line=change.line,
                message=change.message,
            )


# Deciding


def plan(
    found: Iterable[FileFound | Broken],
    articles: Iterable[Known],
    bodies: Bodies = lambda _ids: {},
) -> list[Change]:
    """What has to happen so that the site says what the files say. Decides only; nothing is touched.

    Args:
        found: all files, as `files.read_all` gives them; those that are as they were are not kept in memory.
        articles: all guides of the site, withdrawn ones too.
        bodies: gives the Markdown of some guides; asked only for those whose file has gone, if files came.

    Returns:
        The changes in the order in which they must be made, so that names are free before they are taken.
    """
    known = {one.path: one for one in articles}
    slugs = {one.slug: one for one in known.values()}
    claimed: dict[str, str] = {}
    seen: set[str] = set()
    new: list[FileFound] = []
    changes: list[Change] = []
    broken: list[Change] = []
    for file in found:
        seen.add(file.path)
        if isinstance(file, Broken):
            broken.append(file)
            continue
        holder = claimed.setdefault(file.slug, file.path)
        if holder != file.path:
            broken.append(_name_is_taken(file, holder))
            continue
        was = known.get(file.path)
        if was is None:
            new.append(file)
        elif (change := _compared(file, was)) is not None:
            (broken if isinstance(change, Broken) else changes).append(change)
    # A file that cannot be read now still holds its place: the guide stands as it was.
    gone = {one.id: one for one in known.values() if one.path not in seen}
    came, unreadable = _readable(new)
    broken += unreadable
    renamed, added = _renames(came, gone, slugs, bodies)
    removed = [Removed(one) for one in gone.values() if not one.is_withdrawn]
    return [*renamed, *removed, *changes, *added, *sorted(broken, key=lambda one: one.path)]


def _name_is_taken(file: FileFound, holder: str) -> Broken:
    return Broken(
        file.path,
        1,
        _(
            "Another guide has this name: %(holder)s. Give this file another one, for example %(better)s.",
            holder=holder,
            better=f"{file.product}-{file.slug}.md",
        ),
    )


def _compared(file: FileFound, was: Known) -> Change | None:
    is_same = file.content_hash == was.content_hash
    if (
        is_same
        and not was.is_withdrawn
        and was.renderer_version == RENDERER_VERSION
        and not was.render_problem
    ):
        return None
    try:
        _source = file.source
    except BadFrontMatter as error:
        return Broken(error.path, error.line, error.message)
    if was.is_withdrawn:
        return Restored(file, was)
    return Rerendered(file, was) if is_same else Changed(file, was)


def _readable(new: Iterable[FileFound]) -> tuple[list[FileFound], list[Change]]:
    came: list[FileFound] = []
    broken: list[Change] = []
    for file in new:
        try:
            _source = file.source
        except BadFrontMatter as error:
            broken.append(Broken(error.path, error.line, error.message))
        else:
            came.append(file)
    return came, broken


def _renames(
    came: list[FileFound], gone: dict[int, Known], slugs: Mapping[str, Known], bodies: Bodies
) -> tuple[list[Change], list[Change]]:
    """Pair files that came with guides whose files went; what is paired leaves `gone`.

    A file with the name of a guide is that guide, for readers know it by its address. Then the same text counts,
    then the same title and type, then a text that is mostly the same.
    """
    paired: list[Change] = []

    def pair(file: FileFound, was: Known) -> None:
        del gone[was.id]
        paired.append(Restored(file, was) if was.is_withdrawn else Renamed(file, was))

    def pair_by(
        key_of_file: Callable[[FileFound], object], key_of_article: Callable[[Known], object]
    ) -> None:
        by_key = {key_of_article(one): one for one in gone.values()}
        for file in list(came):
            was = by_key.pop(key_of_file(file), None)
            if was is not None:
                came.remove(file)
                pair(file, was)

    for file in list(came):
        same_name = slugs.get(file.slug)
        if same_name is not None and same_name.id in gone:
            came.remove(file)
            pair(file, same_name)
    pair_by(lambda file: file.content_hash, lambda one: one.content_hash)
    pair_by(
        lambda file: (file.source.title, file.source.type.value),
        lambda one: None if one.is_withdrawn else (one.title, one.type),
    )
    for file, was in _alike(came, [one for one in gone.values() if not one.is_withdrawn], bodies):
        came.remove(file)
        pair(file, was)
    return paired, [Added(file) for file in came]


def _alike(came: list[FileFound], gone: list[Known], bodies: Bodies) -> Iterable[tuple[FileFound, Known]]:
    """Pairs that share most of their lines, the closest pairs first."""
    if not came or not gone:
        return []
    lines = [_lines(file.source.body) for file in came]
    holders: dict[str, list[int]] = defaultdict(list)
    for number, counted in enumerate(lines):
        for line in counted:
            holders[line].append(number)
    texts = bodies([one.id for one in gone])
    scored: list[tuple[float, int, int]] = []
    for place, one in enumerate(gone):
        old = _lines(texts.get(one.id, ""))
        candidates = {
            number
            for line in old
            if len(holders.get(line, ())) <= COMMON_LINE
            for number in holders.get(line, ())
        }
        for number in candidates:
            shared = (old & lines[number]).total()
            share = 2 * shared / (old.total() + lines[number].total())
            if share >= SAME_TEXT:
                scored.append((-share, number, place))
    pairs: dict[int, int] = {}
    for _share, number, place in sorted(scored):
        if number not in pairs and place not in pairs.values():
            pairs[number] = place
    return [(came[number], gone[place]) for number, place in pairs.items()]


def _lines(body: str) -> Counter[str]:
    return Counter(stripped for line in body.splitlines() if (stripped := line.strip()))


# Doing


def render(file: FileFound) -> Rendered:
    """The HTML of a guide's file, its links leading to where things are on the site. May take seconds.

    Raises:
        Declined: it cannot be rendered, or not in its time; the message says why.
    """
    return render_guide(file.source.body, link=partial(linking.for_site, path=file.path))


def rendered_ahead(changes: Iterable[Change]) -> Iterator[tuple[Change, Rendered | Declined | None]]:
    """Each change with its HTML, or with what kept it from being made, or None where none is needed.

    While one change is made, the next ones are rendered, in as many processes as there are processors.
    """
    processors = os.cpu_count() or 1
    coming = iter(changes)
    with ThreadPoolExecutor(processors) as threads:
        started: deque[tuple[Change, Future[Rendered | Declined] | None]] = deque()
        while True:
            for change in islice(coming, processors * AHEAD - len(started)):
                if isinstance(change, Removed | Broken):
                    started.append((change, None))
                else:
                    started.append((change, threads.submit(_rendered_or_why, change.file)))
            if not started:
                return
            change, future = started.popleft()
            yield change, future.result() if future is not None else None


def _rendered_or_why(file: FileFound) -> Rendered | Declined:
    try:
        return render(file)
    except Declined as error:
        return error


def apply(change: Change, rendered: Rendered | Declined | None = None) -> str:
    """Make one change. Rendering comes first, so that nobody waits for it in the database.

    Args:
        rendered: what `rendered_ahead` gave for this change; nothing to render it now.

    Returns:
        What kept the change from being made, in words; nothing if it was made.
    """
    match change:
        case Broken():
            return change.message
        case Removed():
            return _withdraw(change)
    if rendered is None:
        rendered = _rendered_or_why(change.file)
    if isinstance(rendered, Declined):
        return _note_problem(change, str(rendered))
    try:
        with transaction() as session:
            put(session, change, rendered)
    except Refused as error:
        return str(error)
    return ""


def put(
    session: Session,
    change: Written,
    rendered: Rendered,
    by: User | None = None,
    draft: Draft | None = None,
    is_material: bool | None = None,
) -> Article:
    """Bring the site's copy of a guide in line with its file. Call inside a transaction.

    Args:
        is_material: whether readers are told something else than before, so that their feedback begins anew;
            None to judge by how much of the text changed.

    Raises:
        Refused: somebody else changed the guide since the change was planned.
    """
    source = change.file.source
    if isinstance(change, Added):
        if queries.slug_or_path_is_taken(change.file.slug, change.file.path):
            raise Refused(_("A guide of this name was added meanwhile."))
        article = Article(slug=change.file.slug, path=change.file.path)
        article.tags = []
    else:
        article = _unchanged(change.was)
    if isinstance(change, Rerendered):
        _set_html(article, rendered)
        return article
    if not isinstance(change, Added):
        if is_material is None:
            is_material = is_material_change(article.body_text, rendered.text)
        if is_material:
            article.begin_edition()
    if article.slug != change.file.slug:
        session.merge(ArticleRedirect(slug=article.slug, article_id=article.id))
        article.slug = change.file.slug
    is_new = isinstance(change, Added | Restored)
    article.path = change.file.path
    article.content_hash = change.file.content_hash
    _set_source(article, source)
    _set_html(article, rendered)
    article.updated_at = now()
    article.put_back()
    session.add(article)
    session.flush()
    session.execute(delete(ArticleRedirect).where(ArticleRedirect.slug == article.slug))
    session.add(
        ArticleRevision(
            article_id=article.id,
            content_hash=article.content_hash,
            source=change.file.text,
            author_id=by.id if by else None,
        )
    )
    publish(ArticlePublished(article, by=by, draft=draft, is_new=is_new))
    return article


def _unchanged(was: Known) -> Article:
    article = queries.article_to_change(was.id)
    if article is None or article.content_hash != was.content_hash or article.path != was.path:
        raise Refused(_("Somebody changed this guide meanwhile."))
    return article


def _set_source(article: Article, source: ArticleSource) -> None:
    article.title = source.title
    article.type = source.type
    article.summary = source.summary
    article.product_id = product_named(source.product).id
    article.applies_to = list(source.applies_to)
    article.symptoms = list(source.symptoms)
    article.aliases = list(source.aliases)
    article.credits = list(source.credits)
    article.owner = source.owner
    article.audience = source.audience
    article.origin = source.origin
    article.review_by = source.review_by
    article.body = source.body
    tags = tags_named(source.tags)
    if {tag.id for tag in article.tags} != {tag.id for tag in tags}:
        article.tags = tags


def _set_html(article: Article, rendered: Rendered) -> None:
    article.body_html = rendered.html
    article.body_text = rendered.text
    article.headings = [asdict(heading) for heading in rendered.headings]
    article.renderer_version = RENDERER_VERSION
    article.render_problem = ""


def _withdraw(change: Removed) -> str:
    try:
        with transaction():
            article = _unchanged(change.was)
            article.withdraw(_("Its file was removed."))
            publish(ArticleWithdrawn(article, by=None))
    except Refused as error:
        return str(error)
    return ""


def _note_problem(change: Written, problem: str) -> str:
    """The guide keeps its old form, and its page tells writers why."""
    if not isinstance(change, Added) and change.was.render_problem != problem[:500]:
        with transaction():
            article = queries.article_to_change(change.was.id)
            if article is not None:
                article.render_problem = problem[:500]
    return problem


@dataclass
class Report:
    """What a sync did."""

    changes: list[Change] = field(default_factory=list)
    done: int = 0
    problems: list[tuple[Change, str]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.problems

    def count(self, kind: type) -> int:
        return sum(isinstance(change, kind) for change in self.changes)


def nothing_to_tell(_change: Change, _problem: str, _number: int, _total: int) -> None:
    """Listens and says nothing."""


def sync(
    folder: Path,
    *,
    dry_run: bool = False,
    allow_empty: bool = False,
    report: Callable[[Change, str, int, int], None] = nothing_to_tell,
) -> Report:
    """Bring the site in line with the files in `folder`. Run twice, the second run changes nothing.

    Args:
        dry_run: plan only.
        allow_empty: withdraw everything if the folder holds no guide at all.
        report: called after each change with the change, what kept it from being made (or nothing), its number
            and the number of all.

    Raises:
        FileNotFoundError: there is no such folder.
        Refused: the folder is empty and the site is not; then it is more likely that a disk is missing.
    """
    known = queries.known_articles()
    changes = plan(files.read_all(folder), known, queries.bodies)
    result = Report(changes)
    shelved = sum(not one.is_withdrawn for one in known)
    if shelved > 1 and not allow_empty and result.count(Removed) == shelved and len(changes) == shelved:
        raise Refused(
            _(
                "There is no guide in %(folder)s, but the site has %(count)d. If they are all to be withdrawn, say so with --allow-empty.",
                folder=str(folder),
                count=shelved,
            )
        )
    steps = ((change, None) for change in changes) if dry_run else rendered_ahead(changes)
    for number, (change, rendered) in enumerate(steps, start=1):
        makes_nothing = dry_run and not isinstance(change, Broken)
        problem = "" if makes_nothing else apply(change, rendered)
        if problem:
            result.problems.append((change, problem))
        elif not dry_run:
            result.done += 1
        report(change, problem, number, len(changes))
    return result
