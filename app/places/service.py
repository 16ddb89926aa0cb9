"""Text to place with its zone status, the corner near a point, and the areas points lie in."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Literal

from sqlalchemy.orm import Session

from app.config import DATA
from app.errors import InvalidInput, ReferralServiceError
from app.geo.coords import LonLat
from app.geo.gazetteer import Gazetteer, Reading
from app.places import rules
from app.places.areas import (
    DISTRICTS_2023_FROM,
    District,
    DistrictLayer,
    district_layer_on,
    district_number,
    districts,
    neighbourhood_name,
)
from app.zones import service as zones
from app.zones.service import ZoneStatus

__all__ = [
    "DISTRICTS_2023_FROM",
    "District",
    "DistrictLayer",
    "NotAPlace",
    "Place",
    "PlacesAnswer",
    "district_layer_on",
    "district_number",
    "districts",
    "find",
    "gazetteer",
    "near",
    "near_well_known",
    "neighbourhood_name",
    "suggest",
]

STREETS_FILE = DATA / "streets.parquet"
MAX_TEXT = 200
SHORTEST_SUGGESTED = 3
MOST_SUGGESTIONS = 8

_loading = Lock()


class NotAPlace(InvalidInput):
    """The text is empty or far too long to be a place."""

    code = "not_a_place"


@dataclass(frozen=True)
class Place:
    """One place a text may mean. `zone_status` is None while no zone is in force."""

    label: str
    lat: float
    lon: float
    kind: Literal["intersection", "address", "block"]
    precision: Literal["exact", "estimated"]
    zone_status: ZoneStatus | None


@dataclass(frozen=True)
class PlacesAnswer:
    """Every reading of a text, best first, and a sentence on what was left out or missed."""

    results: tuple[Place, ...]
    ambiguous: bool
    note: str | None


def gazetteer() -> Gazetteer:
    """The city's gazetteer; the first call of a process reads the street file (half a second)."""
    with _loading:
        return _gazetteer()


def find(session: Session, text: str, *, now: datetime) -> PlacesAnswer:
    """Every place the text may mean, with what the zone in force says of each. Nothing is stored.

    Raises:
        NotAPlace: the text is empty, or longer than 200 characters.
    """
    _require_text(text)
    found = gazetteer().find(text)
    if not found.readings:
        return PlacesAnswer((), False, found.note)
    try:
        outline = zones.zone_in_force(session, now).outline
    except zones.NoZoneInForce:
        return _answer(found.readings, [None] * len(found.readings), found.note)
    settled = [
        replace(reading, point=rules.onto_the_edge(outline, reading.point))
        for reading in found.readings
    ]
    answers = zones.check_many(
        session, [zones.Question(reading.point) for reading in settled], now=now
    )
    return _answer(settled, [_status(answer) for answer in answers], found.note)


def suggest(text: str) -> tuple[str, ...]:
    """Up to eight labels that begin like the text, from its third letter on; never a choice."""
    if len(text.strip()) < SHORTEST_SUGGESTED or len(text) > MAX_TEXT:
        return ()
    return gazetteer().complete(text, MOST_SUGGESTIONS)


def near(point: LonLat) -> str | None:
    """The corner nearest to a point, `N Eutaw St and W Lexington St`; None beyond 500 m."""
    return gazetteer().nearest_intersection(point)


def near_well_known(point: LonLat, within_m: float) -> str | None:
    """The corner by which people know a place that reaches so far around a point.

    `N Howard St and W Lexington St` rather than an alley-sized street that lies a little nearer.
    """
    return gazetteer().well_known_intersection(point, within_m)


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer.load(STREETS_FILE)


def _require_text(text: str) -> None:
    if not text.strip():
        raise NotAPlace("Write two streets that meet, or a number and a street.")
    if len(text) > MAX_TEXT:
        raise NotAPlace(f"Write the place in at most {MAX_TEXT} characters.")


def _answer(
    readings: "tuple[Reading, ...] | list[Reading]",
    statuses: "list[ZoneStatus | None]",
    note: str | None,
) -> PlacesAnswer:
    places = tuple(
        Place(
            reading.label,
            reading.point.lat,
            reading.point.lon,
            reading.kind,
            reading.precision,
            status,
        )
        for reading, status in zip(readings, statuses, strict=True)
    )
    return PlacesAnswer(places, len(places) > 1, note)


def _status(answer: "zones.ZoneCheck | ReferralServiceError") -> ZoneStatus:
    """A street may end beyond the city's line: what lies outside the city is outside the zone."""
    return answer.status if isinstance(answer, zones.ZoneCheck) else ZoneStatus.OUTSIDE
