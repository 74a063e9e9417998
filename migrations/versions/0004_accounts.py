"""What an account needs besides a name and a password."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("email_verified_at", MOMENT, nullable=True))
        users.add_column(sa.Column("deleted_at", MOMENT, nullable=True))
        users.add_column(sa.Column("avatar_name", sa.String(100), nullable=False, server_default=""))
        users.add_column(sa.Column("time_zone", sa.String(64), nullable=False, server_default=""))
        users.add_column(sa.Column("language", sa.String(20), nullable=False, server_default=""))
        users.add_column(
            sa.Column("has_anothers_name", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_table(
        "former_names",
        sa.Column("name_hash", sa.String(64), nullable=False),
        sa.Column("left_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name_hash", name=op.f("pk_former_names")),
    )
    op.create_table(
        "account_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_account_links_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_links_token_hash")),
    )
    op.create_index(op.f("ix_account_links_user_id"), "account_links", ["user_id"])
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("tried_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_key", "attempts", ["kind", "key_hash", "tried_at"])
    op.create_index(op.f("ix_attempts_tried_at"), "attempts", ["tried_at"])


def downgrade() -> None:
    op.drop_table("attempts")
    op.drop_table("account_links")
    op.drop_table("former_names")
    with op.batch_alter_table("users") as users:
        for name in ("has_anothers_name", "language", "time_zone", "avatar_name", "deleted_at", "email_verified_at"):
            users.drop_column(name)
