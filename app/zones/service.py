"""Where a place lies in the zone in force, and which versions of the zone there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from app.errors import ReferralServiceError
from app.geo.coords import LonLat, require_in_service_area
from app.geo.zone_index import ZoneStatus
from app.zones.counting import CheckCounter, check_counts
from app.zones.publishing import (
    NotAfterLatest,
    ZoneExists,
    publish_emergency,
    publish_first,
)
from app.zones.versions import (
    NoZoneInForce,
    ZoneNotFound,
    ZoneVersion,
    get_zone,
    in_force_at,
    index_of,
    versions,
    zone_in_force,
)

__all__ = [
    "CheckCounter",
    "NoZoneInForce",
    "NotAfterLatest",
    "Question",
    "ZoneCheck",
    "ZoneExists",
    "ZoneNotFound",
    "ZoneStatus",
    "ZoneVersion",
    "check",
    "check_counts",
    "check_many",
    "get_zone",
    "index_of",
    "publish_emergency",
    "publish_first",
    "versions",
    "zone_in_force",
]


@dataclass(frozen=True)
class Question:
    """One place to check: degrees, metres; `at` None means now."""

    point: LonLat
    accuracy_m: float | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class ZoneCheck:
    """The answer for one place, with the version that gave it."""

    status: ZoneStatus
    distance_to_boundary_m: float
    nearest_street: str | None
    lat: float
    lon: float
    accuracy_m: float | None
    zone: ZoneVersion
    checked_at: datetime


def check(
    session: Session,
    point: LonLat,
    *,
    accuracy_m: float | None = None,
    at: datetime | None = None,
    now: datetime,
) -> ZoneCheck:
    """Say whether a place lies in the zone in force. Nothing is stored.

    Args:
        accuracy_m: radius of the position's error; finite, not negative.
        at: the moment that counts; None means `now`.

    Raises:
        OutsideServiceArea: the place is not in the city's envelope.
        NoZoneInForce: no version was in force then.
    """
    [answer] = check_many(session, [Question(point, accuracy_m, at)], now=now)
    if isinstance(answer, ReferralServiceError):
        raise answer
    return answer


def check_many(
    session: Session, questions: Sequence[Question], *, now: datetime
) -> list[ZoneCheck | ReferralServiceError]:
    """Answer every question in its place; one that has no answer gets its error instead."""
    published = versions(session)
    answers: list[ZoneCheck | ReferralServiceError | None] = [None] * len(questions)
    asked_of: dict[int, list[int]] = {}
    for number, question in enumerate(questions):
        try:
            require_in_service_area(question.point)
            zone = in_force_at(published, question.at or now)
        except ReferralServiceError as error:
            answers[number] = error
        else:
            asked_of.setdefault(zone.version, []).append(number)
    for zone in published:
        numbers = asked_of.get(zone.version, [])
        found = _located(zone, [questions[number] for number in numbers], now=now)
        for number, answer in zip(numbers, found, strict=True):
            answers[number] = answer
    return [answer for answer in answers if answer is not None]


def _located(zone: ZoneVersion, questions: Sequence[Question], *, now: datetime) -> list[ZoneCheck]:
    if not questions:
        return []
    accuracy_m = [np.nan if q.accuracy_m is None else q.accuracy_m for q in questions]
    found = index_of(zone).locate_many(
        np.array([question.point.lon for question in questions]),
        np.array([question.point.lat for question in questions]),
        np.array(accuracy_m),
    )
    return [
        ZoneCheck(
            status=ZoneStatus(status),
            distance_to_boundary_m=distance_m,
            nearest_street=street,
            lat=question.point.lat,
            lon=question.point.lon,
            accuracy_m=question.accuracy_m,
            zone=zone,
            checked_at=now,
        )
        for question, status, distance_m, street in zip(
            questions,
            found.status.tolist(),
            found.distance_to_boundary_m.tolist(),
            found.nearest_street.tolist(),
            strict=True,
        )
    ]
