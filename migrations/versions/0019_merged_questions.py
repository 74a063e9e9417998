"""Answers of a duplicate may stand where it points to."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("questions") as questions:
        questions.add_column(sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("answers") as answers:
        answers.add_column(sa.Column("moved_from_id", sa.Integer(), nullable=True))
        answers.create_foreign_key(
            op.f("fk_answers_moved_from_id_questions"), "questions", ["moved_from_id"], ["id"]
        )
        answers.create_index(op.f("ix_answers_moved_from_id"), ["moved_from_id"])


def downgrade() -> None:
    # What was moved goes home first.
    op.execute("UPDATE comments SET question_id = (SELECT moved_from_id FROM answers WHERE answers.id = comments.answer_id)"
               " WHERE answer_id IN (SELECT id FROM answers WHERE moved_from_id IS NOT NULL)")
    op.execute("UPDATE answers SET question_id = moved_from_id WHERE moved_from_id IS NOT NULL")
    op.execute("UPDATE moderation_acts SET deed = 'settle' WHERE deed = 'merge'")
    with op.batch_alter_table("answers") as answers:
        answers.drop_index(op.f("ix_answers_moved_from_id"))
        answers.drop_constraint(op.f("fk_answers_moved_from_id_questions"), type_="foreignkey")
        answers.drop_column("moved_from_id")
    with op.batch_alter_table("questions") as questions:
        questions.drop_column("merged_at")
