"""What people report and what moderators do. Each deed opens with its rule and is one transaction."""

from datetime import timedelta

from app.accounts.actions import end_all_sessions
from app.accounts.models import User
from app.articles.models import Article
from app.core.db import now, transaction
from app.core.errors import Invalid, NotAllowed, Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.forum import appearing
from app.forum.events import PostCameOrWent
from app.forum.models import Answer, Comment, Question
from app.limits.table import A_DAY_OF
from app.moderation import queries
from app.moderation.events import (
    PersonSuspended,
    PostApproved,
    PostHidden,
    PostRestored,
    ReportAnswered,
    SuspensionLifted,
)
from app.moderation.models import (
    NO_END,
    Act,
    Case,
    Deed,
    PersonNote,
    Reason,
    Report,
    Thing,
    ago_words,
    columns_of,
    deed_sentence,
)
from app.policy import Role, allow, has
from app.site.kept import settings

WORDS_LONGEST = 1_000
WHY_LONGEST = 500
NOTE_LONGEST = 2_000
SUSPENSION_DAYS = (1, 7, 30)
MOST_AT_ONCE = 100
Post = Question | Answer | Comment


def report(actor: User, thing: Thing, reason: str, words: str = "") -> Report:
    """A member tells the moderators of a thing, once.

    Args:
        reason: one of `Reason`; "other" needs words.

    Raises:
        Invalid: the reason is none of ours, or the words are missing or too long.
        Refused: it is their own, not shown any more, or they reported it already.
        TooMany: they reported too much within a day.
    """
    allow(actor, "report")
    words = words.replace("\r\n", "\n").replace("\x00", "").strip()
    if reason not in set(Reason):
        raise Invalid(_("Please choose what is wrong."), "reason")
    if reason == Reason.OTHER and not words:
        raise Invalid(_("Please say in a few words what is wrong."), "words")
    if len(words) > WORDS_LONGEST:
        raise Invalid(_("This is too long; %(most)d characters are the most.", most=WORDS_LONGEST), "words")
    severity = Reason(reason).severity
    with transaction() as session:
        _lock(thing)
        _refuse_own_or_gone(actor, thing)
        earlier = queries.report_of(actor, thing)
        if earlier is not None:
            raise Refused(_reported_already(earlier))
        _check_reports(actor)
        case = queries.open_case(thing)
        if case is None:
            case = Case.open(thing, severity)
            session.add(case)
            session.flush()
        else:
            case.raise_to(severity)
        case.report_count += 1
        said = Report(case_id=case.id, reporter_id=actor.id, reason=reason, words=words, **columns_of(thing))
        session.add(said)
    return said


def _refuse_own_or_gone(actor: User, thing: Thing) -> None:
    if isinstance(thing, User):
        if thing.id == actor.id:
            raise Refused(_("This is you."))
    elif isinstance(thing, Question | Answer | Comment):
        if thing.author_id == actor.id:
            raise Refused(_("This is your own. You can edit or delete it."))
        if not thing.is_here:
            raise Refused(_("This is not shown any more."))


def _reported_already(earlier: Report) -> str:
    if earlier.answered_at is None:
        return _("You reported this already. A moderator will look at it.")
    return _("You reported this already. A moderator looked at it: %(answer)s", answer=earlier.answer)


def _check_reports(actor: User) -> None:
    most, limit = settings().limits.per_day("reports", more=has(actor, "more_per_day")), A_DAY_OF["reports"]
    sent = queries.reports_sent(actor, since=now() - limit.window)
    if len(sent) >= most:
        raise limit.refusal(sent[-most] + limit.window, most)


# Posts


def approve_post(actor: User, post: Post, seen: int | None = None) -> None:
    """Show a post that was held. Its readers hear of it now.

    Args:
        seen: the latest act that the moderator's page knew of; see `_begin`.

    Raises:
        Refused: it does not wait, it is deleted, or another moderator was here meanwhile.
    """
    allow(actor, "approve_post", post)
    with transaction():
        _begin(post, seen)
        _refuse_deleted(post)
        post.approve()
        _appear(post)
        _note(actor, post, Deed.APPROVE)
        _answer(actor, post, helped=False, words=_("A moderator looked at it and it is fine."))
        publish(PostApproved(post, by=actor))


