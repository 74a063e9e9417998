"""Who hears of what. Nobody hears of their own deeds, and nobody twice of one.

Where several reasons fit, the first in the order of these functions' lists is told. People on a thread hear in
the transaction of the deed; followers of products, tags and people, who may be many, by a job.
"""

from app.articles.events import ArticlePublished, FeedbackFixed
from app.catalog.events import TagMerged
from app.core import addresses
from app.core.db import db
from app.forum.events import (
    AnswerAccepted,
    AnswerLinkedToArticle,
    AnswerPosted,
    AnswerVerified,
    CommentPosted,
    DuplicateConfirmed,
    DuplicateSuggested,
    EditSuggested,
    PostEdited,
    QuestionAsked,
    SuggestedEditApproved,
    SuggestedEditRejected,
)
from app.forum.models import Answer, Comment, Question, SuggestedEdit
from app.mail import outbox
from app.moderation.events import PostApproved, PostHidden, ReportAnswered
from app.notifications import follow_queries, letters, mentions, news
from app.notifications import telling_queries as queries
from app.notifications.telling import Happening, Hearer, tell


def _event_of(post: Question | Answer | Comment) -> str:
    """The name of a post's coming into being, whoever hears of it and why."""
    return f"{type(post).__name__.lower()}-{post.id}"


def _followers(question: Question, kind: str, about: str) -> list[Hearer]:
    return [Hearer(user_id, kind, reason, about) for user_id, reason in follow_queries.followers(question)]


def _asker_first(question: Question, kind: str, about: str, html: str) -> list[Hearer]:
    """Who hears of a new answer: who asked, then who is named, then who follows."""
    following = _followers(question, kind, about)
    asked = [hearer for hearer in following if hearer.reason == "asked"]
    return [*asked, *_mentioned(question.id, html), *following]


def _mentioned(question_id: int, html: str) -> list[Hearer]:
    people = queries.people_with_names(mentions.names(html))[: mentions.MOST]
    return [Hearer(user_id, "mention", "mentioned", f"question-{question_id}") for user_id in people]


# Posts


def tell_of_question(event: QuestionAsked) -> None:
    """Who is named in it; then followers of its asker, product and tags."""
    question = event.question
    happening = Happening(_event_of(question), event.by.id, question_id=question.id)
    tell(happening, _mentioned(question.id, question.body_html))
    news.spread_question(question)


def tell_of_answer(event: AnswerPosted) -> None:
    """The asker, who is named in it, and everyone who follows the question; then followers of its author."""
    answer = event.answer
    happening = Happening(_event_of(answer), event.by.id, question_id=answer.question_id, answer_id=answer.id)
    about = f"question-{answer.question_id}"
    tell(happening, _asker_first(answer.question, "answer", about, answer.body_html))
    news.spread_answer(answer)


def tell_of_edited_post(event: PostEdited) -> None:
    """Who is named in a post now, and has not heard of it before."""
    post = event.post
    if not post.is_here:
        return
    is_comment, is_answer = isinstance(post, Comment), isinstance(post, Answer)
    happening = Happening(
        _event_of(post),
        event.by.id,
        question_id=post.question_id,
        answer_id=post.answer_id if isinstance(post, Comment) else post.id if is_answer else None,
        comment_id=post.id if is_comment else None,
    )
    tell(
        happening,
        [one for one in _mentioned(post.question_id, post.body_html) if one.user_id != post.author_id],
    )


def tell_of_comment(event: CommentPosted) -> None:
    """The author of what was commented on, and who is named in it."""
    post, comment = event.answer or event.question, event.comment
    happening = Happening(
        _event_of(comment),
        event.by.id,
        question_id=event.question.id,
        answer_id=event.answer.id if event.answer else None,
        comment_id=comment.id,
    )
    author = Hearer(post.author_id, "comment", "author", _event_of(post))
    tell(happening, [author, *_mentioned(event.question.id, comment.body_html)])


# What becomes of answers


def tell_of_accepted_answer(event: AnswerAccepted) -> None:
    """The answerer, and everyone who follows the question."""
    _tell_of_answer(event.answer, "accepted", event.by.id)
    answer = event.answer
    happening = Happening(
        f"solved-{answer.id}", event.by.id, question_id=answer.question_id, answer_id=answer.id
    )
    followers = _followers(answer.question, "solved", f"question-{answer.question_id}")
    tell(happening, [one for one in followers if one.user_id != answer.author_id])


def tell_of_verified_answer(event: AnswerVerified) -> None:
    """The answerer."""
    _tell_of_answer(event.answer, "verified", event.by.id)


def _tell_of_answer(answer: Answer, kind: str, by_id: int) -> None:
    happening = Happening(f"{kind}-{answer.id}", by_id, question_id=answer.question_id, answer_id=answer.id)
    tell(happening, [Hearer(answer.author_id, kind, "author", _event_of(answer))])


# Guides


def tell_of_linked_guide(event: AnswerLinkedToArticle) -> None:
    """There was a guide all along: everyone who follows the question should know."""
    if event.answer.article_id is not None:
        _tell_of_guide(event.answer, event.answer.article_id, event.by.id)


