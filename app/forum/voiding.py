"""Taking back every vote of somebody who voted to deceive, and with the votes what they brought."""

from app.accounts.models import User
from app.core.db import db, transaction
from app.core.errors import Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum import queries
from app.forum.events import VoteCast
from app.forum.models import Answer
from app.policy import allow
from app.site import log

MOST_AT_ONCE = 500
"""So many votes are taken back in one transaction; whoever has cast more is visited again."""


def void_votes(actor: User, voter: User) -> int:
    """Take back the votes of one person, the latest first: scores, confidence and reputation follow.

    Returns:
        How many votes were taken back.

    Raises:
        Refused: there are none.
    """
    allow(actor, "void_votes", voter)
    with transaction() as session:
        votes = queries.votes_by(voter.id, MOST_AT_ONCE)
        if not votes:
            raise Refused(_("There are no votes of %(name)s.", name=voter.username))
        for cast in votes:
            post = queries.voted_post(cast)
            queries.lock(post)
            # Read again: its voter may have changed or withdrawn it while we waited for the post.
            now_cast = queries.vote_of(voter.id, post)
            if now_cast is None:
                continue
            session.refresh(now_cast)
            value = now_cast.value
            session.delete(now_cast)
            post.up_count -= value == 1
            post.down_count -= value == -1
            if isinstance(post, Answer):
                post.count_votes()
            db.session.flush()
            publish(VoteCast(post, by=voter, old=value, new=0))
        count = len(votes)
        words = ngettext("%(num)d vote of %(name)s", "%(num)d votes of %(name)s", count, name=voter.username)
        log.note(actor, "void_votes", words)
    return count
