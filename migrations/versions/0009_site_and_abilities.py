"""What administrators decide about the site, and the ledger's causes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_settings")),
        sa.UniqueConstraint("key", name=op.f("uq_site_settings_key")),
    )
    op.create_table(
        "site_announcements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_announcements")),
    )
    op.create_index(op.f("ix_site_announcements_ends_at"), "site_announcements", ["ends_at"])
    op.create_table(
        "site_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("deed", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_site_changes_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_changes")),
    )
    op.create_index(op.f("ix_site_changes_by_id"), "site_changes", ["by_id"])
    op.create_index(op.f("ix_site_changes_created_at"), "site_changes", ["created_at"])
    op.add_column("products", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("reputation_entries") as table:
        table.add_column(sa.Column("by_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("day", sa.Date(), server_default="1970-01-01", nullable=False))
        table.add_column(sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f("fk_reputation_entries_by_id_users"), "users", ["by_id"], ["id"])
        table.create_index(op.f("ix_reputation_entries_question_id"), ["question_id"])
        table.create_index("ix_reputation_entries_days", ["user_id", "day"])
        table.create_index("ix_reputation_entries_told", ["user_id", "created_at", "id"])
        table.drop_index(op.f("ix_reputation_entries_user_id"))
    _tell_causes_apart()


TELL_APART = """
DELETE FROM reputation_entries WHERE cause IN ('question_vote', 'answer_vote', 'unaccepted', 'unverified');
INSERT INTO reputation_entries (user_id, cause, points, question_id, by_id, created_at)
    SELECT author_id, 'question_up', 5, questions.id, votes.user_id, votes.created_at
    FROM votes JOIN questions ON questions.id = votes.question_id WHERE value = 1;
INSERT INTO reputation_entries (user_id, cause, points, question_id, by_id, created_at)
    SELECT author_id, 'question_down', -2, questions.id, votes.user_id, votes.created_at
    FROM votes JOIN questions ON questions.id = votes.question_id WHERE value = -1;
INSERT INTO reputation_entries (user_id, cause, points, answer_id, by_id, created_at)
    SELECT author_id, 'answer_up', 10, answers.id, votes.user_id, votes.created_at
    FROM votes JOIN answers ON answers.id = votes.answer_id WHERE value = 1;
INSERT INTO reputation_entries (user_id, cause, points, answer_id, by_id, created_at)
    SELECT author_id, 'answer_down', -2, answers.id, votes.user_id, votes.created_at
    FROM votes JOIN answers ON answers.id = votes.answer_id WHERE value = -1;
DELETE FROM reputation_entries WHERE cause = 'accepted' AND (
    answer_id IN (SELECT id FROM answers WHERE accepted_at IS NULL) OR id NOT IN
    (SELECT MAX(id) FROM reputation_entries WHERE cause = 'accepted' GROUP BY answer_id));
DELETE FROM reputation_entries WHERE cause = 'verified' AND (
    answer_id IN (SELECT id FROM answers WHERE verified_at IS NULL) OR id NOT IN
    (SELECT MAX(id) FROM reputation_entries WHERE cause = 'verified' GROUP BY answer_id))
"""
"""One row per cause that still holds, where there was one for each step there and back again."""


def _tell_causes_apart() -> None:
    for statement in TELL_APART.split(";"):
        op.execute(statement)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE reputation_entries SET day = date(created_at)")
    else:
        op.execute("UPDATE reputation_entries SET day = (created_at AT TIME ZONE 'UTC')::date")


def downgrade() -> None:
    op.execute("DELETE FROM reputation_entries WHERE cancelled_at IS NOT NULL")
    op.execute("UPDATE reputation_entries SET cause = 'question_vote' WHERE cause LIKE 'question_%'")
    op.execute("UPDATE reputation_entries SET cause = 'answer_vote' WHERE cause LIKE 'answer_%'")
    with op.batch_alter_table("reputation_entries") as table:
        table.create_index(op.f("ix_reputation_entries_user_id"), ["user_id"])
        table.drop_index("ix_reputation_entries_told")
        table.drop_index("ix_reputation_entries_days")
        table.drop_index(op.f("ix_reputation_entries_question_id"))
        table.drop_constraint(op.f("fk_reputation_entries_by_id_users"), type_="foreignkey")
        table.drop_column("cancelled_at")
        table.drop_column("day")
        table.drop_column("by_id")
    op.drop_column("products", "retired_at")
    op.drop_table("site_changes")
    op.drop_table("site_announcements")
    op.drop_table("site_settings")
