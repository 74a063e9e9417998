"""What people gave, and what there is on the site, is counted along; counted once for what is there already."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

QUESTION = "questions.deleted_at IS NULL AND questions.hidden_at IS NULL AND questions.held_at IS NULL"
ANSWER = "answers.deleted_at IS NULL AND answers.hidden_at IS NULL AND answers.held_at IS NULL"
COMMENT = "comments.deleted_at IS NULL AND comments.hidden_at IS NULL AND comments.held_at IS NULL"
THREAD = "answers JOIN questions ON questions.id = answers.question_id"
POSTS = " UNION ALL ".join(
    f"SELECT author_id, held_at, hidden_at, deleted_at FROM {table}" for table in ("questions", "answers", "comments")
)
COUNTED = {
    "asked": f"SELECT author_id, count(*) FROM questions WHERE {QUESTION} GROUP BY author_id",
    "answered": (
        f"SELECT answers.author_id, count(*) FROM {THREAD} WHERE {ANSWER} AND {QUESTION} GROUP BY answers.author_id"
    ),
    "accepted": (
        f"SELECT answers.author_id, count(*) FROM {THREAD} WHERE {ANSWER} AND {QUESTION}"
        " AND answers.accepted_at IS NOT NULL GROUP BY answers.author_id"
    ),
    "helped": (
        "SELECT author_id, sum(affected_count + CASE WHEN author_id = asker_id THEN 0 ELSE 1 END) FROM"
        " (SELECT DISTINCT answers.author_id, answers.question_id, questions.author_id AS asker_id,"
        f" questions.affected_count FROM {THREAD} WHERE {ANSWER} AND {QUESTION}"
        " AND (answers.accepted_at IS NOT NULL OR answers.verified_at IS NOT NULL)) AS solved GROUP BY author_id"
    ),
    "edited": (
        "SELECT author_id, count(*) FROM (SELECT suggested_edits.author_id FROM suggested_edits"
        " JOIN questions ON questions.id = suggested_edits.question_id"
        f" WHERE suggested_edits.approved_at IS NOT NULL AND {QUESTION}"
        " UNION ALL SELECT suggested_edits.author_id FROM suggested_edits"
        " JOIN answers ON answers.id = suggested_edits.answer_id JOIN questions ON questions.id = answers.question_id"
        f" WHERE suggested_edits.approved_at IS NOT NULL AND {ANSWER} AND {QUESTION}) AS taken GROUP BY author_id"
    ),
    "posts": f"SELECT author_id, count(*) FROM ({POSTS}) AS posts GROUP BY author_id",
    **{
        state: f"SELECT author_id, count(*) FROM ({POSTS}) AS posts WHERE {state}_at IS NOT NULL GROUP BY author_id"
        for state in ("held", "hidden", "deleted")
    },
    "people": "SELECT role, count(*) FROM users WHERE deleted_at IS NULL GROUP BY role",
    "guides": "SELECT 0, count(*) FROM articles WHERE withdrawn_at IS NULL",
    "answers": f"SELECT 0, count(*) FROM answers WHERE {ANSWER}",
    "comments": f"SELECT 0, count(*) FROM comments WHERE {COMMENT}",
    "pictures": "SELECT 0, count(*) FROM uploads",
    "picture_bytes": "SELECT 0, coalesce(sum(size), 0) FROM uploads",
}
OWNER = """
    UPDATE {table} SET owner_id = coalesce(
        person_id,
        (SELECT author_id FROM questions WHERE questions.id = question_id),
        (SELECT author_id FROM answers WHERE answers.id = answer_id),
        (SELECT author_id FROM comments WHERE comments.id = comment_id)
    )
"""
TAKEN = "approved_at IS NOT NULL"
SAID_OF_SOMEBODY = {"reports": "ix_reports_owner", "moderation_acts": "ix_moderation_acts_owner"}


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("of_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tallies")),
    )
    for what, counted in COUNTED.items():
        op.execute(
            f"INSERT INTO tallies (what, of_id, amount) SELECT '{what}', counted.* FROM ({counted}) AS counted"
        )
    op.create_index("ix_tallies_of", "tallies", ["of_id", "what", "amount"])
    op.add_column("articles", sa.Column("helped_count", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE articles SET helped_count = (SELECT count(*) FROM article_feedback"
        " WHERE article_feedback.article_id = articles.id AND article_feedback.helped)"
    )
    for table, index in SAID_OF_SOMEBODY.items():
        with _made_anew(table) as batch:
            batch.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
            batch.create_foreign_key(op.f(f"fk_{table}_owner_id_users"), "users", ["owner_id"], ["id"])
        op.execute(OWNER.format(table=table))
        op.create_index(index, table, ["owner_id", "id"])
    best = ["author_id", "confidence", "id"]
    _create_index_where("ix_answers_best_accepted", "answers", best, "accepted_at IS NOT NULL")
    _create_index_where("ix_answers_best_others", "answers", best, "accepted_at IS NULL")
    _create_index_where("ix_answers_grown", "answers", ["author_id", "article_id"], "article_id IS NOT NULL")
    _create_index_where("ix_suggested_edits_taken", "suggested_edits", ["author_id", "created_at", "id"], TAKEN)
    _create_index_where(
        "ix_suggested_edits_in_guides",
        "suggested_edits",
        ["author_id", "article_id"],
        f"{TAKEN} AND article_id IS NOT NULL",
    )


@contextmanager
def _made_anew(table: str) -> Iterator[BatchOperations]:
    """As SQLite needs it for a foreign key. The tables it refers to have indexes that are not understood, and not needed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection")
        with op.batch_alter_table(table) as batch:
            yield batch


def _create_index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_suggested_edits_in_guides", "suggested_edits")
    op.drop_index("ix_suggested_edits_taken", "suggested_edits")
    op.drop_index("ix_answers_grown", "answers")
    op.drop_index("ix_answers_best_others", "answers")
    op.drop_index("ix_answers_best_accepted", "answers")
    for table, index in SAID_OF_SOMEBODY.items():
        op.drop_index(index, table)
        with _made_anew(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_owner_id_users"), type_="foreignkey")
            batch.drop_column("owner_id")
    op.drop_column("articles", "helped_count")
    op.drop_table("tallies")
