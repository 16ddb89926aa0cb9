"""The key pairs that tablets seal waiting referrals to."""

import sqlalchemy as sa
from alembic import op

revision = "0008_create_outbox_key"
down_revision = "0007_create_operations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at_utc", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_outbox_key_kid")),
    )


def downgrade() -> None:
    """Rows that tablets sealed and have not sent can never be opened after this."""
    op.drop_table("outbox_key")
