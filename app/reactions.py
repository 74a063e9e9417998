"""When this happens, these follow, in this order, inside the same transaction."""

from collections.abc import Mapping, Sequence

from app.articles.events import (
    ArticlePublished,
    ArticleWithdrawn,
    FeedbackAccepted,
    FeedbackDeclined,
    FeedbackFixed,
    FeedbackGiven,
)
from app.articles.reactions import retag_articles
from app.catalog.events import TagMerged
from app.core.events import Event, Reaction
from app.forum.events import (
    AnswerAccepted,
    AnswerLinkedToArticle,
    AnswerPosted,
    AnswerUnaccepted,
    AnswerUnverified,
    AnswerVerified,
    CommentDeleted,
    CommentPosted,
    CommentUndeleted,
    DuplicateConfirmed,
    DuplicateDeclined,
    DuplicateSuggested,
    DuplicateWithdrawn,
    EditSuggested,
    PostCameOrWent,
    PostEdited,
    PostHeld,
    QuestionAsked,
    QuestionMerged,
    SuggestedEditApproved,
    SuggestedEditRejected,
    VoteCast,
)
from app.forum.reactions import link_thread_to_article, retag_questions
from app.moderation.events import (
    PersonSuspended,
    PostApproved,
    PostHidden,
    PostRestored,
    ReportAnswered,
    SuspensionLifted,
)
from app.moderation.reactions import log_merged_question, open_case_of_held_post
from app.notifications.awaiting import tell_who_awaits_answer, tell_who_awaits_guide
from app.notifications.reactions import (
    move_followers_of_tag,
    tell_of_accepted_answer,
    tell_of_answer,
    tell_of_answered_report,
    tell_of_approved_edit,
    tell_of_approved_post,
    tell_of_comment,
    tell_of_confirmed_duplicate,
    tell_of_edited_post,
    tell_of_fixed_feedback,
    tell_of_hidden_post,
    tell_of_linked_guide,
    tell_of_published_guide,
    tell_of_question,
    tell_of_rejected_edit,
    tell_of_suggested_duplicate,
    tell_of_suggested_edit,
    tell_of_verified_answer,
)
from app.reputation.reactions import (
    reward_accepted_answer,
    reward_promoted_answer,
    reward_suggested_edit,
    reward_verified_answer,
    reward_vote,
    settle_post,
    take_back_accepted,
    take_back_verified,
)

REACTIONS: Mapping[type[Event], Sequence[Reaction]] = {
    TagMerged: [retag_questions, retag_articles, move_followers_of_tag],
    QuestionAsked: [tell_of_question],
    AnswerPosted: [tell_of_answer],
    CommentPosted: [tell_of_comment],
    CommentDeleted: [],
    CommentUndeleted: [],
    DuplicateSuggested: [tell_of_suggested_duplicate],
    DuplicateConfirmed: [tell_of_confirmed_duplicate],
    DuplicateDeclined: [],
    DuplicateWithdrawn: [],
    QuestionMerged: [log_merged_question],
    EditSuggested: [tell_of_suggested_edit],
    SuggestedEditApproved: [reward_suggested_edit, tell_of_approved_edit],
    SuggestedEditRejected: [tell_of_rejected_edit],
    PostCameOrWent: [settle_post],
    PostEdited: [tell_of_edited_post],
    PostHeld: [open_case_of_held_post],
    VoteCast: [reward_vote],
    AnswerAccepted: [reward_accepted_answer, tell_of_accepted_answer, tell_who_awaits_answer],
    AnswerUnaccepted: [take_back_accepted],
    AnswerVerified: [reward_verified_answer, tell_of_verified_answer, tell_who_awaits_answer],
    AnswerUnverified: [take_back_verified],
    AnswerLinkedToArticle: [tell_of_linked_guide],
    ReportAnswered: [tell_of_answered_report],
    PostApproved: [tell_of_approved_post],
    PostHidden: [tell_of_hidden_post],
    PostRestored: [],
    PersonSuspended: [],
    SuspensionLifted: [],
    ArticlePublished: [
        link_thread_to_article,
        reward_promoted_answer,
        tell_of_published_guide,
        tell_who_awaits_guide,
    ],
    ArticleWithdrawn: [],
    FeedbackGiven: [],
    FeedbackAccepted: [],
    FeedbackFixed: [tell_of_fixed_feedback],
    FeedbackDeclined: [],
}
