"""Zone versions and the counter of checks."""

import sqlalchemy as sa
from alembic import op

revision = "0003_create_zone"
down_revision = "0002_create_accounts"
branch_labels = None
depends_on = None

GUARDS = {
    "sqlite": [
        """CREATE TRIGGER zone_is_not_updated BEFORE UPDATE ON zone
BEGIN SELECT RAISE(ABORT, 'a published zone version is never edited'); END""",
        """CREATE TRIGGER zone_is_not_deleted BEFORE DELETE ON zone
BEGIN SELECT RAISE(ABORT, 'a published zone version is never edited'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION refuse_zone_edit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a published zone version is never edited'; END $$""",
        """CREATE TRIGGER zone_is_not_edited BEFORE UPDATE OR DELETE ON zone
FOR EACH ROW EXECUTE FUNCTION refuse_zone_edit()""",
    ],
}


def upgrade() -> None:
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outline_wgs84", sa.JSON(), nullable=False),
        sa.Column("boundary_streets", sa.JSON(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("effective_from_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("emergency_reason", sa.Text(), nullable=True),
        sa.Column("published_at_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_zone_version_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("effective_from_utc", name=op.f("uq_zone_effective_from_utc")),
        sa.UniqueConstraint("version", name=op.f("uq_zone_version")),
    )
    op.create_table(
        "zone_check_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("check_count", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "check_count > 0", name=op.f("ck_zone_check_count_check_count_positive")
        ),
        sa.PrimaryKeyConstraint("day", "status", name=op.f("pk_zone_check_count")),
    )
    for statement in GUARDS.get(op.get_bind().dialect.name, []):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("zone_check_count")
    op.drop_table("zone")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_zone_edit()")
