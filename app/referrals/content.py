"""What an officer sends about one referral, checked in form; plain frozen values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

KINDS: Final = ("arrest_diversion", "social_contact")
CATEGORIES: Final = (
    "drug_possession",
    "paraphernalia",
    "drug_subsistence_sale",
    "prostitution",
    "property_low_level",
    "trespass_disorder",
    "other_low_level",
    "none_social_contact",
    "community_concern_drug_activity",
    "violent",
    "weapon",
    "promoting_prostitution",
    "dealing_for_profit",
    "exploits_minor",
)
"""Offences and concerns; the last five mark what LEAD cannot take."""
LOCATION_SOURCES: Final = ("gps", "map", "address")
WILLING: Final = ("yes", "no", "wants_time")
ZONE_STATUSES: Final = ("inside", "outside", "uncertain")
RESOLVED_STATUSES: Final = ("inside", "outside")
INVOLVEMENT_BASES: Final = (
    "criminal_history_record",
    "direct_police_observation",
    "first_responder_report",
    "professional_report",
    "credible_community_report",
)
MEASURED: Final = ("estimated", "weighed", "lab")
HAZARDS: Final = (
    "dog",
    "needles",
    "weapon_seen",
    "aggression",
    "infection_risk",
    "unsafe_building",
    "medical_need",
    "mobility_need",
    "needs_spanish",
    "needs_interpreter",
    "other",
)
"""What the case manager should know before coming; structured, so that no story is told here."""


@dataclass(frozen=True)
class Person:
    """Who the referral is for, as far as the person said or the officer saw."""

    family_name: str | None = None
    given_name: str | None = None
    birth_date: date | None = None
    age_band: str | None = None
    """Used for the age only where no birth date is known."""
    descriptor: str | None = None
    contact: str | None = None


@dataclass(frozen=True)
class TabletZoneCheck:
    """The verdict the officer saw, and what they decided where it was too close to call."""

    status: str
    zone_version: int | None = None
    distance_to_boundary_m: float | None = None
    checked_at: datetime | None = None
    resolved_status: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Drug:
    """What was found and how much of it."""

    kind: str | None = None
    grams: float | None = None
    measured: str | None = None


@dataclass(frozen=True)
class PriorInvolvement:
    """Why the officer thinks of LEAD for this person (social contacts)."""

    basis: str | None = None
    observed_on: date | None = None
    in_zone: bool | None = None


@dataclass(frozen=True)
class ReferralContent:
    """Everything one referral says. What is not here is not collected."""

    kind: str
    occurred_at: datetime
    lat: float
    lon: float
    location_source: str
    willing: str
    person: Person | None = None
    offence_category: str | None = None
    concern: str | None = None
    accuracy_m: float | None = None
    zone_check: TabletZoneCheck | None = None
    unit: str | None = None
    hazards: tuple[str, ...] = ()
    overdose_reversal: bool | None = None
    incident_number: str | None = None
    charge_codes: tuple[str, ...] = ()
    drug: Drug | None = None
    handoff_place: str | None = None
    custody_released_at: datetime | None = None
    prior_involvement: PriorInvolvement | None = None
    usually_found: str | None = None
    preferred_contact: str | None = None

    @property
    def category(self) -> str | None:
        """The offence of an arrest, the concern of a social contact."""
        return self.offence_category if self.kind == "arrest_diversion" else self.concern

    def canonical(self) -> bytes:
        """The same bytes for the same content: missing is null, 8 is 8.0, order is ignored."""
        return json.dumps(
            plain(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True
        ).encode()


def restored(
    clear: Mapping[str, Any],
    *,
    person: Mapping[str, Any] | None,
    details: Mapping[str, Any],
    tablet: Mapping[str, Any] | None,
) -> ReferralContent:
    """What was said, made again from what `plain` made of it.

    Args:
        clear: the members that are stored as they are.
        person: who it is for.
        details: the members of `recording.details`.
        tablet: the tablet's verdict without its reason, which stands in the details.
    """
    rest = dict(details)
    reason = rest.pop("zone_check_reason", None)
    members: dict[str, Any] = {**clear, **rest}
    members["charge_codes"] = tuple(rest.get("charge_codes", ()))
    if "custody_released_at" in rest:
        members["custody_released_at"] = datetime.fromisoformat(rest["custody_released_at"])
    if "drug" in rest:
        members["drug"] = Drug(**rest["drug"])
    if "prior_involvement" in rest:
        prior = dict(rest["prior_involvement"])
        members["prior_involvement"] = PriorInvolvement(**_dated(prior, "observed_on", date))
    if person is not None:
        members["person"] = Person(**_dated(dict(person), "birth_date", date))
    if tablet is not None:
        verdict = _dated(dict(tablet), "checked_at", datetime)
        members["zone_check"] = TabletZoneCheck(**verdict, reason=reason)
    return ReferralContent(**members)


def _dated(members: dict[str, Any], name: str, kind: type[date]) -> dict[str, Any]:
    if members.get(name) is not None:
        members[name] = kind.fromisoformat(members[name])
    return members


def plain(value: Any) -> Any:
    """A dataclass as JSON values without what is None or empty; times in UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        members = {item.name: getattr(value, item.name) for item in fields(value)}
        return {name: plain(inner) for name, inner in members.items() if inner not in (None, ())}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
