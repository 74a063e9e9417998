"""Guides of each shelf are counted along, counted once for what is there already; the inbox of reports and the Workshop are read off indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

REPORT = "reason != ''"
STATES = {
    "fixed": "fixed_at IS NOT NULL",
    "declined": "declined_at IS NOT NULL AND fixed_at IS NULL",
    "accepted": "accepted_at IS NOT NULL AND declined_at IS NULL AND fixed_at IS NULL",
    "new": "accepted_at IS NULL AND declined_at IS NULL AND fixed_at IS NULL",
}
GUIDES = {
    "ix_articles_review": (["review_by", "id"], "review_by IS NOT NULL"),
    "ix_articles_troubled": (["title", "id"], "render_problem != ''"),
}
SHELVES = [
    f"{audience} {type}"
    for audience in ("public", "customers", "staff")
    for type in ("how-to", "troubleshooting", "known-issue", "reference", "policy", "release")
]


def upgrade() -> None:
    with op.batch_alter_table("tallies") as batch:
        batch.alter_column("what", existing_type=sa.String(length=20), type_=sa.String(length=30))
    op.execute(
        "INSERT INTO tallies (what, of_id, amount)"
        " SELECT audience || ' ' || type, product_id, count(*) FROM articles"
        " WHERE withdrawn_at IS NULL GROUP BY audience, type, product_id"
    )
    for name, (columns, condition) in GUIDES.items():
        where = sa.text(condition)
        op.create_index(name, "articles", columns, sqlite_where=where, postgresql_where=where)
    for state, condition in STATES.items():
        where = sa.text(f"{REPORT} AND {condition}")
        for name, columns in ((state, ["said_at", "id"]), (f"{state}_of", ["article_id", "said_at", "id"])):
            op.create_index(
                f"ix_article_feedback_{name}",
                "article_feedback",
                columns,
                sqlite_where=where,
                postgresql_where=where,
            )


def downgrade() -> None:
    for state in STATES:
        op.drop_index(f"ix_article_feedback_{state}_of", "article_feedback")
        op.drop_index(f"ix_article_feedback_{state}", "article_feedback")
    for name in GUIDES:
        op.drop_index(name, "articles")
    names = ", ".join(f"'{shelf}'" for shelf in SHELVES)
    op.execute(f"DELETE FROM tallies WHERE what IN ({names})")
    with op.batch_alter_table("tallies") as batch:
        batch.alter_column("what", existing_type=sa.String(length=30), type_=sa.String(length=20))
