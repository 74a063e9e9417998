"""Since when there has been a tag; of those that are there already nobody knows, so it is now."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tags") as tags:
        tags.add_column(sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
    table = sa.table("tags", sa.column("created_at", sa.DateTime(timezone=True)))
    op.execute(sa.update(table).values(created_at=datetime.now(UTC)))
    with op.batch_alter_table("tags") as tags:
        tags.alter_column("created_at", nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("tags") as tags:
        tags.drop_column("created_at")
