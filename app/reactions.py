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
    PostHeld,
    QuestionAsked,
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
from app.moderation.reactions import open_case_of_held_post
from app.notifications.reactions import (
    tell_answerer_it_was_accepted,
    tell_answerer_it_was_verified,
    tell_author_of_comment,
    tell_giver_it_was_fixed,
    tell_people_of_the_linked_guide,
    tell_people_on_the_question,
    tell_people_with_the_problem,
)
from app.reputation.reactions import (
    reward_accepted_answer,
    reward_promoted_answer,
    reward_suggested_edit,
    reward_verified_answer,
    reward_vote,
    settle_author,
    take_back_accepted,
    take_back_verified,
)

REACTIONS: Mapping[type[Event], Sequence[Reaction]] = {
    TagMerged: [retag_questions, retag_articles],
    QuestionAsked: [],
    AnswerPosted: [tell_people_with_the_problem],
    CommentPosted: [tell_author_of_comment],
    CommentDeleted: [],
    CommentUndeleted: [],
    DuplicateSuggested: [],
    DuplicateConfirmed: [],
    DuplicateDeclined: [],
    DuplicateWithdrawn: [],
    EditSuggested: [],
    SuggestedEditApproved: [reward_suggested_edit],
    SuggestedEditRejected: [],
    PostCameOrWent: [settle_author],
    PostHeld: [open_case_of_held_post],
    VoteCast: [reward_vote],
    AnswerAccepted: [reward_accepted_answer, tell_answerer_it_was_accepted],
    AnswerUnaccepted: [take_back_accepted],
    AnswerVerified: [reward_verified_answer, tell_answerer_it_was_verified],
    AnswerUnverified: [take_back_verified],
    AnswerLinkedToArticle: [tell_people_of_the_linked_guide],
    ReportAnswered: [],
    PostApproved: [],
    PostHidden: [],
    PostRestored: [],
    PersonSuspended: [],
    SuspensionLifted: [],
    ArticlePublished: [link_thread_to_article, reward_promoted_answer, tell_people_on_the_question],
    ArticleWithdrawn: [],
    FeedbackGiven: [],
    FeedbackAccepted: [],
    FeedbackFixed: [tell_giver_it_was_fixed],
    FeedbackDeclined: [],
}
