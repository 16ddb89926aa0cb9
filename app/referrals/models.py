"""Referrals, their corrections, and how their states moved.

Coordinates, kind, category, times and states stand in clear, for maps and queues. Whatever names
or describes a person, or was typed as text, is sealed in `person_sealed` and `details_sealed`.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class Description:
    """What a referral or its correction says, and what the server found about it."""

    offence_category: Mapped[str | None]
    concern: Mapped[str | None]
    category: Mapped[str]
    """The offence of an arrest diversion, the concern of a social contact."""
    willing: Mapped[str]
    hazards: Mapped[list[str]] = mapped_column(JSON)
    overdose_reversal: Mapped[bool | None]

    occurred_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    occurred_on: Mapped[date]
    """Day, weekday and hour at the site, for filters."""
    weekday: Mapped[int]
    """1 Monday to 7 Sunday."""
    hour: Mapped[int]

    lon: Mapped[float]
    lat: Mapped[float]
    """EPSG:4326, degrees, as the tablet measured them."""
    accuracy_m: Mapped[float | None]
    location_source: Mapped[str]
    zone_status: Mapped[str]
    """The server's own verdict."""
    zone_id: Mapped[int]
    zone_version: Mapped[int]
    zone_check: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The server's whole answer, as it was given."""
    tablet_zone_check: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The tablet's verdict and the officer's decision; its reason is sealed with the details."""
    district: Mapped[int]
    """Official number in the layer in force on the day; 0: in none."""
    district_1959: Mapped[int]
    district_2023: Mapped[int]

    evaluation_id: Mapped[int]
    """The officer-level evaluation of what is said here."""
    criteria_version: Mapped[str]
    person_index: Mapped[str | None] = mapped_column(index=True)
    """Blind index over family name and birth date; None where one is unknown."""
    person_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    details_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class Referral(Description, Base):
    """One offer of LEAD, taken once under the uuid the tablet made."""

    __tablename__ = "referral"
    __table_args__ = (
        CheckConstraint("kind IN ('arrest_diversion', 'social_contact')", name="kind_known"),
        CheckConstraint("lon BETWEEN -180 AND 180", name="lon_in_range"),
        CheckConstraint("lat BETWEEN -90 AND 90", name="lat_in_range"),
        Index("ix_referral_occurred_on", "occurred_on"),
        Index("ix_referral_author_id_occurred_at_utc", "author_id", "occurred_at_utc"),
        Index("ix_referral_states", "verification_state", "engagement_state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    content_digest: Mapped[str]
    """HMAC of what was sent; with `uuid` it makes a repeated send harmless."""
    author_id: Mapped[int]
    """The user whose referral it is."""
    received_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str]

    verification_state: Mapped[str]
    engagement_state: Mapped[str]
    charge_hold_state: Mapped[str]
    was_handed_off: Mapped[bool] = mapped_column(default=False)
    """Kept for good once it is true: after it police see nothing further."""


class ReferralCorrection(Description, Base):
    """What a referral says once something in it was put right; the referral itself stays.

    Each one says everything anew, so the newest one alone is what the referral says now.
    """

    __tablename__ = "referral_correction"
    __table_args__ = (
        CheckConstraint("lon BETWEEN -180 AND 180", name="lon_in_range"),
        CheckConstraint("lat BETWEEN -90 AND 90", name="lat_in_range"),
        Index("ix_referral_correction_referral_id", "referral_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    """The client's `correction_id`."""
    content_digest: Mapped[str]
    """HMAC of the referral's uuid and what was sent; it makes a repeated send harmless."""
    referral_id: Mapped[int] = mapped_column(ForeignKey("referral.id"))
    author_id: Mapped[int]
    role: Mapped[str]
    at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    changed: Mapped[list[str]] = mapped_column(JSON)
    """Names of the members that say something else than before; never what they say."""


class ReferralTransition(Base):
    """One state that changed: what, who, when, why, and under which rules."""

    __tablename__ = "referral_transition"
    __table_args__ = (Index("ix_referral_transition_referral_id", "referral_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referral.id"))
    field: Mapped[str]
    from_value: Mapped[str | None]
    to_value: Mapped[str]
    actor: Mapped[str]
    actor_id: Mapped[int | None]
    role: Mapped[str]
    at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str]
    """A code; free text has no place here."""
    criteria_version: Mapped[str]
    zone_version: Mapped[int]


class OutboxKey(Base):
    """A key pair (EC P-256) that tablets seal referrals to while these wait to be sent."""

    __tablename__ = "outbox_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    """Thumbprint of the public part (RFC 7638); every sealed row names it."""
    public_jwk: Mapped[dict[str, str]] = mapped_column(JSON)
    private_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The whole pair as a JWK, sealed for this row."""
    created_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at_utc: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """No longer given out since; what was sealed to it still opens."""
