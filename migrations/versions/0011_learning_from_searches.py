"""Searches and what became of them, pinned results and golden queries."""

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("query", sa.String(200), nullable=False),
        sa.Column("normal", sa.String(200), nullable=False),
        sa.Column("is_typed", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["after_id"], ["searches.id"], name=op.f("fk_searches_after_id_searches"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
        sa.UniqueConstraint("key", name=op.f("uq_searches_key")),
    )
    op.create_index(op.f("ix_searches_after_id"), "searches", ["after_id"])
    op.create_index("ix_searches_created", "searches", ["created_at", "id"])
    op.create_index("ix_searches_normal", "searches", ["normal", "created_at"])
    op.create_table(
        "search_clicks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"], ["searches.id"], name=op.f("fk_search_clicks_search_id_searches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_clicks")),
        sa.UniqueConstraint("search_id", "target", name=op.f("uq_search_clicks_search_id_target")),
    )
    _table_about_one_thing(
        "pinned_results", "owner_id", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index("ix_pinned_results_normal", "pinned_results", ["normal"])
    _table_about_one_thing("golden_queries", "by_id")


def _table_about_one_thing(table: str, person: str, *more: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("query", sa.String(200), nullable=False),
        sa.Column("normal", sa.String(200), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(person, sa.Integer(), nullable=False),
        *more,
        sa.CheckConstraint(
            "(article_id IS NULL) <> (question_id IS NULL)", name=op.f(f"ck_{table}_one_thing")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f(f"fk_{table}_article_id_articles"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f(f"fk_{table}_question_id_questions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint([person], ["users.id"], name=op.f(f"fk_{table}_{person}_users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("normal", "article_id", name=f"uq_{table}_article"),
        sa.UniqueConstraint("normal", "question_id", name=f"uq_{table}_question"),
    )
    for column in ("article_id", "question_id", person):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table in ("golden_queries", "pinned_results", "search_clicks", "searches"):
        op.drop_table(table)
