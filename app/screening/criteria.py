"""What a set of criteria is made of, and the facts it is asked about. Plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class OnFail(StrEnum):
    """What follows when a rule is not met. The last two change the engagement, not the outcome."""

    INELIGIBLE = "ineligible"
    NEEDS_VERIFICATION = "needs_verification"
    DECLINED = "declined"
    DEFER = "defer"


class Operator(StrEnum):
    """The closed list of tests."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    IN = "in"
    IS = "is"


class State(StrEnum):
    """How one rule stands."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    UNSET = "unset"
    NOT_APPLICABLE = "not_applicable"


class Who(StrEnum):
    """Who answers a rule."""

    OFFICER = "officer"
    SYSTEM = "system"
    PERSON = "person"
    RECORDS_CHECK = "records_check"
    SAO = "sao"


class Level(StrEnum):
    """How far the checks have come."""

    OFFICER = "officer"
    RECORDS_CHECK = "records_check"
    SAO = "sao"


class LocationRule(StrEnum):
    """Where a referral of some kind has to lie."""

    REQUIRED = "required"
    PRIOR_INVOLVEMENT_IN_ZONE = "prior_involvement_in_zone"
    NOT_REQUIRED = "not_required"


REASON_CODES: Final = frozenset(
    [
        "NV_ID",
        "NV_RECORDS",
        "NV_SUPERVISION",
        "NV_WARRANT",
        "NV_HISTORY",
        "NV_AMOUNT",
        "NV_LOCATION",
        "NV_CRITERION_UNSET",
        "NV_PARTNER",
        "IN_MINOR",
        "IN_OFFENCE",
        "IN_AMOUNT",
        "IN_PROFIT_DEALING",
        "IN_SUPERVISION",
        "IN_OPEN_CASE",
        "IN_WARRANT",
        "IN_VIOLENT_HISTORY",
        "IN_SEX_OFFENCE",
        "IN_SAFETY_THREAT",
        "IN_EXPLOITATION",
        "IN_CONTACT_ORDER",
        "IN_TREATMENT_COURT",
        "IN_PRIOR_INVOLVEMENT_NOT_VERIFIED",
        "IN_OUT_OF_ZONE",
        "IN_NO_SUBSTANCE_NEED",
    ]
)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

KINDS: Final = ("arrest_diversion", "social_contact")
DECLINED: Final = "declined"
DEFERRED_HOURS: Final = "deferred_hours"
LOCATION_FACT: Final = "location_rule_met"
"""Answered through the set's `location_rule` for the referral's kind."""


@dataclass(frozen=True)
class Span:
    """A number known only within bounds, both inclusive; None is open. An age band is one."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class WeeklyHours:
    """One stretch of a weekly schedule: ISO weekdays (1 Monday), from inclusive to exclusive."""

    weekdays: frozenset[int]
    opens: time
    closes: time | None
    """None: midnight at the end of the day."""

    def covers(self, moment: datetime) -> bool:
        at = moment.time()
        return (
            moment.isoweekday() in self.weekdays
            and self.opens <= at
            and (self.closes is None or at < self.closes)
        )


Number = int | float | Span
Operand = bool | int | float | str | tuple[str, ...] | tuple[WeeklyHours, ...]


@dataclass(frozen=True)
class Facts:
    """What is known about one referral. None is unknown, never no. No name, no birth date."""

    age_years: Number | None = None
    """Completed years on the day."""
    offence_category: str | None = None
    concern: str | None = None
    drug_is_recorded: bool | None = None
    drug_kind: str | None = None
    drug_grams: Number | None = None
    prior_involvement_basis: str | None = None
    prior_involvement_months: Number | None = None
    """Months since it was seen; a month begun counts whole."""
    prior_involvement_in_zone: bool | None = None
    is_inside_zone: bool | None = None
    """None: too close to call and not resolved."""
    occurred_local: datetime | None = None
    """Wall-clock time at the site."""
    willing: str | None = None
    overdose_reversal: bool | None = None
    attested: Mapping[str, bool | None] = field(default_factory=dict)
    """Results of later checkers by rule code; None or absent: unknown."""

    def as_json(self) -> dict[str, Any]:
        """The known facts as JSON values, to be stored with an evaluation."""
        known = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: _as_json(value) for name, value in known.items() if value not in (None, {})}


class FactKind(StrEnum):
    """What a fact's values are, so that a file's tests can be checked when it is read."""

    NUMBER = "number"
    WORD = "word"
    FLAG = "flag"
    MOMENT = "moment"


FACT_KINDS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "age_years": FactKind.NUMBER,
        "drug_grams": FactKind.NUMBER,
        "prior_involvement_months": FactKind.NUMBER,
        "offence_category": FactKind.WORD,
        "concern": FactKind.WORD,
        "drug_kind": FactKind.WORD,
        "prior_involvement_basis": FactKind.WORD,
        "willing": FactKind.WORD,
        "drug_is_recorded": FactKind.FLAG,
        "prior_involvement_in_zone": FactKind.FLAG,
        "is_inside_zone": FactKind.FLAG,
        "overdose_reversal": FactKind.FLAG,
        LOCATION_FACT: FactKind.FLAG,
        "occurred_local": FactKind.MOMENT,
    }
)
"""Every fact a rule may ask for. A new one needs code that gathers it; a new limit does not."""


@dataclass(frozen=True)
class Comparison:
    """One comparison. An operand of None is a limit the programme has not set."""

    fact: str
    operator: Operator
    operand: Operand | None


@dataclass(frozen=True)
class Rule:
    """One criterion as the file has it."""

    code: str
    applies: tuple[str, ...]
    who: Who
    on_fail: OnFail
    source: str
    reason_codes: Mapping[State, str]
    sentences: Mapping[State, str]
    test: Comparison | None = None
    """None: a later checker attests the result under the rule's code."""
    when_any: tuple[Comparison, ...] = ()
    """The rule counts if one of these holds or is unknown; empty: always."""
    undecided: tuple[str, ...] = ()
    """Values of the tested fact on which the source is silent."""
    has_unset_parameter: bool = False
    is_enabled: bool = True

    def applies_to(self, kind: str) -> bool:
        return self.is_enabled and kind in self.applies


@dataclass(frozen=True)
class CriteriaSet:
    """The rules in force from one date to another."""

    set_id: str
    effective_from: date
    effective_to: date | None
    authority: str
    source_document: str
    location_rule: Mapping[str, LocationRule | None]
    """By referral kind; None is unset."""
    levels: Mapping[Level, frozenset[Who]]
    rules: tuple[Rule, ...]


def _as_json(value: Any) -> Any:
    if isinstance(value, Span):
        return {"low": value.low, "high": value.high}
    if isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value
