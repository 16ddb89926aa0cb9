"""Zone versions, never changed once published, and how many checks were made."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DDL, JSON, CheckConstraint, Connection, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.db import Base, UtcDateTime

NEVER_EDITED = "a published zone version is never edited"

ZONE_GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (
        f"""CREATE TRIGGER zone_is_not_updated BEFORE UPDATE ON zone
BEGIN SELECT RAISE(ABORT, '{NEVER_EDITED}'); END""",
        f"""CREATE TRIGGER zone_is_not_deleted BEFORE DELETE ON zone
BEGIN SELECT RAISE(ABORT, '{NEVER_EDITED}'); END""",
    ),
    "postgresql": (
        f"""CREATE FUNCTION refuse_zone_edit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{NEVER_EDITED}'; END $$""",
        """CREATE TRIGGER zone_is_not_edited BEFORE UPDATE OR DELETE ON zone
FOR EACH ROW EXECUTE FUNCTION refuse_zone_edit()""",
    ),
}
"""What keeps versions fixed inside the database, whoever writes; by dialect, in this order."""


class Zone(Base):
    """One version of the programme's zone, in force from `effective_from_utc` to the next one's."""

    __tablename__ = "zone"
    __table_args__ = (
        UniqueConstraint("version"),
        UniqueConstraint("effective_from_utc"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    outline_wgs84: Mapped[dict[str, Any]] = mapped_column(JSON)
    """GeoJSON Polygon or MultiPolygon, lon/lat."""
    boundary_streets: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Stretches of the boundary in order, each {street: name or null, line: [[lon, lat], ...]}."""
    content_sha256: Mapped[str]
    """Over outline and streets: two versions with one hash can share an index."""
    effective_from_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(Text)
    licence: Mapped[str] = mapped_column(Text)
    emergency_reason: Mapped[str | None] = mapped_column(Text)
    """Why it was published without a second person; None for version 1 and approved ones."""
    published_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[str]
    """The actor's name as the audit record has it."""


class ZoneCheckCount(Base):
    """How many checks of one day had one answer. No place, no person."""

    __tablename__ = "zone_check_count"
    __table_args__ = (CheckConstraint("check_count > 0", name="check_count_positive"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    """In the site's time zone."""
    status: Mapped[str] = mapped_column(primary_key=True)
    check_count: Mapped[int]


@event.listens_for(Zone, "before_update")
@event.listens_for(Zone, "before_delete")
def _refuse_edit(_mapper: Mapper[Zone], _connection: Connection, _zone: Zone) -> None:
    raise RuntimeError(NEVER_EDITED)


for _dialect, _statements in ZONE_GUARDS.items():
    for _statement in _statements:
        event.listen(Zone.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
