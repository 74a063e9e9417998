"""How many questions each product and tag has, kept along; counted once for those that are there already."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

HERE = "deleted_at IS NULL AND hidden_at IS NULL AND held_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "question_tallies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("tag_id", sa.Integer(), nullable=True),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("unsolved", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_question_tallies_product_id_products"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_question_tallies_tag_id_tags"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_tallies")),
    )
    op.create_index("ix_question_tallies_of", "question_tallies", ["tag_id", "product_id"])
    op.execute(
        f"""
        INSERT INTO question_tallies (product_id, tag_id, listed, unanswered, unsolved)
        SELECT product_id, NULL, count(*),
               sum(CASE WHEN duplicate_of_id IS NULL AND answer_count = 0 THEN 1 ELSE 0 END),
               sum(CASE WHEN duplicate_of_id IS NULL AND accepted_count = 0 THEN 1 ELSE 0 END)
        FROM questions WHERE {HERE} GROUP BY product_id
        """
    )
    op.execute(
        f"""
        INSERT INTO question_tallies (product_id, tag_id, listed, unanswered, unsolved)
        SELECT NULL, question_tags.tag_id, count(*), 0, 0
        FROM question_tags JOIN questions ON questions.id = question_tags.question_id
        WHERE {HERE} GROUP BY question_tags.tag_id
        """
    )


def downgrade() -> None:
    op.drop_table("question_tallies")
