"""Each tag of a question keeps what lists of that tag are ordered by, and an index for each order."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COLUMNS = {
    "product_id": sa.Integer(),
    "created_at": MOMENT,
    "active_at": MOMENT,
    "changed_at": MOMENT,
    "affected_count": sa.Integer(),
    "answer_count": sa.Integer(),
}
INDEXES = {
    "newest": ["created_at", "question_id"],
    "active": ["active_at", "question_id"],
    "affected": ["affected_count", "question_id"],
    "unanswered": ["answer_count", "created_at", "question_id"],
    "product_newest": ["product_id", "created_at", "question_id"],
    "product_active": ["product_id", "active_at", "question_id"],
    "product_affected": ["product_id", "affected_count", "question_id"],
    "product_unanswered": ["product_id", "answer_count", "created_at", "question_id"],
    "changed": ["changed_at"],
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("question_tags", sa.Column(name, kind, nullable=True))
    op.execute(
        """
        UPDATE question_tags SET (product_id, created_at, active_at, changed_at, affected_count, answer_count) = (
            SELECT product_id, created_at, active_at,
                   CASE WHEN edited_at > active_at THEN edited_at ELSE active_at END, affected_count, answer_count
            FROM questions WHERE questions.id = question_tags.question_id
        )
        """
    )
    for name, columns in INDEXES.items():
        op.create_index(f"ix_question_tags_{name}", "question_tags", ["tag_id", *columns])
    op.drop_index("ix_question_tags_tag", "question_tags")


def downgrade() -> None:
    op.create_index("ix_question_tags_tag", "question_tags", ["tag_id", "question_id"])
    for name in INDEXES:
        op.drop_index(f"ix_question_tags_{name}", "question_tags")
    with op.batch_alter_table("question_tags") as table:
        for name in COLUMNS:
            table.drop_column(name)
