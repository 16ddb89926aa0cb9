"""Criteria versions and the evaluations made under them; neither is ever rewritten."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class CriteriaVersion(Base):
    """One loaded criteria file; a draft until it is published, and then in force by its dates."""

    __tablename__ = "criteria_version"
    __table_args__ = (
        UniqueConstraint("set_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint(
            "effective_to_utc IS NULL OR effective_to_utc > effective_from_utc",
            name="dates_in_order",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[str]
    number: Mapped[int]
    """1 for the first file loaded under this set's id, then 2, 3 and so on."""
    effective_from_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    effective_to_utc: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_document: Mapped[str]
    authority: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    """The file as it was loaded."""
    text_sha256: Mapped[str]
    loaded_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    loaded_by: Mapped[str]
    published_at_utc: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None while it is a draft."""
    published_by: Mapped[str | None]

    @property
    def label(self) -> str:
        return f"{self.set_id}-v{self.number}"


class ScreeningEvaluation(Base):
    """What one criteria version said about one subject at one time."""

    __tablename__ = "screening_evaluation"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_id", "number"),
        Index("ix_screening_evaluation_criteria_version_id", "criteria_version_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    number: Mapped[int]
    """1 for the subject's first evaluation; a later one never replaces an earlier."""
    level: Mapped[str]
    criteria_version_id: Mapped[int] = mapped_column(ForeignKey("criteria_version.id"))
    outcome: Mapped[str]
    reasons: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    results: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    """Rule code and state of every rule that was asked."""
    pending: Mapped[list[str]] = mapped_column(JSON)
    facts_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The facts the rules were asked about: no name and no birth date, and sealed all the same."""
    evaluated_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    evaluator: Mapped[str]
    evaluator_id: Mapped[int | None]

    def facts_place(self) -> dict[str, Any]:
        """Where `facts_sealed` stands, for sealing and opening it."""
        return {
            "table": self.__tablename__,
            "column": "facts_sealed",
            "row": f"{self.subject_kind}/{self.subject_id}/{self.number}",
        }
