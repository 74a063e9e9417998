"""Pictures, and texts that are not sent yet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_uploads_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("owner_id", "name", name="uq_uploads_owner_name"),
    )
    op.create_index(op.f("ix_uploads_name"), "uploads", ["name"])
    op.create_index("ix_uploads_owner_created", "uploads", ["owner_id", "created_at"])
    op.create_table(
        "upload_uses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_uses")),
        sa.UniqueConstraint("kind", "thing_id", "name", name="uq_upload_uses_thing"),
    )
    op.create_index(op.f("ix_upload_uses_name"), "upload_uses", ["name"])
    op.create_table(
        "post_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("page", sa.String(length=300), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_post_drafts_person_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_drafts")),
        sa.UniqueConstraint("person_id", "place", name="uq_post_drafts_place"),
    )
    op.create_index("ix_post_drafts_updated", "post_drafts", ["person_id", "updated_at"])


def downgrade() -> None:
    for table in ("post_drafts", "upload_uses", "uploads"):
        op.drop_table(table)
