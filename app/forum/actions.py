"""What people do in the community. Each deed opens with its rule and is one transaction."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.accounts.models import User
from app.catalog.models import Product
from app.catalog.queries import main_slugs, tags_named
from app.core.db import now, transaction
from app.core.errors import Invalid, Refused
from app.core.events import publish
from app.core.i18n import gettext as _
from app.core.markup import RENDERER_VERSION, Rendered
from app.core.text import plain_line
from app.forum import duplicate_queries, mentions, naming, queries, rewriting, screening
from app.forum.appearing import appear, count_out
from app.forum.events import (
    AnswerAccepted,
    AnswerUnaccepted,
    AnswerUnverified,
    AnswerVerified,
    CommentDeleted,
    CommentUndeleted,
    PostCameOrWent,
    PostEdited,
    PostHeld,
    VoteCast,
)
from app.forum.models import (
    Affected,
    Answer,
    Comment,
    Question,
    Vote,
    edit_window,
    question_slug,
)
from app.forum.screening import Record, Sending
from app.limits.table import A_DAY_OF
from app.policy import Role, allow, has
from app.site.kept import settings

TITLE_SHORTEST, TITLE_LONGEST = 8, 200
COMMENT_LONGEST = 1_000
MOST_TAGS = 5
SAME_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True)
class QuestionText:
    """What a person types to ask: plain strings, as typed."""

    title: str
    body: str
    product: Product | None = None
    version: str = ""
    environment: str = ""
    tags: Sequence[str] = ()


def ask_question(actor: User, text: QuestionText, sending: Sending | None = None) -> Question:
    """A member asks. Sending the same question twice in a row gives the first one again.

    Args:
        sending: how the form came in; by it some first posts wait for a moderator. None: nobody looks.

    Raises:
        Invalid: a field cannot be taken as it is.
        TooMany: this person posts too fast.
    """
    allow(actor, "ask_question")
    text, rendered = _checked(text)
    with transaction() as session:
        queries.lock(actor)
        earlier = queries.same_question(actor.id, text.title, text.body, since=now() - SAME_AGAIN)
        if earlier is not None:
            return earlier
        record = _check_pace(actor, Question, sending)
        question = Question(
            author_id=actor.id,
            title=text.title,
            slug=question_slug(text.title),
            body=text.body,
            body_html=rendered.html,
            body_text=rendered.text,
            renderer_version=RENDERER_VERSION,
            product_id=text.product.id if text.product else None,
            version=text.version,
            environment=text.environment,
            tags=tags_named(text.tags),
        )
        session.add(question)
        session.flush()
        _appear_or_wait(record, question, rendered, sending)
    return question


def edit_question(
    actor: User, question: Question, text: QuestionText, sending: Sending | None = None, seen: str = ""
) -> None:
    """Change a question; what it said before is kept.

    Args:
        sending: how the form came in; links that a newcomer adds wait for a moderator as those of a new post do.
        seen: the `rewriting.edition` that the form was opened with.

    Raises:
        Invalid: a field cannot be taken as it is.
        ChangedMeanwhile: it was changed after the form was opened.
        Refused: it is deleted.
    """
    allow(actor, "edit_question", question)
    text, rendered = _checked(text)
    with transaction() as session:
        queries.lock(question)
        _refuse_deleted(question)
        tags = [tag.slug for tag in queries.tags_of(question.id)]
        before = (
            question.title,
            tags,
            question.body,
            question.product_id,
            question.version,
            question.environment,
        )
        product_id = text.product.id if text.product else None
        wanted = main_slugs(text.tags)
        if before == (text.title, wanted, text.body, product_id, text.version, text.environment):
            return
        rewriting.refuse_changed(question, seen)
        rewriting.keep_form(question)
        said = question.body
        queries.load_tags(question)
        question.title, question.slug = text.title, question_slug(text.title)
        question.tags = tags_named(text.tags)
        question.product_id, question.version = product_id, text.version
        question.environment = text.environment
        rewriting.rewrite(question, actor.id, text.body, rendered)
        session.flush()
        _wait_again(actor, question, said, rendered, sending)
        mentions.recount(question.id)
        publish(PostEdited(question, by=actor))


def delete_question(actor: User, question: Question) -> None:
    """Put a question away. Its thread is kept and can be brought back.

    Raises:
        Refused: it is deleted already, or others have answered it and its asker is no moderator.
    """
    allow(actor, "delete_question", question)
    with transaction():
        queries.lock(question)
        if actor.role < Role.MODERATOR and queries.is_answered_by_others(question):
            raise Refused(_("People have put work into answering this, so only a moderator can delete it."))
        question.delete(actor)
        publish(PostCameOrWent(question, by=actor))


def undelete_question(actor: User, question: Question) -> None:
    """Bring a deleted question back."""
    allow(actor, "undelete_question", question)
    with transaction():
        queries.lock(question)
        question.undelete()
        publish(PostCameOrWent(question, by=actor))


def answer_question(actor: User, question: Question, body: str, sending: Sending | None = None) -> Answer:
    """A member answers. Sending the same answer twice in a row gives the first one again.

    Args:
        sending: how the form came in; see `ask_question`.

    Raises:
        Invalid: the text cannot be taken as it is.
        TooMany: this person posts too fast.
        Refused: the question is deleted or hidden.
    """
    allow(actor, "answer_question", question)
    body, rendered = _checked_body(body)
    with transaction() as session:
        queries.lock(question)
        if not question.is_here:
            raise Refused(_("This question is not shown any more, so it cannot be answered."))
        earlier = queries.same_answer(actor.id, question.id, body, since=now() - SAME_AGAIN)
        if earlier is not None:
            return earlier
        record = _check_pace(actor, Answer, sending)
        answer = Answer(
            question_id=question.id,
            author_id=actor.id,
            body=body,
            body_html=rendered.html,
            body_text=rendered.text,
            renderer_version=RENDERER_VERSION,
        )
        session.add(answer)
        session.flush()
        _appear_or_wait(record, answer, rendered, sending, thread=question.body)
    return answer


def edit_answer(
    actor: User, answer: Answer, body: str, sending: Sending | None = None, seen: str = ""
) -> None:
    """Change an answer; what it said before is kept.

    Args:
        sending, seen: see `edit_question`.

    Raises:
        Invalid: the text cannot be taken as it is.
        ChangedMeanwhile: it was changed after the form was opened.
        Refused: it is deleted.
    """
    allow(actor, "edit_answer", answer)
    body, rendered = _checked_body(body)
    with transaction() as session:
        question = _locked_with_question(answer)
        _refuse_deleted(answer)
        if body == answer.body:
            return
        rewriting.refuse_changed(answer, seen)
        rewriting.keep_form(answer)
        said = answer.body
        rewriting.rewrite(answer, actor.id, body, rendered)
        if answer.is_here:
            question.active_at = now()
        session.flush()
        _wait_again(actor, answer, said, rendered, sending)
        mentions.recount(question.id)
        publish(PostEdited(answer, by=actor))


def make_wiki(actor: User, answer: Answer) -> None:
    """Open an answer for everybody with the ability to edit. It belongs to all then: votes bring nobody points.

    Raises:
        Refused: it is open already, deleted or not shown.
    """
    allow(actor, "make_wiki", answer)
    with transaction():
        _locked_with_question(answer)
        if not answer.is_here:
            raise Refused(_("This is not shown any more, so it cannot be opened."))
        if answer.wiki_at is not None:
            raise Refused(_("Everybody may edit this already."))
        answer.wiki_at, answer.wiki_by_id = now(), actor.id


def end_wiki(actor: User, answer: Answer) -> None:
    """Let only its author and those who may edit everything change an answer again.

    Raises:
        Refused: it is not open to everybody.
    """
    allow(actor, "end_wiki", answer)
    with transaction():
        _locked_with_question(answer)
        if answer.wiki_at is None:
            raise Refused(_("This is not open to everybody."))
        answer.wiki_at = answer.wiki_by_id = None


def delete_answer(actor: User, answer: Answer) -> None:
    """Put an answer away; if it was accepted, it no longer is.

    Raises:
        Refused: it is deleted already.
    """
    allow(actor, "delete_answer", answer)
    with transaction():
        question = _locked_with_question(answer)
        was_here = answer.is_here
        answer.delete(actor)
        question.answer_count -= was_here
        if answer.is_accepted:
            answer.unaccept()
            question.accepted_count -= was_here
            publish(AnswerUnaccepted(answer, by=actor))
        publish(PostCameOrWent(answer, by=actor))


def undelete_answer(actor: User, answer: Answer) -> None:
    """Bring a deleted answer back."""
    allow(actor, "undelete_answer", answer)
    with transaction():
        question = _locked_with_question(answer)
        answer.undelete()
        question.answer_count += answer.is_here
        publish(PostCameOrWent(answer, by=actor))


def comment(
    actor: User, question: Question, answer: Answer | None, body: str, sending: Sending | None = None
) -> Comment:
    """A member remarks on a question or on one of its answers.

    Args:
        sending: how the form came in; see `ask_question`.

    Raises:
        Invalid: the text is empty or too long.
        TooMany: this person posts too fast.
        Refused: what it is about is deleted or hidden.
    """
    allow(actor, "comment", answer or question)
    body = _checked_comment(body)
    rendered = naming.render(body)
    with transaction() as session:
        queries.lock(question, *([answer] if answer else []))
        if not question.is_here or (answer and not answer.is_here):
            raise Refused(_("This is not shown any more, so there is nothing to comment on."))
        earlier = queries.same_comment(actor.id, answer or question, body, since=now() - SAME_AGAIN)
        if earlier is not None:
            return earlier
        record = _check_pace(actor, Comment, sending)
        remark = Comment(
            question_id=question.id,
            answer_id=answer.id if answer else None,
            author_id=actor.id,
            body=body,
            body_html=rendered.html,
            renderer_version=RENDERER_VERSION,
        )
        session.add(remark)
        session.flush()
        thread = question.body + (answer.body if answer else "")
        _appear_or_wait(record, remark, rendered, sending, thread=thread)
    return remark


def delete_comment(actor: User, remark: Comment) -> None:
    """Take a comment away.

    Raises:
        Refused: it is deleted already.
    """
    allow(actor, "delete_comment", remark)
    with transaction():
        queries.lock(remark)
        if remark.deleted_at is not None:
            raise Refused(_("This was already deleted."))
        remark.deleted_at, remark.deleted_by_id = now(), actor.id
        publish(CommentDeleted(remark, by=actor))


def edit_comment(actor: User, remark: Comment, body: str, sending: Sending | None = None) -> None:
    """Change a comment soon after it was written; a moderator may at any time.

    Args:
        sending: how the form came in; see `edit_question`.

    Raises:
        Invalid: the text is empty or too long.
        Refused: it is too late, or it is deleted or became an answer.
    """
    allow(actor, "edit_comment", remark)
    body = _checked_comment(body)
    rendered = naming.render(body)
    with transaction() as session:
        queries.lock(remark)
        _refuse_gone_comment(remark)
        if actor.role < Role.MODERATOR and now() >= remark.editable_until:
            raise Refused(
                _(
                    "A comment can be changed for %(minutes)d minutes, so that answers to it stay true. "
                    "You can write another one.",
                    minutes=edit_window() // timedelta(minutes=1),
                )
            )
        if body == remark.body:
            return
        said = remark.body
        remark.body, remark.body_html = body, rendered.html
        remark.renderer_version, remark.edited_at = RENDERER_VERSION, now()
        session.flush()
        _wait_again(actor, remark, said, rendered, sending)
        mentions.recount(remark.question_id)
        publish(PostEdited(remark, by=actor))


def undelete_comment(actor: User, remark: Comment) -> None:
    """Bring a deleted comment back.

    Raises:
        Refused: it is not deleted.
    """
    allow(actor, "undelete_comment", remark)
    with transaction():
        queries.lock(remark)
        if remark.deleted_at is None:
            raise Refused(_("This is not deleted."))
        remark.deleted_at = remark.deleted_by_id = None
        publish(CommentUndeleted(remark, by=actor))


def convert_comment(actor: User, remark: Comment) -> Answer:
    """Make an answer of a comment that solves the problem. It stays its author's; the comment leads there.

    Done twice it gives the same answer.

    Raises:
        Invalid: its text cannot be an answer.
        Refused: it is deleted or not shown, or its question is not.
    """
    allow(actor, "convert_comment", remark)
    body, rendered = _checked_body(remark.body)
    with transaction() as session:
        question = queries.question_of(remark)
        queries.lock(question, remark)
        if remark.became_answer_id is not None:
            return session.get_one(Answer, remark.became_answer_id)
        _refuse_gone_comment(remark)
        if not question.is_here or not remark.is_here or remark.body.strip() != body:
            raise Refused(_("This is not shown any more, or was changed just now. Please look again."))
        answer = Answer(
            question_id=question.id,
            author_id=remark.author_id,
            body=body,
            body_html=rendered.html,
            body_text=rendered.text,
            renderer_version=RENDERER_VERSION,
        )
        session.add(answer)
        session.flush()
        remark.became_answer_id = answer.id
        appear(answer)
    return answer


def _checked_comment(body: str) -> str:
    """A comment's text as it is kept.

    Raises:
        Invalid: it is empty or too long.
    """
    body = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not body:
        raise Invalid(_("Please write something first."), "comment")
    if len(body) > COMMENT_LONGEST:
        raise Invalid(
            _(
                "A comment has at most %(most)d characters; this one has %(n)d. Is it an answer?",
                most=COMMENT_LONGEST,
                n=len(body),
            ),
            "comment",
        )
    return body


def _refuse_gone_comment(remark: Comment) -> None:
    if remark.deleted_at is not None:
        raise Refused(_("This is deleted. Bring it back before changing it."))
    if remark.became_answer_id is not None:
        raise Refused(_("This comment became an answer. Please change that."))


def vote(actor: User, post: Question | Answer, value: int) -> None:
    """Set one's vote on a post: 1 up, -1 down, 0 takes it back.

    Raises:
        Invalid: another value.
        Refused: the post is deleted or hidden.
    """
    allow(actor, "vote", post)
    if value == -1:
        vote_down(actor, post)
    elif value in (0, 1):
        _cast(actor, post, value)
    else:
        raise Invalid(_("A vote is up, down or taken back."))


def vote_down(actor: User, post: Question | Answer) -> None:
    """Say that a post is wrong or of no use.

    Raises:
        Refused: the post is deleted or hidden.
    """
    allow(actor, "vote_down", post)
    _cast(actor, post, -1)


def _cast(actor: User, post: Question | Answer, value: int) -> None:
    with transaction() as session:
        queries.lock(post)
        if not post.is_here:
            raise Refused(_("This is not shown any more, so it cannot be voted on."))
        cast = queries.vote_of(actor.id, post)
        old = cast.value if cast else 0
        if value == old:
            return
        if cast and value == 0:
            session.delete(cast)
        elif cast:
            cast.value = value
        else:
            _check_votes(actor)
            is_answer = isinstance(post, Answer)
            session.add(
                Vote(
                    user_id=actor.id,
                    question_id=None if is_answer else post.id,
                    answer_id=post.id if is_answer else None,
                    value=value,
                )
            )
        post.up_count += (value == 1) - (old == 1)
        post.down_count += (value == -1) - (old == -1)
        if isinstance(post, Answer):
            post.count_votes()
        publish(VoteCast(post, by=actor, old=old, new=value))


def _check_votes(actor: User) -> None:
    more = has(actor, "more_per_day")
    most = settings().limits.per_day("votes", more=more)
    record = Record(is_staff=actor.role > Role.MEMBER, may_more=more)
    screening.check_pace(record, now(), queries.voted_today(actor, most), most, A_DAY_OF["votes"])


def mark_affected(actor: User, question: Question, *, is_affected: bool) -> None:
    """Say, or take back, that one has the same problem. At a duplicate it counts for the original too.

    Raises:
        Refused: the question is deleted or hidden.
    """
    allow(actor, "mark_affected", question)
    with transaction() as session:
        counted_at = question.duplicate_of_id or question.id
        said_at = [mark.question_id for mark in duplicate_queries.marks_of(actor.id, counted_at)]
        touched = sorted({question.id, counted_at, *said_at})
        duplicate_queries.lock(touched)
        if not question.is_here:
            raise Refused(_("This question is not shown any more."))
        marks = duplicate_queries.marks_of(actor.id, counted_at)
        if is_affected and not marks:
            session.add(Affected(user_id=actor.id, question_id=question.id))
        elif not is_affected:
            for mark in marks:
                session.delete(mark)
        session.flush()
        for each in touched:
            duplicate_queries.question(each).affected_count = duplicate_queries.affected_count(each)


def accept_answer(actor: User, answer: Answer) -> None:
    """The asker marks the answer that solved the problem. Several may be right.

    Raises:
        Refused: it is deleted, hidden or accepted already.
    """
    allow(actor, "accept_answer", answer)
    with transaction():
        question = _locked_with_question(answer)
        answer.accept(actor)
        question.accepted_count += 1
        question.active_at = now()
        publish(AnswerAccepted(answer, by=actor))


def unaccept_answer(actor: User, answer: Answer) -> None:
    """The asker takes an acceptance back.

    Raises:
        Refused: it was not accepted, or its question is deleted or hidden.
    """
    allow(actor, "unaccept_answer", answer)
    with transaction():
        question = _locked_with_question(answer)
        if not question.is_here:
            raise Refused(_("This question is not shown any more."))
        answer.unaccept()
        question.accepted_count -= answer.is_here
        publish(AnswerUnaccepted(answer, by=actor))


def verify_answer(actor: User, answer: Answer) -> None:
    """An expert or staff vouches for an answer.

    Raises:
        Refused: it is deleted, hidden, verified already, or one's own.
    """
    allow(actor, "verify_answer", answer)
    with transaction():
        _locked_with_question(answer)
        answer.verify(actor)
        publish(AnswerVerified(answer, by=actor))


def unverify_answer(actor: User, answer: Answer) -> None:
    """An expert or staff takes the verification back.

    Raises:
        Refused: it was not verified.
    """
    allow(actor, "unverify_answer", answer)
    with transaction():
        _locked_with_question(answer)
        if answer.verified_at is None:
            raise Refused(_("This answer is not verified."))
        answer.verified_at = None
        answer.verified_by_id = None
        publish(AnswerUnverified(answer, by=actor))


def check_question(text: QuestionText) -> None:
    """See whether a question could be asked as it is typed, without asking it.

    Raises:
        Invalid: a field cannot be taken as it is.
    """
    _checked(text)


def _checked(text: QuestionText) -> tuple[QuestionText, Rendered]:
    title = plain_line(text.title)
    if len(title) < TITLE_SHORTEST:
        raise Invalid(
            _("Please say in a few words what goes wrong: %(n)d characters or more.", n=TITLE_SHORTEST),
            "title",
        )
    if len(title) > TITLE_LONGEST:
        raise Invalid(
            _("A title has at most %(n)d characters. The details have room for more.", n=TITLE_LONGEST),
            "title",
        )
    tags = [word for word in text.tags if re.search(r"\w", word)]
    if len(tags) > MOST_TAGS:
        raise Invalid(_("At most %(n)d tags, please.", n=MOST_TAGS), "tags")
    body, rendered = _checked_body(text.body)
    version, environment = plain_line(text.version)[:100], plain_line(text.environment)[:500]
    return QuestionText(title, body, text.product, version, environment, tags), rendered


def _checked_body(body: str) -> tuple[str, Rendered]:
    body = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not re.search(r"\w", body):
        raise Invalid(_("Please write something first."), "body")
    try:
        return body, naming.render(body)
    except Invalid as error:
        raise Invalid(str(error), "body") from error


def _check_pace(
    actor: User, kind: type[Question] | type[Answer] | type[Comment], sending: Sending | None
) -> Record | None:
    """What is known of a person who sends a form; None where nobody looks."""
    if sending is None:
        return None
    queries.lock(actor)
    record = queries.record_of(actor)
    most = settings().limits.per_day(kind.__tablename__, more=record.may_more)
    a_day = A_DAY_OF[kind.__tablename__]
    screening.check_pace(record, now(), queries.sent_today(actor, kind, most), most, a_day)
    return record


def _appear_or_wait(
    record: Record | None,
    post: Question | Answer | Comment,
    rendered: Rendered,
    sending: Sending | None,
    thread: str = "",
) -> None:
    """Show a new post to everybody, or keep it until a moderator has looked at it."""
    if sending is not None and record is not None:
        why = screening.reason_to_hold(
            record,
            sending,
            fastest=timedelta(seconds=settings().limits.fastest_seconds),
            links=rendered.links,
            thread=thread,
            is_repeated=len(post.body) >= screening.SHORTEST_REPEAT
            and queries.has_posted_elsewhere(post, since=now() - screening.REPEATED_WITHIN),
        )
        if why:
            post.hold(why)
            publish(PostHeld(post))
            return
    mentions.add(post.question_id, rendered)
    appear(post)


def _wait_again(
    actor: User,
    post: Question | Answer | Comment,
    said: str,
    rendered: Rendered,
    sending: Sending | None,
) -> None:
    """Hold a post whose author added links to it that would have held it when it was new."""
    if sending is None or post.author_id != actor.id or not post.is_here:
        return
    record, none = queries.record_of(actor), timedelta(0)
    why = screening.reason_to_hold(record, sending, fastest=none, links=rendered.links, thread=said)
    if why:
        count_out(post)
        post.hold(why)
        publish(PostHeld(post))


def _locked_with_question(answer: Answer) -> Question:
    """The answer's question, after both were locked."""
    question = answer.question
    queries.lock(question, answer)
    return question


def _refuse_deleted(post: Question | Answer) -> None:
    if post.deleted_at is not None:
        raise Refused(_("This is deleted. Bring it back before changing it."))
