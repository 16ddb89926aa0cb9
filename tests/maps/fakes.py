"""Made-up sets of records for maps: no database, places in metres around Lexington Market."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import numpy as np
import shapely

from app.filters import RecordFilter
from app.geo.records import MapRecords
from app.maps import service_ground
from app.maps.service_sources import Source
from app.zones.service import ZoneVersion

MARKET_M = (432643.6, 180445.6)
"""Lexington Market, EPSG:26985, in cell 250E432500N180250."""
MARKET_CELL = "250E432500N180250"
ZONE = ZoneVersion(
    id=1,
    name="Pilot zone",
    version=1,
    effective_from_utc=datetime(2017, 2, 8, 5, tzinfo=UTC),
    effective_to_utc=None,
    outline=shapely.box(-76.628, 39.286, -76.6136, 39.295),
    boundary_streets=(),
    source="made up",
    licence="none",
    published_at_utc=datetime(2017, 2, 8, 5, tzinfo=UTC),
    content_sha256="0" * 64,
)


@dataclass
class FakeSet:
    """A set that is filtered by date only, and remembers what it was asked."""

    name: str
    records: MapRecords
    is_public_record: bool = False
    version: str | None = None
    asked: list[RecordFilter] = field(default_factory=list)

    def source(self) -> Source:
        return Source(
            name=self.name,
            is_public_record=self.is_public_record,
            licence=None,
            version=self.version,
            days=lambda: (self.records.first_on, self.records.last_on),
            fetch=self._fetch,
        )

    def _fetch(self, asked: RecordFilter) -> MapRecords:
        self.asked.append(asked)
        keep = np.ones(self.records.n, bool)
        if asked.from_date:
            keep &= self.records.occurred_on >= np.datetime64(asked.from_date)
        if asked.to_date:
            keep &= self.records.occurred_on <= np.datetime64(asked.to_date)
        return replace(
            self.records,
            x_m=self.records.x_m[keep],
            y_m=self.records.y_m[keep],
            occurred_on=self.records.occurred_on[keep],
            person_key=self.records.person_key[keep],
        )


def records(
    places_m: Sequence[tuple[float, float]],
    days: Sequence[date] | date = date(2026, 5, 12),
    *,
    people: Sequence[int] | None = None,
    unmapped: dict[str, int] | None = None,
    data_version: str = "v1",
) -> MapRecords:
    """Records at places; without `people` each row is another person."""
    n = len(places_m)
    listed = [days] * n if isinstance(days, date) else list(days)
    xy = np.array(places_m, dtype=float).reshape(n, 2)
    return MapRecords(
        x_m=xy[:, 0].copy(),
        y_m=xy[:, 1].copy(),
        occurred_on=np.array(listed, dtype="datetime64[D]"),
        person_key=np.arange(n) if people is None else np.array(people, dtype=np.int64),
        unmapped=unmapped or {},
        first_on=min(listed, default=None),
        last_on=max(listed, default=None),
        data_version=data_version,
    )


def scattered(n: int, seed: int = 1, spread_m: float = 900.0) -> list[tuple[float, float]]:
    """Places around the market, all inside the city."""
    rng = np.random.default_rng(seed)
    xy = np.array(MARKET_M) + rng.normal(size=(3 * n, 2)) * spread_m
    in_city = xy[shapely.contains_xy(service_ground.city_m(), xy[:, 0], xy[:, 1])]
    return [(float(x), float(y)) for x, y in in_city[:n]]


Use = Callable[..., FakeSet]
