"""Who changed a draft last, so that nobody approves their own words."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EDITOR = "fk_drafts_edited_by_id_users"


def upgrade() -> None:
    with op.batch_alter_table("drafts") as drafts:
        drafts.add_column(sa.Column("edited_by_id", sa.Integer(), nullable=True))
        drafts.create_foreign_key(op.f(EDITOR), "users", ["edited_by_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("drafts") as drafts:
        drafts.drop_constraint(op.f(EDITOR), type_="foreignkey")
        drafts.drop_column("edited_by_id")
