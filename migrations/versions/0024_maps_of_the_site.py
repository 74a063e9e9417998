"""Indexes that say when each map of the site was changed last. A map holds 10,000 numbers of rows."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

HERE = "deleted_at IS NULL AND hidden_at IS NULL AND held_at IS NULL"
FIRST_ASKED = f"{HERE} AND duplicate_of_id IS NULL"


def map_of(column: str) -> sa.TextClause:
    return sa.text(f"(({column} - 1) / 10000)")


def upgrade() -> None:
    for name, table, columns, condition in (
        ("ix_questions_map", "questions", [map_of("id"), "active_at"], FIRST_ASKED),
        (
            "ix_questions_edited_map",
            "questions",
            [map_of("id"), "edited_at"],
            f"{FIRST_ASKED} AND edited_at IS NOT NULL",
        ),
        ("ix_questions_authors_map", "questions", [map_of("author_id"), "created_at"], HERE),
        ("ix_answers_authors_map", "answers", [map_of("author_id"), "created_at"], HERE),
    ):
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_question_tags_map", "question_tags", [map_of("tag_id"), "changed_at"])
    op.create_index("ix_articles_map", "articles", [map_of("id"), "updated_at"])


def downgrade() -> None:
    op.drop_index("ix_articles_map", "articles")
    op.drop_index("ix_question_tags_map", "question_tags")
    op.drop_index("ix_answers_authors_map", "answers")
    op.drop_index("ix_questions_authors_map", "questions")
    op.drop_index("ix_questions_edited_map", "questions")
    op.drop_index("ix_questions_map", "questions")
