"""Corrections of referrals, each a record of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0009_create_correction"
down_revision = "0008_create_outbox_key"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referral_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("content_digest", sa.String(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("offence_category", sa.String(), nullable=True),
        sa.Column("concern", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("willing", sa.String(), nullable=False),
        sa.Column("hazards", sa.JSON(), nullable=False),
        sa.Column("overdose_reversal", sa.Boolean(), nullable=True),
        sa.Column("occurred_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("location_source", sa.String(), nullable=False),
        sa.Column("zone_status", sa.String(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("zone_version", sa.Integer(), nullable=False),
        sa.Column("zone_check", sa.JSON(), nullable=False),
        sa.Column("tablet_zone_check", sa.JSON(), nullable=True),
        sa.Column("district", sa.Integer(), nullable=False),
        sa.Column("district_1959", sa.Integer(), nullable=False),
        sa.Column("district_2023", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("criteria_version", sa.String(), nullable=False),
        sa.Column("person_index", sa.String(), nullable=True),
        sa.Column("person_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "lat BETWEEN -90 AND 90", name=op.f("ck_referral_correction_lat_in_range")
        ),
        sa.CheckConstraint(
            "lon BETWEEN -180 AND 180", name=op.f("ck_referral_correction_lon_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
            name=op.f("fk_referral_correction_referral_id_referral"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_correction")),
        sa.UniqueConstraint("uuid", name=op.f("uq_referral_correction_uuid")),
    )
    with op.batch_alter_table("referral_correction", schema=None) as batch_op:
        batch_op.create_index("ix_referral_correction_referral_id", ["referral_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_referral_correction_person_index"), ["person_index"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("referral_correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_correction_person_index"))
        batch_op.drop_index("ix_referral_correction_referral_id")

    op.drop_table("referral_correction")
