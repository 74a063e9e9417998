"""Searches of whose answer people want to hear."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "awaited_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("query", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_awaited_answers_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awaited_answers")),
    )
    op.create_index(op.f("ix_awaited_answers_user_id"), "awaited_answers", ["user_id"])


def downgrade() -> None:
    op.drop_table("awaited_answers")
