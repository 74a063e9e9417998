"""What people do with tags: say what they mean, which other words mean the same, and join two that do."""

import re
from collections.abc import Sequence

from app.accounts.models import User
from app.catalog import queries
from app.catalog.events import TagMerged
from app.catalog.models import Tag, TagSynonym
from app.catalog.queries import tag_slug
from app.core.db import db, transaction
from app.core.errors import Invalid, Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.core.text import plain_line
from app.policy import allow

DESCRIPTION_LONGEST = 500
MOST_SYNONYMS = 20


def edit_tag(actor: User, tag: Tag, *, description: str, synonyms: Sequence[str]) -> None:
    """Say what a tag is about, and which words people type when they mean it. Synonyms left out are forgotten.

    Raises:
        Invalid: the description is too long, or a synonym is too many or leads elsewhere already.
    """
    allow(actor, "edit_tag", tag)
    description = plain_line(description)
    if len(description) > DESCRIPTION_LONGEST:
        raise Invalid(_("A description has at most %(n)d characters.", n=DESCRIPTION_LONGEST), "description")
    wanted = {tag_slug(word) for word in synonyms if re.search(r"\w", word)} - {tag.slug}
    if len(wanted) > MOST_SYNONYMS:
        raise Invalid(_("At most %(n)d other words, please.", n=MOST_SYNONYMS), "synonyms")
    with transaction() as session:
        queries.lock_tags()
        session.refresh(tag)
        known = {synonym.slug: synonym for synonym in queries.synonyms_of(tag.id)}
        for slug in sorted(wanted - known.keys()):
            _refuse_taken(slug)
            session.add(TagSynonym(slug=slug, tag_id=tag.id))
        for slug in known.keys() - wanted:
            session.delete(known[slug])
        tag.description = description


def _refuse_taken(slug: str) -> None:
    found = queries.tag_of(slug)
    if found is None:
        return
    if found.slug == slug:
        raise Invalid(
            _("“%(word)s” is a tag of its own. A moderator can join the two.", word=slug), "synonyms"
        )
    raise Invalid(_("“%(word)s” already means the tag “%(tag)s”.", word=slug, tag=found.slug), "synonyms")


def merge_tags(actor: User, tag: Tag, into: Tag) -> None:
    """Join two tags that mean the same: what has `tag` gets `into`, and the old word becomes a synonym.

    Raises:
        Refused: it is one and the same tag.
    """
    allow(actor, "merge_tags", tag)
    if tag.id == into.id:
        raise Refused(_("This is one and the same tag."))
    with transaction() as session:
        queries.lock_tags()
        session.refresh(tag)
        session.refresh(into)
        _join(actor, tag, into)


def rename_tag(actor: User, tag: Tag, word: str) -> Tag:
    """Give a tag another word; the old one becomes a synonym, so that what led to it leads here.

    Raises:
        Invalid: it is no word, or leads to a tag already.
    """
    allow(actor, "rename_tag", tag)
    if not re.search(r"\w", word):
        raise Invalid(_("A tag needs a word."), "word")
    slug = tag_slug(word)
    with transaction() as session:
        queries.lock_tags()
        session.refresh(tag)
        found = queries.tag_of(slug)
        if found is not None and found.id != tag.id:
            raise Invalid(_("“%(word)s” leads to a tag already. Join the two instead.", word=slug), "word")
        if slug == tag.slug:
            return tag
        if found is not None:  # Its own synonym becomes its name.
            session.delete(next(one for one in queries.synonyms_of(tag.id) if one.slug == slug))
        renamed = Tag(slug=slug)
        session.add(renamed)
        session.flush()
        _join(actor, tag, renamed)
    return renamed


def _join(actor: User, tag: Tag, into: Tag) -> None:
    session = db.session
    publish(TagMerged(tag, into, by=actor))
    for synonym in queries.synonyms_of(tag.id):
        synonym.tag_id = into.id
    if not into.description:
        into.description = tag.description
    slug = tag.slug
    session.flush()
    session.delete(tag)
    session.flush()
    session.add(TagSynonym(slug=slug, tag_id=into.id))
