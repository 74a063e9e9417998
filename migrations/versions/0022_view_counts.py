"""How often guides and questions are opened: sums, and for guides the days of the last year."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A column with a constant needs no row to be written, on either database.
    for table in ("articles", "questions"):
        op.add_column(table, sa.Column("view_count", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "article_views",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_views_article_id_articles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "day", name=op.f("pk_article_views")),
    )
    op.create_index("ix_article_views_day", "article_views", ["day"])


def downgrade() -> None:
    op.drop_table("article_views")
    for table in ("questions", "articles"):
        op.drop_column(table, "view_count")
