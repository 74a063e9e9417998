"""The index by which shelves are counted begins with the product, so that lists of the newest guides pass it by."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_articles_shelf", "articles")
    op.create_index("ix_articles_shelf", "articles", ["product_id", "type", "audience", "withdrawn_at"])


def downgrade() -> None:
    op.drop_index("ix_articles_shelf", "articles")
    op.create_index("ix_articles_shelf", "articles", ["withdrawn_at", "audience", "product_id", "type"])