def tell_of_published_guide(event: ArticlePublished) -> None:
    """The answerer whose words became a guide, and everyone who follows the question; then followers of its product."""
    by_id = event.by.id if event.by else None
    answer_id = event.draft.answer_id if event.draft else None
    answer = db.session.get(Answer, answer_id) if answer_id is not None else None
    if answer is not None:
        _tell_of_guide(answer, event.article.id, by_id, grown=True)
    if event.is_new:
        news.spread_article(event.article, by_id)


def _tell_of_guide(answer: Answer, article_id: int, by_id: int | None, *, grown: bool = False) -> None:
    happening = Happening(
        f"guide-{article_id}-question-{answer.question_id}",
        by_id,
        question_id=answer.question_id,
        answer_id=answer.id,
        article_id=article_id,
    )
    about = f"question-{answer.question_id}-article-{article_id}"
    author = [Hearer(answer.author_id, "became_guide", "author", about)] if grown else []
    tell(happening, [*author, *_followers(answer.question, "guide", about)])


def tell_of_fixed_feedback(event: FeedbackFixed) -> None:
    """The reader whose words made a guide better: in the inbox, or, if they left an address, by a letter."""
    feedback = event.feedback
    about = f"article-{feedback.article_id}"
    if feedback.user_id is not None:
        happening = Happening(f"feedback-{feedback.id}", event.by.id, article_id=feedback.article_id)
        tell(happening, [Hearer(feedback.user_id, "feedback_fixed", "told", about)])
    elif feedback.email:
        article = queries.article(feedback.article_id)
        subject, text = letters.feedback_fixed(article.title, addresses.article(article.slug))
        outbox.send_later(to=feedback.email, subject=subject, text=text, key=f"feedback-fixed:{feedback.id}")


# Duplicates and suggested edits


def tell_of_suggested_duplicate(event: DuplicateSuggested) -> None:
    """The asker, who knows whether it is the same."""
    asked = event.duplicate.question
    happening = Happening(f"duplicate-{event.duplicate.id}", event.by.id, question_id=asked.id)
    tell(happening, [Hearer(asked.author_id, "duplicate_suggested", "asked", f"question-{asked.id}")])


def tell_of_confirmed_duplicate(event: DuplicateConfirmed) -> None:
    """Everyone who follows the question: its answers are in another place now."""
    asked = event.duplicate.question
    happening = Happening(f"duplicate-confirmed-{event.duplicate.id}", event.by.id, question_id=asked.id)
    tell(happening, _followers(asked, "duplicate", f"question-{asked.id}"))


def tell_of_suggested_edit(event: EditSuggested) -> None:
    """Whose text it would change."""
    suggestion = event.suggestion
    if suggestion.owner_id is not None:
        _tell_of_edit(
            suggestion, "edit_suggested", event.by.id, suggestion.owner_id, "author", suggestion.why
        )


def tell_of_approved_edit(event: SuggestedEditApproved) -> None:
    """Who suggested it."""
    suggestion = event.suggestion
    _tell_of_edit(suggestion, "edit_approved", event.by.id, suggestion.author_id, "suggested", "")


def tell_of_rejected_edit(event: SuggestedEditRejected) -> None:
    """Who suggested it, with the reason."""
    suggestion = event.suggestion
    words = suggestion.rejected_why
    _tell_of_edit(suggestion, "edit_rejected", event.by.id, suggestion.author_id, "suggested", words)


def _tell_of_edit(
    suggestion: SuggestedEdit, kind: str, by_id: int, hearer_id: int, reason: str, words: str
) -> None:
    answer = suggestion.answer
    about = f"suggested-edit-{suggestion.id}"
    happening = Happening(
        f"{kind}-{suggestion.id}",
        by_id,
        question_id=answer.question_id if answer else suggestion.question_id,
        answer_id=suggestion.answer_id,
        article_id=suggestion.article_id,
        words=words,
    )
    tell(happening, [Hearer(hearer_id, kind, reason, about, url=f"/suggested-edits/{suggestion.id}")])


# From the moderators


def move_followers_of_tag(event: TagMerged) -> None:
    """Whoever followed the tag that goes follows the one that stays."""
    follow_queries.move_followers("tag", event.tag.id, event.into.id)


def tell_of_answered_report(event: ReportAnswered) -> None:
    """Who reported it. Which moderator looked at it is not told."""
    report = event.report
    happening = Happening(f"report-{report.id}", None, words=report.answer)
    tell(happening, [Hearer(report.reporter_id, "report_answered", "reported", f"report-{report.id}")])


def tell_of_approved_post(event: PostApproved) -> None:
    """Its author: everybody can see it now."""
    _tell_author(event.post, "post_shown", _event_of(event.post), "")


def tell_of_hidden_post(event: PostHidden) -> None:
    """Its author, with the reason."""
    post = event.post
    # It may be shown again, and hidden again for another reason.
    moment = f"{post.hidden_at:%Y%m%d%H%M%S}" if post.hidden_at else ""
    _tell_author(post, "post_hidden", f"{_event_of(post)}-{moment}", post.hidden_why)


def _tell_author(post: Question | Answer | Comment, kind: str, event: str, words: str) -> None:
    answer_id = post.answer_id if isinstance(post, Comment) else post.id if isinstance(post, Answer) else None
    happening = Happening(
        f"{kind}-{event}",
        None,
        question_id=post.question_id,
        answer_id=answer_id,
        comment_id=post.id if isinstance(post, Comment) else None,
        words=words,
    )
    tell(happening, [Hearer(post.author_id, kind, "author", _event_of(post))])
