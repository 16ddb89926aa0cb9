"""The audit table: one row an act, each chained to the one before."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class AuditEvent(Base):
    """One act. Holds ids, codes and counts; never a name, a coordinate or free text."""

    __tablename__ = "audit_event"
    __table_args__ = (
        CheckConstraint("sequence > 0", name="sequence_positive"),
        Index("ix_audit_event_subject", "subject_kind", "subject_id"),
    )

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str]
    outcome: Mapped[str]
    actor: Mapped[str]
    actor_id: Mapped[int | None]
    actor_roles: Mapped[str]
    channel: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_mac: Mapped[str]
    mac: Mapped[str] = mapped_column(unique=True)
    """HMAC-SHA256 (hex) over the row and the previous row's mac."""
