"""What each day and each month brought a person is kept along; added up once for what is there already."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

VOTES = "cause IN ('question_up', 'question_down', 'answer_up', 'answer_down')"
MOST_FROM_VOTES = 200


def upgrade() -> None:
    op.create_table(
        "reputation_days",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("is_lately", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reputation_days_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_reputation_days")),
    )
    since = (datetime.now(UTC) - timedelta(days=30)).date()
    op.execute(
        sa.text(
            f"""
            INSERT INTO reputation_days (user_id, day, points, is_lately)
            SELECT user_id, day,
                   CASE WHEN votes > {MOST_FROM_VOTES} THEN {MOST_FROM_VOTES} ELSE votes END + others, day >= :since
            FROM (
                SELECT reputation_entries.user_id, reputation_entries.day,
                       sum(CASE WHEN {VOTES} THEN reputation_entries.points ELSE 0 END) AS votes,
                       sum(CASE WHEN {VOTES} THEN 0 ELSE reputation_entries.points END) AS others
                FROM reputation_entries
                LEFT JOIN questions ON questions.id = reputation_entries.question_id
                LEFT JOIN answers ON answers.id = reputation_entries.answer_id
                WHERE reputation_entries.cancelled_at IS NULL
                  AND questions.deleted_at IS NULL AND questions.hidden_at IS NULL AND questions.held_at IS NULL
                  AND answers.deleted_at IS NULL AND answers.hidden_at IS NULL AND answers.held_at IS NULL
                GROUP BY reputation_entries.user_id, reputation_entries.day
            ) AS sums
            """
        ).bindparams(sa.bindparam("since", since, type_=sa.Date()))
    )
    lately = sa.text("is_lately")
    op.create_index(
        "ix_reputation_days_lately",
        "reputation_days",
        ["day", "user_id"],
        sqlite_where=lately,
        postgresql_where=lately,
    )
    op.drop_index("ix_reputation_entries_day", "reputation_entries")
    op.add_column("users", sa.Column("points_lately", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        """
        UPDATE users SET points_lately = (
            SELECT sum(reputation_days.points) FROM reputation_days
            WHERE reputation_days.user_id = users.id AND reputation_days.is_lately
        ) WHERE id IN (SELECT user_id FROM reputation_days WHERE is_lately)
        """
    )
    op.create_index("ix_users_lately", "users", ["points_lately", "id"])


def downgrade() -> None:
    op.drop_index("ix_users_lately", "users")
    op.drop_column("users", "points_lately")
    op.create_index("ix_reputation_entries_day", "reputation_entries", ["day", "user_id"])
    op.drop_table("reputation_days")
