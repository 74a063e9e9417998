"""Reports, held posts, notes on people and the public log."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

THINGS = (
    ("question_id", "questions"),
    ("answer_id", "answers"),
    ("comment_id", "comments"),
    ("article_id", "articles"),
    ("person_id", "users"),
)


def upgrade() -> None:
    for table in ("questions", "answers", "comments"):
        with op.batch_alter_table(table) as batch:
            if table == "comments":
                batch.add_column(sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
                batch.add_column(
                    sa.Column("hidden_why", sa.String(length=500), server_default="", nullable=False)
                )
            batch.add_column(sa.Column("hidden_by_id", sa.Integer(), nullable=True))
            batch.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
            batch.add_column(sa.Column("held_why", sa.String(length=500), server_default="", nullable=False))
            batch.create_foreign_key(
                op.f(f"fk_{table}_hidden_by_id_users"), "users", ["hidden_by_id"], ["id"]
            )
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("suspended_why", sa.String(length=500), server_default="", nullable=False))
    op.create_table(
        "moderation_cases",
        sa.Column("id", sa.Integer(), nullable=False),
        *_things("moderation_cases"),
        sa.Column("open_key", sa.String(length=40), nullable=True),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("report_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        _one_thing("moderation_cases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_cases")),
        sa.UniqueConstraint("open_key", name=op.f("uq_moderation_cases_open_key")),
    )
    op.create_index("ix_moderation_cases_urgency", "moderation_cases", ["closed_at", "urgency", "id"])
    op.create_index("ix_moderation_cases_opened", "moderation_cases", ["closed_at", "opened_at", "id"])
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        *_things("reports"),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=False),
        _one_thing("reports"),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_cases.id"], name=op.f("fk_reports_case_id_moderation_cases")
        ),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"], name=op.f("fk_reports_reporter_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        *(
            sa.UniqueConstraint("reporter_id", column, name=op.f(f"uq_reports_reporter_id_{column}"))
            for column, _table in THINGS
        ),
    )
    op.create_index(op.f("ix_reports_case_id"), "reports", ["case_id"])
    op.create_table(
        "moderation_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        *_things("moderation_acts"),
        sa.Column("moderator_id", sa.Integer(), nullable=False),
        sa.Column("deed", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        _one_thing("moderation_acts"),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["users.id"], name=op.f("fk_moderation_acts_moderator_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_acts")),
    )
    op.create_index("ix_moderation_acts_done", "moderation_acts", ["done_at", "id"])
    op.create_table(
        "notes_on_people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_notes_on_people_author_id_users")),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_notes_on_people_person_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes_on_people")),
    )
    op.create_index(op.f("ix_notes_on_people_person_id"), "notes_on_people", ["person_id"])
    for table in ("moderation_cases", "reports", "moderation_acts"):
        for column, _table in THINGS:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _things(table: str) -> list[sa.Column]:
    """A column for each kind of thing that can be reported; one of them is filled."""
    return [
        sa.Column(
            column,
            sa.Integer(),
            sa.ForeignKey(f"{other}.id", name=op.f(f"fk_{table}_{column}_{other}"), ondelete="CASCADE"),
            nullable=True,
        )
        for column, other in THINGS
    ]


def _one_thing(table: str) -> sa.CheckConstraint:
    filled = " + ".join(f"(CASE WHEN {column} IS NULL THEN 0 ELSE 1 END)" for column, _other in THINGS)
    return sa.CheckConstraint(f"{filled} = 1", name=op.f(f"ck_{table}_one_thing"))


def downgrade() -> None:
    for table in ("notes_on_people", "moderation_acts", "reports", "moderation_cases"):
        op.drop_table(table)
    with op.batch_alter_table("users") as batch:
        batch.drop_column("suspended_why")
    for table in ("comments", "answers", "questions"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_hidden_by_id_users"), type_="foreignkey")
            for column in ("held_why", "held_at", "hidden_by_id"):
                batch.drop_column(column)
            if table == "comments":
                batch.drop_column("hidden_why")
                batch.drop_column("hidden_at")
