"""Duplicates, wiki answers and suggested edits."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = "approved_at IS NULL AND rejected_at IS NULL AND withdrawn_at IS NULL"
# Table, column, and the table that it points to.
POINTERS = (
    ("questions", "duplicate_of_id", "questions"),
    ("answers", "wiki_by_id", "users"),
    ("comments", "deleted_by_id", "users"),
    ("comments", "became_answer_id", "answers"),
)
MOMENTS = (("answers", "wiki_at"), ("comments", "edited_at"))


def upgrade() -> None:
    for table, column in MOMENTS:
        op.add_column(table, sa.Column(column, MOMENT, nullable=True))
    for table, column, target in POINTERS:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(column, sa.Integer(), nullable=True))
            batch.create_foreign_key(op.f(f"fk_{table}_{column}_{target}"), target, [column], ["id"])
    op.create_index(op.f("ix_questions_duplicate_of_id"), "questions", ["duplicate_of_id"])
    op.create_table(
        "duplicates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("original_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("question_id <> original_id", name=op.f("ck_duplicates_two_questions")),
        *_keys(
            "duplicates",
            question_id="questions",
            original_id="questions",
            by_id="users",
            decided_by_id="users",
        ),
    )
    for column in ("question_id", "original_id"):
        op.create_index(op.f(f"ix_duplicates_{column}"), "duplicates", [column])
    _create_unique_where(
        "uq_duplicates_open", "duplicates", ["question_id", "original_id"], "ended_at IS NULL"
    )
    op.create_table(
        "suggested_edits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=True)
            for name in ("question_id", "answer_id", "article_id", "owner_id", "product_id")
        ),
        sa.Column("base_title", sa.String(length=300), nullable=False),
        sa.Column("base_body", sa.Text(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("rejected_at", MOMENT, nullable=True),
        sa.Column("rejected_why", sa.String(length=500), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("was_improved", sa.Boolean(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN question_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN answer_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN article_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_suggested_edits_one_post"),
        ),
        *_keys(
            "suggested_edits",
            author_id="users",
            question_id="questions",
            answer_id="answers",
            article_id="articles",
            owner_id="users",
            product_id="products",
            decided_by_id="users",
            draft_id="drafts",
        ),
    )
    for column in ("question_id", "answer_id", "article_id", "owner_id"):
        op.create_index(op.f(f"ix_suggested_edits_{column}"), "suggested_edits", [column])
    for post in ("question", "answer", "article"):
        name = f"uq_suggested_edits_open_{post}"
        _create_unique_where(name, "suggested_edits", ["author_id", f"{post}_id"], OPEN)


def _keys(table: str, **targets: str) -> list[sa.Constraint]:
    """The primary key, and a foreign key for each column that points to a table."""
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
            for column, target in targets.items()
        ),
    ]


def _create_unique_where(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    op.drop_table("suggested_edits")
    op.drop_table("duplicates")
    op.drop_index(op.f("ix_questions_duplicate_of_id"), "questions")
    for table, column, target in reversed(POINTERS):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_{column}_{target}"), type_="foreignkey")
            batch.drop_column(column)
    for table, column in reversed(MOMENTS):
        op.drop_column(table, column)
