"""An index for each order in which questions, answers and people are listed, so that a list costs the same at any length."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

IS_DUPLICATE = sa.text("duplicate_of_id IS NOT NULL")
NEW = {
    "ix_questions_unanswered": ("questions", ["answer_count", "created_at", "id"]),
    "ix_questions_unsolved": ("questions", ["accepted_count", "created_at", "id"]),
    "ix_questions_author": ("questions", ["author_id", "created_at", "id"]),
    "ix_questions_product_newest": ("questions", ["product_id", "created_at", "id"]),
    "ix_questions_product_active": ("questions", ["product_id", "active_at", "id"]),
    "ix_questions_product_affected": ("questions", ["product_id", "affected_count", "id"]),
    "ix_questions_product_unanswered": ("questions", ["product_id", "answer_count", "created_at", "id"]),
    "ix_question_tags_tag": ("question_tags", ["tag_id", "question_id"]),
    "ix_answers_author": ("answers", ["author_id", "created_at", "id"]),
    "ix_comments_author": ("comments", ["author_id", "created_at", "id"]),
    "ix_votes_cast": ("votes", ["user_id", "created_at"]),
    "ix_users_newest": ("users", ["created_at", "id"]),
    "ix_reputation_entries_day": ("reputation_entries", ["day", "user_id"]),
    "ix_articles_shelf": ("articles", ["withdrawn_at", "audience", "product_id", "type"]),
}
OLD = {
    "ix_questions_solved": ("questions", ["accepted_count", "active_at"]),
    "ix_questions_author_id": ("questions", ["author_id"]),
    "ix_questions_product_id": ("questions", ["product_id"]),
    "ix_questions_duplicate_of_id": ("questions", ["duplicate_of_id"]),
    "ix_question_tags_tag_id": ("question_tags", ["tag_id"]),
    "ix_answers_author_id": ("answers", ["author_id"]),
    "ix_comments_author_id": ("comments", ["author_id"]),
}


def upgrade() -> None:
    for name, (table, columns) in NEW.items():
        op.create_index(name, table, columns)
    op.create_index(
        "ix_questions_duplicate_of",
        "questions",
        ["duplicate_of_id"],
        sqlite_where=IS_DUPLICATE,
        postgresql_where=IS_DUPLICATE,
    )
    for name, (table, _columns) in OLD.items():
        op.drop_index(name, table)


def downgrade() -> None:
    for name, (table, columns) in OLD.items():
        op.create_index(name, table, columns)
    op.drop_index("ix_questions_duplicate_of", "questions")
    for name, (table, _columns) in NEW.items():
        op.drop_index(name, table)
