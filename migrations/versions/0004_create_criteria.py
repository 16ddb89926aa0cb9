"""Criteria versions and evaluations."""

import sqlalchemy as sa
from alembic import op

revision = "0004_create_criteria"
down_revision = "0003_create_zone"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "criteria_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_from_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_to_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_document", sa.String(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("loaded_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_by", sa.String(), nullable=False),
        sa.Column("published_at_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "effective_to_utc IS NULL OR effective_to_utc > effective_from_utc",
            name=op.f("ck_criteria_version_dates_in_order"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_criteria_version_number_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria_version")),
        sa.UniqueConstraint("set_id", "number", name=op.f("uq_criteria_version_set_id")),
    )
    op.create_table(
        "screening_evaluation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("criteria_version_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("pending", sa.JSON(), nullable=False),
        sa.Column("facts_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("evaluated_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evaluator", sa.String(), nullable=False),
        sa.Column("evaluator_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["criteria_version_id"],
            ["criteria_version.id"],
            name=op.f("fk_screening_evaluation_criteria_version_id_criteria_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_evaluation")),
        sa.UniqueConstraint(
            "subject_kind",
            "subject_id",
            "number",
            name=op.f("uq_screening_evaluation_subject_kind"),
        ),
    )
    with op.batch_alter_table("screening_evaluation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_screening_evaluation_criteria_version_id", ["criteria_version_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("screening_evaluation", schema=None) as batch_op:
        batch_op.drop_index("ix_screening_evaluation_criteria_version_id")

    op.drop_table("screening_evaluation")
    op.drop_table("criteria_version")
