"""What a set of criteria says about one set of facts. Pure: no database, no clock.

**Levels.** An evaluation is made at a level, and the criteria set says whose rules count there
(`levels` in the file). At `officer` level only what an officer, the system or the person answers
is asked; rules of later checkers (records check, State's Attorney) are listed as pending. Counting
them as unknown would make every officer-level outcome `needs_verification` for ever and say
nothing, while nobody becomes a participant on an officer's outcome anyway: the best it can say is
`appears_eligible`.

**Unset and unknown.** A rule whose limit the programme has not set, or whose fact nobody knows, is
never taken as met: it goes to a person (`needs_verification`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from app.screening.criteria import (
    LOCATION_FACT,
    Comparison,
    CriteriaSet,
    Facts,
    Level,
    LocationRule,
    Number,
    OnFail,
    Operator,
    Rule,
    Span,
    State,
)


class Outcome(StrEnum):
    """What an officer-level evaluation can say. There is no better word than the first."""

    APPEARS_ELIGIBLE = "appears_eligible"
    NEEDS_VERIFICATION = "needs_verification"
    INELIGIBLE = "ineligible"


SEVERITY: Final = tuple(Outcome)
"""From best to worst; the worst finding decides."""


@dataclass(frozen=True)
class Reason:
    """Why an outcome is what it is."""

    code: str
    text: str
    source: str


@dataclass(frozen=True)
class Finding:
    """What one rule says."""

    rule_code: str
    state: State
    outcome: Outcome
    reason: Reason | None


@dataclass(frozen=True)
class Evaluation:
    """What the set says, rule by rule and in sum."""

    level: Level
    outcome: Outcome
    findings: tuple[Finding, ...]
    pending: tuple[str, ...]
    """Codes of rules that later checkers will answer."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Worst first; what is met gives no reason."""
        told = [finding for finding in self.findings if finding.reason is not None]
        told.sort(key=lambda finding: -SEVERITY.index(finding.outcome))
        return tuple(finding.reason for finding in told if finding.reason is not None)


def evaluate_rules(
    criteria: CriteriaSet, facts: Facts, *, kind: str, level: Level = Level.OFFICER
) -> Evaluation:
    """Ask every rule that counts for this kind at this level; the worst answer is the outcome."""
    asked = criteria.levels[level]
    rules = [rule for rule in criteria.rules if rule.applies_to(kind)]
    findings = tuple(
        find(rule, facts, criteria.location_rule.get(kind)) for rule in rules if rule.who in asked
    )
    return Evaluation(
        level=level,
        outcome=worst(finding.outcome for finding in findings),
        findings=findings,
        pending=tuple(rule.code for rule in rules if rule.who not in asked),
    )


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The most severe of several outcomes; `appears_eligible` when there is none."""
    return max(outcomes, key=SEVERITY.index, default=Outcome.APPEARS_ELIGIBLE)


def find(rule: Rule, facts: Facts, location_rule: LocationRule | None) -> Finding:
    """How one rule stands, what that does to the outcome, and why."""
    state = _state(rule, facts, location_rule)
    outcome = consequence(rule.on_fail, state)
    reason = None
    if state not in (State.MET, State.NOT_APPLICABLE):
        reason = Reason(rule.reason_codes[state], rule.sentences[state], rule.source)
    return Finding(rule.code, state, outcome, reason)


def consequence(on_fail: OnFail, state: State) -> Outcome:
    """What a rule's state does to the outcome: unset and unknown always go to a person."""
    if state in (State.UNKNOWN, State.UNSET):
        return Outcome.NEEDS_VERIFICATION
    if state is State.NOT_MET and on_fail is OnFail.INELIGIBLE:
        return Outcome.INELIGIBLE
    if state is State.NOT_MET and on_fail is OnFail.NEEDS_VERIFICATION:
        return Outcome.NEEDS_VERIFICATION
    return Outcome.APPEARS_ELIGIBLE


def holds(test: Comparison, facts: Facts) -> bool | None:
    """Whether a test holds; None when the fact is unknown or its bounds leave it open."""
    value = getattr(facts, test.fact)
    if value is None or test.operand is None:
        return None
    match test.operator:
        case Operator.AT_LEAST:
            return _at_least(value, test.operand)
        case Operator.AT_MOST:
            return _at_most(value, test.operand)
        case Operator.IN:
            return _is_in(value, test.operand)
        case Operator.IS:
            return bool(value == test.operand)


def _state(rule: Rule, facts: Facts, location_rule: LocationRule | None) -> State:
    if rule.when_any and all(holds(condition, facts) is False for condition in rule.when_any):
        return State.NOT_APPLICABLE
    if rule.has_unset_parameter:
        return State.UNSET
    if rule.test is None:
        return _as_state(facts.attested.get(rule.code))
    if rule.test.fact == LOCATION_FACT:
        return _location_state(facts, location_rule)
    if rule.undecided and getattr(facts, rule.test.fact) in rule.undecided:
        return State.UNSET
    return _as_state(holds(rule.test, facts))


def _location_state(facts: Facts, location_rule: LocationRule | None) -> State:
    match location_rule:
        case None:
            return State.UNSET
        case LocationRule.NOT_REQUIRED:
            return State.NOT_APPLICABLE
        case LocationRule.REQUIRED:
            return _as_state(facts.is_inside_zone)
        case LocationRule.PRIOR_INVOLVEMENT_IN_ZONE:
            return _as_state(facts.prior_involvement_in_zone)


def _as_state(answer: bool | None) -> State:
    if answer is None:
        return State.UNKNOWN
    return State.MET if answer else State.NOT_MET


def _bounds(value: Number) -> tuple[float | None, float | None]:
    return (value.low, value.high) if isinstance(value, Span) else (value, value)


def _at_least(value: Number, limit: Any) -> bool | None:
    low, high = _bounds(value)
    if low is not None and low >= limit:
        return True
    return False if high is not None and high < limit else None


def _at_most(value: Number, limit: Any) -> bool | None:
    low, high = _bounds(value)
    if high is not None and high <= limit:
        return True
    return False if low is not None and low > limit else None


def _is_in(value: Any, members: Any) -> bool:
    if isinstance(value, datetime):
        return any(hours.covers(value) for hours in members)
    return value in members
