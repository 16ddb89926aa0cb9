"""Putting a version of the zone in place; what is published stays as it is."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Actor
from app.config import DATA
from app.errors import Conflict, InvalidInput
from app.geo.boundary_streets import label_boundary, read_centre_lines
from app.geo.geojson import (
    geometry_as_geojson,
    outline_from,
    require_outline_in_service_area,
)
from app.geo.zone_index import EdgeStreet
from app.zones.models import Zone
from app.zones.versions import NoZoneInForce, ZoneVersion, get_zone, versions

STREETS_PATH = DATA / "streets.parquet"


class ZoneExists(Conflict):
    """A zone is in force already, so the first one cannot be put in place again."""

    code = "zone_exists"


class NotAfterLatest(InvalidInput):
    """A new version would begin before the latest one does."""

    code = "not_after_latest"


def publish_first(
    session: Session,
    outline_geojson: Any,
    *,
    name: str,
    effective_from: datetime,
    actor: Actor,
    now: datetime,
    source: str,
    licence: str,
    streets_path: Path = STREETS_PATH,
) -> ZoneVersion:
    """Put version 1 in place and audit it; the caller commits.

    Args:
        outline_geojson: decoded GeoJSON of one Polygon or MultiPolygon, lon/lat.
        effective_from: aware.
        streets_path: the city's centre lines, from which the boundary's streets are taken.

    Raises:
        InvalidOutline: the outline cannot be used; says why.
        ZoneExists: there is a version already.
    """
    if versions(session):
        raise ZoneExists(
            "A zone is in place already. To change it, make a planning scenario for a second "
            "person to approve; in an emergency use --emergency --reason."
        )
    return _publish(
        session,
        outline_geojson,
        name=name,
        version=1,
        effective_from=effective_from,
        actor=actor,
        now=now,
        source=source,
        licence=licence,
        emergency_reason=None,
        streets_path=streets_path,
    )


def publish_emergency(
    session: Session,
    outline_geojson: Any,
    *,
    reason: str,
    effective_from: datetime,
    actor: Actor,
    now: datetime,
    source: str,
    licence: str,
    name: str | None = None,
    streets_path: Path = STREETS_PATH,
) -> ZoneVersion:
    """Put the next version in place without a second person's approval, and audit it.

    Args:
        name: None keeps the present name.

    Raises:
        InvalidOutline: the outline cannot be used; says why.
        NoZoneInForce: there is no first version to follow.
        NotAfterLatest: it would begin no later than the latest version.
    """
    published = versions(session)
    if not published:
        raise NoZoneInForce("There is no zone yet. Load the first one without --emergency.")
    latest = published[-1]
    if effective_from <= latest.effective_from_utc:
        raise NotAfterLatest("A new version must begin after the latest one began.")
    return _publish(
        session,
        outline_geojson,
        name=name or latest.name,
        version=latest.version + 1,
        effective_from=effective_from,
        actor=actor,
        now=now,
        source=source,
        licence=licence,
        emergency_reason=reason,
        streets_path=streets_path,
    )


def _publish(
    session: Session,
    outline_geojson: Any,
    *,
    name: str,
    version: int,
    effective_from: datetime,
    actor: Actor,
    now: datetime,
    source: str,
    licence: str,
    emergency_reason: str | None,
    streets_path: Path,
) -> ZoneVersion:
    outline = require_outline_in_service_area(outline_from(outline_geojson))
    outline_wgs84 = geometry_as_geojson(outline)
    streets = _stretches_as_json(label_boundary(outline, read_centre_lines(streets_path)))
    row = Zone(
        name=name,
        version=version,
        outline_wgs84=outline_wgs84,
        boundary_streets=streets,
        content_sha256=_sha256(outline_wgs84, streets),
        effective_from_utc=effective_from.astimezone(UTC),
        source=source,
        licence=licence,
        emergency_reason=emergency_reason,
        published_at_utc=now,
        published_by=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "zone.published",
        actor=actor,
        subject_kind="zone",
        subject_id=row.id,
        now=now,
        details={
            "version": version,
            "effective_from": row.effective_from_utc.isoformat(),
            "content_sha256": row.content_sha256,
            "is_emergency": emergency_reason is not None,
        },
    )
    return get_zone(session, row.id)


def _sha256(outline_wgs84: dict[str, Any], streets: list[dict[str, Any]]) -> str:
    content = json.dumps([outline_wgs84, streets], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _stretches_as_json(edges: Sequence[EdgeStreet]) -> list[dict[str, Any]]:
    return [
        {"street": edge.street, "line": shapely.get_coordinates(edge.line_wgs84).tolist()}
        for edge in edges
    ]
