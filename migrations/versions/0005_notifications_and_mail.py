"""Following, mail and the queue of work that leaves the process."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("uq_jobs_kind_key", "jobs", ["kind", "key"], unique=True)
    op.create_index("ix_jobs_due", "jobs", ["due_at", "id"])
    op.create_table(
        "notification_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=200), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notification_lines_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_lines")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_notification_lines_user_id_key")),
    )
    op.create_index("ix_notification_lines_latest", "notification_lines", ["user_id", "happened_at", "id"])
    op.create_index("ix_notification_lines_unread", "notification_lines", ["user_id", "read_at"])
    op.create_table(
        "follows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_follows_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follows")),
        sa.UniqueConstraint("user_id", "kind", "thing_id", name=op.f("uq_follows_user_id_kind_thing_id")),
    )
    op.create_index("ix_follows_thing", "follows", ["kind", "thing_id"])
    op.create_table(
        "mail_choices",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mail_choices_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "topic", name=op.f("pk_mail_choices")),
    )
    _widen_notifications()


def _widen_notifications() -> None:
    with op.batch_alter_table("notifications") as batch:
        batch.add_column(sa.Column("line_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("event", sa.String(length=80), nullable=True))
        batch.add_column(sa.Column("reason", sa.String(length=20), server_default="", nullable=False))
        batch.add_column(sa.Column("comment_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("words", sa.String(length=500), server_default="", nullable=False))
        batch.add_column(sa.Column("mail", sa.String(length=8), server_default="", nullable=False))
        batch.drop_index("ix_notifications_person")
    # What was told so far becomes a line each.
    op.execute("UPDATE notifications SET event = 'before-lines-' || id")
    op.execute(
        "INSERT INTO notification_lines (user_id, key, kind, label, url, happened_at, read_at)"
        " SELECT user_id, event, kind, '', '', created_at, read_at FROM notifications"
    )
    op.execute(
        "UPDATE notifications SET line_id = (SELECT id FROM notification_lines"
        " WHERE notification_lines.user_id = notifications.user_id"
        " AND notification_lines.key = notifications.event)"
    )
    with op.batch_alter_table("notifications") as batch:
        batch.alter_column("line_id", existing_type=sa.Integer(), nullable=False)
        batch.alter_column("event", existing_type=sa.String(length=80), nullable=False)
        batch.create_foreign_key(
            op.f("fk_notifications_line_id_notification_lines"),
            "notification_lines",
            ["line_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch.create_foreign_key(
            op.f("fk_notifications_comment_id_comments"), "comments", ["comment_id"], ["id"]
        )
        batch.create_unique_constraint(op.f("uq_notifications_user_id_event"), ["user_id", "event"])
        batch.create_index("ix_notifications_line", ["line_id", "id"])
        batch.create_index("ix_notifications_unread", ["user_id", "read_at"])
        batch.create_index("ix_notifications_event", ["event", "mail"])
        batch.create_index("ix_notifications_mail", ["mail", "user_id"])
        batch.create_index("ix_notifications_article_id", ["article_id"])


def downgrade() -> None:
    with op.batch_alter_table("notifications") as batch:
        for name in ("line", "unread", "event", "mail", "article_id"):
            batch.drop_index(f"ix_notifications_{name}")
        batch.drop_constraint(op.f("uq_notifications_user_id_event"), type_="unique")
        batch.drop_constraint(op.f("fk_notifications_comment_id_comments"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_notifications_line_id_notification_lines"), type_="foreignkey")
        for name in ("mail", "words", "comment_id", "reason", "event", "line_id"):
            batch.drop_column(name)
        batch.create_index("ix_notifications_person", ["user_id", "read_at", "id"])
    op.drop_table("mail_choices")
    op.drop_table("follows")
    op.drop_table("notification_lines")
    op.drop_table("jobs")
