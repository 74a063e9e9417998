"""Feedback on guides: what readers say, and how often each edition of a guide helped."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "article_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("visitor_key", sa.String(length=32), nullable=True),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_why", sa.String(length=500), nullable=False),
        sa.Column("handled_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "user_id IS NULL OR visitor_key IS NULL", name=op.f("ck_article_feedback_one_giver")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_feedback_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["handled_by_id"], ["users.id"], name=op.f("fk_article_feedback_handled_by_id_users")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_article_feedback_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_feedback")),
        sa.UniqueConstraint("article_id", "edition", "user_id", name="uq_article_feedback_person"),
        sa.UniqueConstraint("article_id", "edition", "visitor_key", name="uq_article_feedback_visitor"),
    )
    op.create_index("ix_article_feedback_said", "article_feedback", ["said_at", "id"])
    op.create_index(op.f("ix_article_feedback_user_id"), "article_feedback", ["user_id"])
    # Added and dropped without copying the table, which holds every guide.
    op.add_column("articles", sa.Column("edition", sa.Integer(), server_default="1", nullable=False))
    op.add_column("articles", sa.Column("helpful_yes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("articles", sa.Column("helpful_no", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    for name in ("helpful_no", "helpful_yes", "edition"):
        op.drop_column("articles", name)
    op.drop_table("article_feedback")
