"""Imported incident sets."""

import sqlalchemy as sa
from alembic import op

revision = "0006_create_incident_dataset"
down_revision = "0005_create_referral"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incident_dataset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("is_public_record", sa.Boolean(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("accepted_count", sa.Integer(), nullable=False),
        sa.Column("rejected_count", sa.Integer(), nullable=False),
        sa.Column("flag_counts", sa.JSON(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("data_version", sa.String(length=32), nullable=False),
        sa.Column("imported_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "is_public_record = false OR licence != ''",
            name=op.f("ck_incident_dataset_public_has_licence"),
        ),
        sa.CheckConstraint(
            "row_count >= 0", name=op.f("ck_incident_dataset_row_count_not_negative")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_dataset")),
        sa.UniqueConstraint("name", name=op.f("uq_incident_dataset_name")),
    )
    op.create_table(
        "incident_block",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["incident_dataset.id"],
            name=op.f("fk_incident_block_dataset_id_incident_dataset"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_block")),
        sa.UniqueConstraint("dataset_id", "sequence", name=op.f("uq_incident_block_dataset_id")),
    )


def downgrade() -> None:
    op.drop_table("incident_block")
    op.drop_table("incident_dataset")
