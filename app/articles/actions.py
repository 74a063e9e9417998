"""What writers do with drafts and guides. Each deed opens with its rule and is one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.accounts.models import User
from app.articles import drafts, files, queries, sync
from app.articles.drafts import DraftText
from app.articles.events import ArticleWithdrawn
from app.articles.files import ArticleSource, BadFrontMatter, FileFound
from app.articles.models import Article, Draft
from app.articles.queries import Known
from app.catalog.queries import product_by_slug
from app.core.db import now, transaction
from app.core.errors import Invalid, Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.core.markup import RenderFailed, canonical_guide
from app.core.text import plain_line, slugify
from app.policy import allow

WHY_LONGEST = 500
NOTE_LONGEST = 2_000
SAME_AGAIN = timedelta(minutes=10)


class SavedMeanwhile(Refused):
    """Somebody else saved the draft after this person opened it. Nothing of either text is lost."""


class MergeNeeded(Refused):
    """The guide was changed meanwhile where the draft changes it too; the draft now holds both, marked."""


def start_draft(actor: User, *, article: Article | None = None, text: DraftText | None = None) -> Draft:
    """Begin a new guide, or the next form of `article`. A guide has one open draft; it is given if there is one.

    Saving the same new guide twice in a row gives the first draft again.

    Raises:
        Invalid: something in the text cannot be taken as it is, or there is none.
        Refused: the guide was withdrawn.
    """
    allow(actor, "start_draft", article)
    text = (text or DraftText(owner=actor.username)).tidied()
    _check_saveable(text)
    if article is None and not (text.title or text.body):
        raise Invalid(_("Please write a title or some text first; then there is something to save."), "title")
    with transaction() as session:
        if article is not None:
            article = queries.article_to_change(article.id)
            if article is None:
                raise Refused(_("This guide is not there any more."))
            open_draft = queries.open_draft_of(article.id)
            if open_draft is not None:
                return open_draft
            draft = drafts.draft_of(article, actor)
        else:
            queries.lock_person(actor)
            for earlier in queries.new_drafts_named(actor.id, text.title, since=now() - SAME_AGAIN):
                if DraftText.of(earlier) == text:
                    return earlier
            draft = Draft(author_id=actor.id, title=text.title, fields=text.as_fields(), body=text.body)
        session.add(draft)
    return draft


def save_draft(actor: User, draft: Draft, text: DraftText, version: int) -> bool:
    """Keep what was typed. An approval is taken back if that changes the text, for it was given to another one.

    Args:
        version: the draft's version when this person opened it.

    Returns:
        Whether the text changed.

    Raises:
        Invalid: something in the text cannot be taken as it is.
        SavedMeanwhile: somebody else saved it since then.
        Refused: it was published or discarded.
    """
    allow(actor, "save_draft", draft)
    text = text.tidied()
    _check_saveable(text)
    with _change_of(draft):
        if text == DraftText.of(draft):
            return False
        draft.refuse_closed()
        if draft.version != version:
            raise SavedMeanwhile(
                _(
                    "Somebody else saved this draft while you were writing. Both texts are below; nothing is lost."
                )
            )
        fields = text.as_fields(str(draft.fields.get("origin") or ""))
        draft.rewrite(text.title, fields, text.body, by=actor)
    return True


def discard_draft(actor: User, draft: Draft) -> None:
    """Put a draft away. Its text is kept, and `restore_draft` brings it back.

    Raises:
        Refused: it was published or discarded.
    """
    allow(actor, "discard_draft", draft)
    with _change_of(draft):
        draft.discard()


def restore_draft(actor: User, draft: Draft) -> None:
    """Bring a discarded draft back, as it was.

    Raises:
        Refused: it was not discarded, or the same guide or answer has another open draft by now.
    """
    allow(actor, "restore_draft", draft)
    with _change_of(draft):
        if draft.article_id is not None:
            queries.article_to_change(draft.article_id)  # Nobody begins another draft of it meanwhile.
        other = queries.open_draft_beside(draft)
        if other is not None:
            raise Refused(
                _(
                    "Another draft has taken its place: “%(title)s”. Copy what you need from the text below.",
                    title=other.title or _("Untitled"),
                )
            )
        draft.restore()


def send_draft_for_review(actor: User, draft: Draft) -> None:
    """Ask another writer to look at a draft.

    Raises:
        Invalid: it is not complete.
        Refused: it is under review already, or closed.
    """
    allow(actor, "send_draft_for_review", draft)
    with _change_of(draft):
        drafts.check(DraftText.of(draft), complete=True)
        draft.send_for_review()


def approve_draft(actor: User, draft: Draft) -> None:
    """Another writer finds a draft right: neither its author nor who changed it last.

    Raises:
        Invalid: it is not complete.
        Refused: it was not sent for review, is approved already, or closed.
    """
    allow(actor, "approve_draft", draft)
    with _change_of(draft):
        drafts.check(DraftText.of(draft), complete=True)
        draft.approve(actor)


def return_draft(actor: User, draft: Draft, note: str) -> None:
    """Another writer asks for changes and says which.

    Raises:
        Invalid: the note is empty or too long.
        Refused: it is with its author already, or closed.
    """
    allow(actor, "return_draft", draft)
    note = note.strip()
    if not note:
        raise Invalid(_("Please say what should change."), "note")
    if len(note) > NOTE_LONGEST:
        raise Invalid(_("This is too long; %(most)d characters are the most.", most=NOTE_LONGEST), "note")
    with _change_of(draft):
        draft.give_back(note)


def publish_draft(actor: User, draft: Draft, folder: Path, is_material: bool | None = None) -> Article:
    """Write an approved draft as a file and show it to the readers, as the sync would.

    If the file was changed since the draft was begun, both changes are merged; where they touch the same lines,
    the draft goes back to its author with both texts marked.

    Args:
        folder: the folder of guides.
        is_material: the writer's word on whether readers are told something else than before, so that their
            feedback begins anew; None to judge by how much of the text changed.

    Raises:
        Invalid: it is not complete.
        MergeNeeded: both changed the same lines.
        Refused: it is not approved, or the guide was withdrawn or its file is not there.
        RenderFailed: it cannot be rendered.
    """
    allow(actor, "publish_draft", draft)
    _refuse_unapproved(draft)
    version = draft.version
    article = queries.article_by_id(draft.article_id) if draft.article_id else None
    now_there = _file_of(folder, article) if article is not None else None
    source = _to_publish(draft, now_there)
    path = _path_for(source, article, folder)
    file = FileFound(path, files.dump(source))
    rendered = sync.render(file)
    old_path = article.path if article is not None else path
    with files.as_before_if_full(folder, path, old_path), _change_of(draft) as session:
        _refuse_unapproved(draft)
        if draft.version != version:
            raise Refused(_("The draft was changed just now. Please look at it again."))
        if article is not None and _file_of(folder, article) != now_there:
            raise Refused(_("The guide's file was changed just now. Please press Publish again."))
        change = _change_for(file, article)
        published = sync.put(session, change, rendered, by=actor, draft=draft, is_material=is_material)
        published.checked_at, published.checked_by_id = draft.approved_at, draft.approved_by_id
        draft.mark_published(published)
        session.flush()
        # The file comes last: what the database refuses was never written, and if only the commit fails,
        # the next sync finds the file and finishes.
        files.write(folder, path, file.text)
        if old_path != path:
            files.remove(folder, old_path)
    return published


def withdraw_article(actor: User, article: Article, why: str, successor: str, folder: Path) -> None:
    """Take a guide off the shelves, say why, and name the one that takes its place if there is one.

    Args:
        successor: the name or the address of another guide, or nothing.
        folder: the folder of guides; the file is removed there.

    Raises:
        Invalid: there is no reason, or no such successor.
        Refused: it was withdrawn already.
    """
    allow(actor, "withdraw_article", article)
    why = plain_line(why)
    if not why:
        raise Invalid(_("Please say in a sentence why; readers of old links will see it."), "why")
    if len(why) > WHY_LONGEST:
        raise Invalid(_("This is too long; %(most)d characters are the most.", most=WHY_LONGEST), "why")
    slug = successor.strip().rstrip("/").rpartition("/")[2]
    heir = queries.article_by_slug(slug) if slug else None
    if slug and heir is None:
        raise Invalid(_("There is no guide of this name. Please paste the address of its page."), "successor")
    with files.as_before_if_full(folder, article.path), transaction() as session:
        found = queries.article_to_change(article.id)
        if found is None or found.is_withdrawn:
            raise Refused(_("This guide was withdrawn already."))
        if heir is not None:
            session.refresh(heir)
        found.withdraw(why, heir)
        publish(ArticleWithdrawn(found, by=actor))
        session.flush()
        files.remove(folder, found.path)


def restore_article(actor: User, article: Article, folder: Path) -> None:
    """Put a withdrawn guide back on the shelves, as it was: its file is written again and taken as a sync would.

    Args:
        folder: the folder of guides.

    Raises:
        Refused: it is not withdrawn, its last text cannot be shown, or another file stands in its place.
    """
    allow(actor, "restore_article", article)
    if not article.is_withdrawn:
        raise Refused(_("This guide is on the shelves already."))
    change = _last_form(article, folder)
    try:
        rendered = sync.render(change.file)
    except (BadFrontMatter, RenderFailed) as error:
        raise Refused(_("Its last text cannot be shown any more: %(words)s", words=str(error))) from None
    with files.as_before_if_full(folder, change.path), transaction() as session:
        found = queries.article_to_change(article.id)
        if found is None or not found.is_withdrawn:
            raise Refused(_("This guide is on the shelves already."))
        sync.put(session, change, rendered, by=actor, is_material=False)
        session.flush()
        # The file comes last, as in `publish_draft`: if only the commit fails, the next sync finishes.
        files.write(folder, change.path, change.file.text)


def _last_form(article: Article, folder: Path) -> sync.Restored:
    text = queries.revision_source(article.id, article.content_hash)
    if text is None:
        raise Refused(_("Its last text was not found. Please put its file back; the next sync takes it."))
    standing = [
        path
        for path in folder.glob(f"*/{article.slug}.md")
        if path.relative_to(folder).as_posix() != article.path
        or files.read(folder, article.path) != FileFound(article.path, text)
    ]
    if standing:
        raise Refused(
            _(
                "A file stands in its place already: %(path)s. The next sync takes it.",
                path=standing[0].relative_to(folder).as_posix(),
            )
        )
    return sync.Restored(FileFound(article.path, text), Known.of(article))


def check_article(actor: User, article: Article) -> None:
    """Somebody looked: what the guide says is still true."""
    allow(actor, "check_article", article)
    with transaction() as session:
        session.refresh(article)
        if article.is_withdrawn:
            raise Refused(_("This guide was withdrawn."))
        article.checked_at = now()
        article.checked_by_id = actor.id


@contextmanager
def _change_of(draft: Draft) -> Iterator[Session]:
    """The transaction in which a draft changes, read afresh and locked; two at once do not overwrite each other."""
    try:
        with transaction() as session:
            queries.lock_draft(draft)
            yield session
    except StaleDataError:
        raise SavedMeanwhile(
            _("Somebody else changed this draft at the same moment. Please try again.")
        ) from None


def _check_saveable(text: DraftText) -> None:
    drafts.check(text, complete=False)
    if text.product and product_by_slug(text.product) is None:
        raise Invalid(_("Please choose a product from the list."), "product")


def _refuse_unapproved(draft: Draft) -> None:
    draft.refuse_closed()
    if draft.approved_at is None:
        raise Refused(_("Another writer has to approve this draft before it can be published."))


def _file_of(folder: Path, article: Article) -> FileFound:
    """The guide's file as it is this moment.

    Raises:
        Refused: it has gone or cannot be read, so that it is not clear what to change.
    """
    if article.is_withdrawn:
        raise Refused(_("This guide was withdrawn meanwhile. Start a new one if it is needed again."))
    found = files.read(folder, article.path)
    if not isinstance(found, FileFound):
        raise Refused(
            _(
                "The guide's file %(path)s was moved, removed or damaged. Please try again after the next sync.",
                path=article.path,
            )
        )
    return found


def _to_publish(draft: Draft, now_there: FileFound | None) -> ArticleSource:
    """What will be published: the draft in canonical form, merged with what came since it was begun."""
    mine = drafts.as_source(draft)
    mine = replace(mine, body=canonical_guide(mine.body))
    if now_there is None or now_there.content_hash == draft.base_hash or now_there.text == files.dump(mine):
        return mine
    try:
        theirs = now_there.source
    except BadFrontMatter as error:
        raise Refused(_("The guide's file has a mistake now: %(words)s", words=str(error))) from None
    both = drafts.merged(draft, mine, theirs, canonical_guide)
    if not both.conflicts:
        return both.source
    _give_back_marked(draft, both.source, both.conflicts, now_there)
    raise MergeNeeded(
        _(
            "The guide was changed meanwhile, in the same places: %(places)s The draft now holds both; please decide.",
            places=" ".join(both.conflicts),
        )
    )


def _give_back_marked(
    draft: Draft, source: ArticleSource, conflicts: tuple[str, ...], now_there: FileFound
) -> None:
    with _change_of(draft):
        draft.refuse_closed()
        draft.give_back(" ".join(conflicts)[:NOTE_LONGEST])
        draft.title, draft.fields, draft.body = source.title, drafts.fields_of(source), source.body
        draft.base_hash, draft.base_source = now_there.content_hash, now_there.text


def _path_for(source: ArticleSource, article: Article | None, folder: Path) -> str:
    """Where the guide's file belongs. A published guide keeps its name, for readers know it by that."""
    if article is not None:
        return f"{source.product}/{article.slug}.md"
    stem = slugify(source.title)
    text = files.dump(source)
    for number in range(1, 1_000):
        slug = stem if number == 1 else f"{stem}-{number}"
        path = f"{source.product}/{slug}.md"
        found = files.read(folder, path) if (folder / path).exists() else None
        if isinstance(found, FileFound) and found.text == text:
            return path  # An earlier try wrote it and did not come to its end.
        if found is None and queries.slug_is_free(slug) and not any(folder.glob(f"*/{slug}.md")):
            return path
    raise Refused(_("There are too many guides with this title. Please choose another one."))


def _change_for(file: FileFound, article: Article | None) -> sync.Written:
    if article is None:
        article = queries.article_by_slug(file.slug)
        if article is None:
            return sync.Added(file)
    known = Known.of(article)
    if article.is_withdrawn:
        return sync.Restored(file, known)
    return sync.Changed(file, known) if article.path == file.path else sync.Renamed(file, known)
