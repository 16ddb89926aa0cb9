"""Referrals and how their states moved."""

import sqlalchemy as sa
from alembic import op

revision = "0005_create_referral"
down_revision = "0004_create_criteria"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referral",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("content_digest", sa.String(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("received_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
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
        sa.Column("verification_state", sa.String(), nullable=False),
        sa.Column("engagement_state", sa.String(), nullable=False),
        sa.Column("charge_hold_state", sa.String(), nullable=False),
        sa.Column("was_handed_off", sa.Boolean(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("criteria_version", sa.String(), nullable=False),
        sa.Column("person_index", sa.String(), nullable=True),
        sa.Column("person_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('arrest_diversion', 'social_contact')", name=op.f("ck_referral_kind_known")
        ),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name=op.f("ck_referral_lat_in_range")),
        sa.CheckConstraint("lon BETWEEN -180 AND 180", name=op.f("ck_referral_lon_in_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("uuid", name=op.f("uq_referral_uuid")),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(
            "ix_referral_author_id_occurred_at_utc", ["author_id", "occurred_at_utc"], unique=False
        )
        batch_op.create_index("ix_referral_occurred_on", ["occurred_on"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_referral_person_index"), ["person_index"], unique=False
        )
        batch_op.create_index(
            "ix_referral_states", ["verification_state", "engagement_state"], unique=False
        )

    op.create_table(
        "referral_transition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("from_value", sa.String(), nullable=True),
        sa.Column("to_value", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("criteria_version", sa.String(), nullable=False),
        sa.Column("zone_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
            name=op.f("fk_referral_transition_referral_id_referral"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_transition")),
    )
    with op.batch_alter_table("referral_transition", schema=None) as batch_op:
        batch_op.create_index("ix_referral_transition_referral_id", ["referral_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("referral_transition", schema=None) as batch_op:
        batch_op.drop_index("ix_referral_transition_referral_id")

    op.drop_table("referral_transition")
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index("ix_referral_states")
        batch_op.drop_index(batch_op.f("ix_referral_person_index"))
        batch_op.drop_index("ix_referral_occurred_on")
        batch_op.drop_index("ix_referral_author_id_occurred_at_utc")

    op.drop_table("referral")
