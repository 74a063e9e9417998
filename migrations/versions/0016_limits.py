"""Tries counted in pieces, and who reached a limit."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attempts") as attempts:
        attempts.add_column(sa.Column("amount", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "limit_hits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("who_hash", sa.String(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(50), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_limit_hits_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_hits")),
    )
    op.create_index("uq_limit_hits_kind_who_hash_day", "limit_hits", ["kind", "who_hash", "day"], unique=True)
    op.create_index("ix_limit_hits_last_at", "limit_hits", ["last_at", "id"])
    op.create_index(op.f("ix_limit_hits_user_id"), "limit_hits", ["user_id"])


def downgrade() -> None:
    op.drop_table("limit_hits")
    with op.batch_alter_table("attempts") as attempts:
        attempts.drop_column("amount")