def hide_post(actor: User, post: Post, why: str, seen: int | None = None) -> None:
    """Show a post only to its author, with the reason, and to moderators.

    Args:
        why: for the author, and for everybody in the log.
        seen: see `approve_post`.

    Raises:
        Invalid: there is no reason, or it is too long.
        Refused: it is hidden already, or another moderator was here meanwhile.
    """
    allow(actor, "hide_post", post)
    why = _reason(why)
    with transaction():
        _begin(post, seen)
        _hide(actor, post, why)


def hide_all_posts(actor: User, person: User, why: str, seen: int | None = None) -> int:
    """Hide everything that a member sent, for when all of it is spam. Each can be restored.

    Returns:
        How many posts were hidden.

    Raises:
        Invalid: there is no reason, or it is too long.
        Refused: it is staff or an expert, there is nothing or too much to hide, or another moderator was here.
    """
    allow(actor, "hide_all_posts", person)
    why = _reason(why)
    if person.role > Role.MEMBER:
        raise Refused(_("Posts of staff and experts are hidden one by one."))
    with transaction():
        posts = queries.posts_shown_or_held(person, MOST_AT_ONCE + 1)
        if not posts:
            raise Refused(_("There is nothing to hide."))
        if len(posts) > MOST_AT_ONCE:
            raise Refused(
                _(
                    "This person sent more than %(most)d posts; please hide them one by one.",
                    most=MOST_AT_ONCE,
                )
            )
        for post in posts:
            appearing.lock_with_question(post)
        _begin(person, seen)
        posts = [post for post in posts if post.hidden_at is None and post.deleted_at is None]
        for post in posts:
            _hide(actor, post, why)
    return len(posts)


def _hide(actor: User, post: Post, why: str) -> None:
    was_here = post.is_here
    post.hide(actor, why)
    if was_here:
        appearing.count_out(post)
        _tell_that_it_came_or_went(actor, post)
    appearing.note_guides(post)
    _note(actor, post, Deed.HIDE, why)
    _answer(actor, post, helped=True, words=_("Thank you. A moderator has hidden it: %(why)s", why=why))
    publish(PostHidden(post, by=actor))


def restore_post(actor: User, post: Post, why: str, seen: int | None = None) -> None:
    """Show a hidden post to everybody again.

    Args:
        why, seen: see `hide_post`.

    Raises:
        Invalid: there is no reason, or it is too long.
        Refused: it is not hidden, or another moderator was here meanwhile.
    """
    allow(actor, "restore_post", post)
    why = _reason(why)
    with transaction():
        _begin(post, seen)
        never_appeared = post.held_at is not None
        post.restore()
        if never_appeared and post.is_here:
            _appear(post)
        elif post.is_here:
            appearing.count_in(post)
            _tell_that_it_came_or_went(actor, post)
        appearing.note_guides(post)
        _note(actor, post, Deed.RESTORE, why)
        publish(PostRestored(post, by=actor))


def _tell_that_it_came_or_went(actor: User, post: Post) -> None:
    if not isinstance(post, Comment):
        publish(PostCameOrWent(post, by=actor))


def _appear(post: Post) -> None:
    appearing.note_guides(post)
    appearing.appear(post)


def answer_reports(actor: User, thing: Thing, words: str, *, helped: bool, seen: int | None = None) -> None:
    """Close a case without hiding anything, and answer those who reported it.

    Args:
        words: for the people who reported it.
        helped: whether something was done, such as an edit; else the thing stays as it is.
        seen: see `approve_post`.

    Raises:
        Invalid: there are no words, or too many.
        Refused: there is no open case, the thing still waits, or another moderator was here meanwhile.
    """
    allow(actor, "answer_reports")
    words = _reason(words)
    with transaction():
        _begin(thing, seen)
        if queries.open_case(thing) is None:
            raise Refused(_("Nobody waits for an answer about this any more."))
        if (
            isinstance(thing, Question | Answer | Comment)
            and thing.held_at is not None
            and not thing.hidden_at
        ):
            raise Refused(_("This is held. Please approve it or hide it."))
        _note(actor, thing, Deed.SETTLE if helped else Deed.KEEP, words)
        _answer(actor, thing, helped=helped, words=words)


# People


