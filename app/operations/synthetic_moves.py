"""What becomes of a synthetic referral: each state along its allowed way, at plausible times.

The shares of outcomes are those of Santa Fe at 23 December 2016: 105 referred, of whom 9 were
ineligible, 3 declined, 6 had no intake in time, 67 engaged, 17 went quiet, 3 were in intake.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

OUTCOMES = {
    "ineligible": 9 / 105,
    "declined": 3 / 105,
    "no_intake": 6 / 105,
    "engaged": 67 / 105,
    "inactive": 17 / 105,
    "in_intake": 3 / 105,
}
DAYS_TO_EXPIRY = 14
CLOSED_SHARE = 0.4
"""Share of those gone quiet whose case was closed since."""


@dataclass(frozen=True)
class Move:
    """One state that changes, and who changes it."""

    field: str
    to: str
    role: str
    """A role's word, or `system`."""
    at: datetime


@dataclass(frozen=True)
class Course:
    """What is known when a referral begins its way."""

    outcome: str
    """One of OUTCOMES."""
    is_arrest: bool
    wants_time: bool
    start: datetime
    """When it was received, aware."""


def moves(course: Course, rng: np.random.Generator) -> list[Move]:
    """Everything that will happen to the referral, in order of time."""
    if course.outcome == "declined":
        made = list(_declined(course, rng))
    else:
        handed_off, hand_off = _hand_off(course, rng)
        decided, checks = _checks(course, rng)
        endings = {"ineligible": _ineligible, "no_intake": _no_intake}
        ending = endings.get(course.outcome, _taken_in)
        made = [*hand_off, *checks, *ending(course, handed_off, decided, rng)]
    return sorted(made, key=lambda move: move.at)


def _span(rng: np.random.Generator, **length: float) -> timedelta:
    """A length of time, up to 40 % off, in whole minutes."""
    seconds = timedelta(**length).total_seconds() * float(rng.uniform(0.7, 1.4))
    return timedelta(minutes=max(1, round(seconds / 60)))


def _verification(to: str, role: str, at: datetime) -> Move:
    return Move("verification_state", to, role, at)


def _engagement(to: str, role: str, at: datetime) -> Move:
    return Move("engagement_state", to, role, at)


def _hold(to: str, role: str, at: datetime) -> Move:
    return Move("charge_hold_state", to, role, at)


def _declined(course: Course, rng: np.random.Generator) -> Iterator[Move]:
    if course.is_arrest:
        yield _hold("charge_requested", "prosecutor", course.start + _span(rng, days=2))


def _hand_off(course: Course, rng: np.random.Generator) -> tuple[datetime, list[Move]]:
    made, ready = [], course.start
    if course.wants_time:
        ready += _span(rng, days=2)
        made.append(_engagement("handoff_pending", "case_manager", ready))
    handed_off = ready + _span(rng, minutes=40)
    made.append(_engagement("handed_off", "case_manager", handed_off))
    made.append(_engagement("intake_due", "system", handed_off + timedelta(minutes=1)))
    return handed_off, made


def _checks(course: Course, rng: np.random.Generator) -> tuple[datetime, list[Move]]:
    checked = course.start + _span(rng, minutes=30)
    reviewed = checked + _span(rng, minutes=20)
    decided = reviewed + _span(rng, hours=4 if course.is_arrest else 44)
    made = [
        _verification("records_check", "records_checker", checked),
        _verification("sao_review", "records_checker", reviewed),
    ]
    if course.is_arrest:
        made.append(_hold("hold_confirmed", "prosecutor", decided))
    return decided, made


def _ineligible(
    course: Course, handed_off: datetime, decided: datetime, rng: np.random.Generator
) -> Iterator[Move]:
    yield _verification("ineligible", "prosecutor", decided)
    linked = max(handed_off, decided) + _span(rng, days=3)
    yield _engagement("referred_elsewhere", "case_manager", linked)
    if course.is_arrest:
        yield _hold("charge_requested", "prosecutor", linked + timedelta(days=2))


def _accepted(decided: datetime, rng: np.random.Generator) -> tuple[datetime, list[Move]]:
    accepted = decided + _span(rng, days=5)
    return accepted, [
        _verification("verified_eligible", "prosecutor", decided),
        _verification("partner_review", "system", decided + timedelta(minutes=1)),
        _verification("accepted", "programme_manager", accepted),
    ]


def _no_intake(
    course: Course, handed_off: datetime, decided: datetime, rng: np.random.Generator
) -> Iterator[Move]:
    accepted, approvals = _accepted(decided, rng)
    yield from approvals
    expired = max(accepted, handed_off + timedelta(days=DAYS_TO_EXPIRY))
    yield _engagement("intake_expired", "system", expired)
    if course.is_arrest:
        yield _hold("lapsed", "system", expired)


def _taken_in(
    course: Course, handed_off: datetime, decided: datetime, rng: np.random.Generator
) -> Iterator[Move]:
    accepted, approvals = _accepted(decided, rng)
    yield from approvals
    done = handed_off + _span(rng, days=3)
    yield _engagement("intake_done", "case_manager", done)
    active = max(done, accepted) + timedelta(days=1)
    if course.is_arrest:
        yield _hold("released_no_charge", "system", active)
    if course.outcome == "in_intake":
        return
    yield _engagement("active", "case_manager", active)
    if course.outcome == "inactive":
        quiet = active + _span(rng, days=90)
        yield _engagement("inactive", "case_manager", quiet)
        if rng.random() < CLOSED_SHARE:
            yield _engagement("closed", "case_supervisor", quiet + timedelta(days=45))
