"""What the service notes about itself."""

import sqlalchemy as sa
from alembic import op

revision = "0007_create_operations"
down_revision = "0006_create_incident_dataset"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "synthetic_load",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("loaded_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_synthetic_load")),
    )
    op.create_table(
        "write_probe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("written_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_probe")),
    )


def downgrade() -> None:
    op.drop_table("write_probe")
    op.drop_table("synthetic_load")
