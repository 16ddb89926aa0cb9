"""Tables of imported incident sets: one row a set, and its incidents in columnar blocks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.db import Base, UtcDateTime


class IncidentDataset(Base):
    """One imported set. A new import of the same name is a new row with another version."""

    __tablename__ = "incident_dataset"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("is_public_record = false OR licence != ''", name="public_has_licence"),
        CheckConstraint("row_count >= 0", name="row_count_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    is_public_record: Mapped[bool]
    licence: Mapped[str]
    """As the operator gave it; "" for a personal set without one."""
    source_name: Mapped[str]
    """The imported file's name, without its folder."""
    source_sha256: Mapped[str] = mapped_column(String(64))
    row_count: Mapped[int]
    """Rows stored: accepted and flagged."""
    accepted_count: Mapped[int]
    rejected_count: Mapped[int]
    flag_counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Reason -> number of stored rows left off maps."""
    classes: Mapped[list[Any]] = mapped_column(JSON)
    """The set's own classes, most frequent first."""
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    """None for a set without rows."""
    data_version: Mapped[str] = mapped_column(String(32))
    """Digest of the blocks and of how the set may be shown."""
    imported_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by: Mapped[str]


class IncidentBlock(Base):
    """Some tens of thousands of incidents of a set, as one Parquet file in a cell.

    Maps need a few columns of every row and never one row: read this way a million rows take
    a fraction of a second, and they share the transaction and the backup of everything else.
    """

    __tablename__ = "incident_block"
    __table_args__ = (UniqueConstraint("dataset_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("incident_dataset.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    row_count: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date]
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    """Columns: see app.incidents.blocks."""