def suspend(
    actor: User, person: User, days: int | None, why: str, *, sign_out: bool = False, seen: int | None = None
) -> None:
    """Let a person only read for some days, or until it is lifted. They see why and until when.

    Args:
        days: one of `SUSPENSION_DAYS`; None lasts until it is lifted.
        why: for the person, and for everybody in the log, which names nobody.
        sign_out: end the person's sessions too, for when the account is in strange hands.
        seen: see `approve_post`.

    Raises:
        Invalid: no such length, or no reason, or too long a one.
        NotAllowed: it is staff, and whoever does it is no administrator.
        Refused: it is oneself, or another moderator was here meanwhile.
    """
    allow(actor, "suspend", person)
    why = _reason(why)
    if days is not None and days not in SUSPENSION_DAYS:
        raise Invalid(_("Please choose how long."), "days")
    if person.id == actor.id:
        raise Refused(_("This is you."))
    if person.role >= Role.MODERATOR and actor.role < Role.ADMIN:
        raise NotAllowed(_("Moderators are suspended by administrators."))
    until = NO_END if days is None else now() + timedelta(days=days)
    with transaction():
        _begin(person, seen)
        person.suspended_until, person.suspended_why = until, why
        if sign_out:
            end_all_sessions(person)
        _note(actor, person, Deed.SUSPEND, why, until=until)
        _answer(actor, person, helped=True, words=_("Thank you. A moderator has seen to it."))
        publish(PersonSuspended(person, by=actor))


def lift_suspension(actor: User, person: User, why: str, seen: int | None = None) -> None:
    """Let a suspended person take part again.

    Raises:
        Invalid: there is no reason, or it is too long.
        NotAllowed: it is one's own.
        Refused: the person is not suspended, or another moderator was here meanwhile.
    """
    allow(actor, "lift_suspension", person)
    why = _reason(why)
    with transaction():
        _begin(person, seen)
        if not person.is_suspended:
            raise Refused(_("This person is not suspended."))
        person.suspended_until, person.suspended_why = None, ""
        _note(actor, person, Deed.LIFT, why)
        publish(SuspensionLifted(person, by=actor))


def note_on_person(actor: User, person: User, words: str) -> PersonNote:
    """Leave a note on a person for the other moderators; nobody else sees it.

    Raises:
        Invalid: it is empty or too long.
    """
    allow(actor, "note_on_person", person)
    words = words.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words:
        raise Invalid(_("Please write something first."), "words")
    if len(words) > NOTE_LONGEST:
        raise Invalid(_("This is too long; %(most)d characters are the most.", most=NOTE_LONGEST), "words")
    with transaction() as session:
        note = PersonNote(person_id=person.id, author_id=actor.id, words=words)
        session.add(note)
    return note


# What they share


def _lock(thing: Thing) -> None:
    if isinstance(thing, Article | User):
        queries.lock(thing)
    else:
        appearing.lock_with_question(thing)


def _begin(thing: Thing, seen: int | None) -> None:
    """Lock a thing, unless somebody acted on it since the moderator's page was drawn.

    Args:
        seen: the number of the latest act of all when the page was drawn; None skips the question.

    Raises:
        Refused: somebody did; the message says who did what and when.
    """
    _lock(thing)
    latest = queries.latest_act(thing)
    if seen is not None and latest is not None and latest.id > seen:
        ago = ago_words(now() - latest.done_at)
        raise Refused(deed_sentence(latest.deed, latest.moderator.username, ago))


def _note(actor: User, thing: Thing, deed: Deed, why: str = "", **more: object) -> None:
    """Write a deed into the log."""
    queries.add(Act(moderator_id=actor.id, deed=deed, why=why, **columns_of(thing), **more))


def _answer(actor: User, thing: Thing, *, helped: bool, words: str) -> None:
    """Close the open case of a thing, if there is one, and answer everybody who reported it."""
    case = queries.open_case(thing)
    if case is None:
        return
    case.close()
    for one in queries.unanswered_reports(case):
        one.answered_at, one.answer, one.helped = now(), words, helped
        publish(ReportAnswered(one, by=actor))


def _reason(why: str) -> str:
    why = " ".join(why.replace("\x00", "").split())
    if not why:
        raise Invalid(_("Please say in a sentence why."), "why")
    if len(why) > WHY_LONGEST:
        raise Invalid(_("This is too long; %(most)d characters are the most.", most=WHY_LONGEST), "why")
    return why


def _refuse_deleted(post: Post) -> None:
    if post.deleted_at is not None:
        raise Refused(_("This was deleted by its author."))
