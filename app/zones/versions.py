"""The published versions of the zone, and the prepared index of each."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import InvalidInput, NotFound
from app.geo.geojson import Outline, outline_from
from app.geo.zone_index import EdgeStreet, ZoneIndex
from app.zones.models import Zone

INDEXES_KEPT = 32


class NoZoneInForce(InvalidInput):
    """No version was in force at the moment asked about."""

    code = "no_zone_in_force"


class ZoneNotFound(NotFound):
    """There is no version with this id."""


@dataclass(frozen=True)
class ZoneVersion:
    """One published version. `effective_to_utc` is where the next one begins, or None."""

    id: int
    name: str
    version: int
    effective_from_utc: datetime
    effective_to_utc: datetime | None
    outline: Outline = field(compare=False, repr=False)
    """EPSG:4326."""
    boundary_streets: tuple[EdgeStreet, ...] = field(compare=False, repr=False)
    source: str = field(compare=False, repr=False)
    licence: str = field(compare=False, repr=False)
    published_at_utc: datetime = field(compare=False, repr=False)
    content_sha256: str = field(repr=False)


def zone_in_force(session: Session, at: datetime) -> ZoneVersion:
    """The version in force at a moment; a version is in force from its very first instant.

    Raises:
        NoZoneInForce: the moment lies before the first version.
    """
    return in_force_at(versions(session), at)


def get_zone(session: Session, zone_id: int) -> ZoneVersion:
    """The version with this id.

    Raises:
        ZoneNotFound: there is none.
    """
    for zone in versions(session):
        if zone.id == zone_id:
            return zone
    raise ZoneNotFound("There is no zone with this id. GET /api/v1/zones lists them.")


def versions(session: Session) -> tuple[ZoneVersion, ...]:
    """Every published version, oldest first."""
    rows = session.execute(
        select(
            Zone.id,
            Zone.name,
            Zone.version,
            Zone.effective_from_utc,
            Zone.source,
            Zone.licence,
            Zone.published_at_utc,
            Zone.content_sha256,
        ).order_by(Zone.effective_from_utc)
    ).all()
    return tuple(
        ZoneVersion(
            effective_to_utc=end, **_shape_of(session, row.id, row.content_sha256), **row._mapping
        )
        for row, end in zip_longest(rows, (row.effective_from_utc for row in rows[1:]))
    )


def index_of(zone: ZoneVersion) -> ZoneIndex:
    """The version's index, built once in a process and shared by all who ask."""
    with _cache_lock:
        index = _indexes.get(zone.content_sha256)
        if index is None:
            index = ZoneIndex(zone.outline, zone.boundary_streets)
            _keep(_indexes, zone.content_sha256, index)
    return index


def in_force_at(published: Sequence[ZoneVersion], at: datetime) -> ZoneVersion:
    """Which of all versions, oldest first, is in force at a moment.

    Raises:
        NoZoneInForce: the moment lies before the first version.
    """
    for zone in reversed(published):
        if zone.effective_from_utc <= at:
            return zone
    raise NoZoneInForce("No zone was in force at that time.")


_cache_lock = threading.RLock()
_indexes: dict[str, ZoneIndex] = {}
_shapes: dict[str, dict[str, Any]] = {}


def _shape_of(session: Session, zone_id: int, content_sha256: str) -> dict[str, Any]:
    """Outline and streets of a version, read from the database once in a process."""
    with _cache_lock:
        shape = _shapes.get(content_sha256)
    if shape is None:
        row = session.get_one(Zone, zone_id)
        shape = {
            "outline": outline_from(row.outline_wgs84),
            "boundary_streets": _stretches_from_json(row.boundary_streets),
        }
        with _cache_lock:
            _keep(_shapes, content_sha256, shape)
    return shape


def _keep(cache: dict[str, Any], key: str, value: Any) -> None:
    """Keep a value, letting the oldest go: a process sees few versions, a test run many."""
    while len(cache) >= INDEXES_KEPT:
        del cache[next(iter(cache))]
    cache[key] = value


def _stretches_from_json(stretches: Sequence[dict[str, Any]]) -> tuple[EdgeStreet, ...]:
    return tuple(
        EdgeStreet(stretch["street"], shapely.LineString(stretch["line"])) for stretch in stretches
    )
