"""Everything a layer is computed from, settled before anything is computed."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.filters import REFERRALS, RecordFilter
from app.geo.disclosure import Published, publish
from app.geo.grid import CityGrid, FloatArray, IntArray
from app.geo.records import MapRecords
from app.maps import rules, service_ground, service_sources
from app.maps.service_sources import Exposure, Source
from app.zones import service as zones
from app.zones.service import ZoneVersion


@dataclass(frozen=True, eq=False)
class Asked:
    """What was asked for, before any record is read."""

    request: RecordFilter
    source: Source
    exposure: Exposure
    is_personal: bool
    k: int
    zone: ZoneVersion
    notice: str | None
    """What every page and file says of the installation, `Demonstration ...`."""

    @property
    def quick_key(self) -> tuple[Hashable, ...] | None:
        """Names the answer without reading records, where the sets' versions are known."""
        if self.source.version is None or self.exposure.version is None:
            return None
        return (self.request, self.source.version, self.exposure.version, *self.setting)

    @property
    def setting(self) -> tuple[Hashable, ...]:
        return self.is_personal, self.k, self.zone.id, self.zone.version, self.notice


@dataclass(frozen=True, eq=False)
class Inputs:
    """The records and the filter that is really used."""

    asked: Asked
    records: MapRecords
    used: RecordFilter
    exposure: FloatArray
    """(n,) per cell, what incidents are expected in proportion to."""
    cell: IntArray
    """(n,) cell of each record, -1 where it lies outside all of them."""

    @property
    def is_personal(self) -> bool:
        return self.asked.is_personal

    @property
    def k(self) -> int:
        return self.asked.k

    @property
    def zone(self) -> ZoneVersion:
        return self.asked.zone

    @property
    def full_key(self) -> tuple[Hashable, ...]:
        """Names the answer by the very records it is made from."""
        content = service_sources.content_digest(self.records)
        return (self.used, content, self.exposure.tobytes(), *self.asked.setting)

    @property
    def grid(self) -> CityGrid:
        """The city's cells of the size in use."""
        return service_ground.grid(self.used.cell_m)

    def metadata(self, layer: str) -> dict[str, Any]:
        """What both layers say of themselves; the layer adds method, parameters and caption."""
        total = self._published(int((self.cell >= 0).sum()), self._people())
        unmapped = {
            reason: self._published(count, count) for reason, count in self._unmapped().items()
        }
        notice = {"notice": self.asked.notice} if self.asked.notice else {}
        return notice | {
            "layer": layer,
            "dataset": self.used.dataset,
            "is_personal": self.is_personal,
            "licence": self.asked.source.licence,
            "n": total.count,
            "n_label": total.label,
            "unmapped": {reason: shown.count for reason, shown in unmapped.items()},
            "unmapped_labels": {reason: shown.label for reason, shown in unmapped.items()},
            "filters": rules.filters_in_words(self.used),
            "exposure": self.used.exposure,
            "zone_version": self.zone.version,
            "zone": {
                "id": self.zone.id,
                "name": self.zone.name,
                "version": self.zone.version,
                "effective_from": self.zone.effective_from_utc.isoformat(),
            },
            "suppression_rule": rules.suppression_rule(is_personal=self.is_personal, k=self.k),
            "suppression_k": self.k if self.is_personal else None,
            "period_days": rules.Window(self.used.from_date, self.used.to_date).days,
        }

    def _people(self) -> int:
        return len(set(self.records.person_key[self.cell >= 0].tolist()))

    def _unmapped(self) -> dict[str, int]:
        counts = dict(self.records.unmapped)
        beyond = int((self.cell < 0).sum())
        if beyond:
            counts["outside_city"] = counts.get("outside_city", 0) + beyond
        return counts

    def _published(self, count: int, people: int) -> Published:
        if not self.is_personal:
            return Published(count, str(count))
        return publish(count, people, self.k)


def ask(
    session: Session,
    request: RecordFilter,
    *,
    viewer_roles: frozenset[str],
    now: datetime,
    is_demonstration: bool,
) -> Asked:
    """Find the set, the exposure and the zone, and whether the rules for personal sets hold.

    Raises:
        UnknownDataset: there is no such set or exposure.
    """
    source = service_sources.source(session, request.dataset, viewer_roles)
    exposure = service_sources.exposure(session, request.exposure, viewer_roles)
    return Asked(
        request=request,
        source=source,
        exposure=exposure,
        is_personal=not (source.is_public_record and exposure.is_public),
        k=rules.fewest_people(viewer_roles),
        zone=zones.zone_in_force(session, now),
        notice=_notice(source) if is_demonstration else None,
    )


def _notice(source: Source) -> str:
    """Referrals of a demonstration are synthetic, and so are the sets that say so."""
    is_synthetic = source.name == REFERRALS or source.is_synthetic
    return rules.demonstration_notice(source.name, is_synthetic=is_synthetic)


def gather(asked: Asked) -> Inputs:
    """Settle the filter and fetch the records it leaves.

    Raises:
        NotOnPersonalMaps: weekday or hours on a personal set.
        NothingExpected: the set chosen as exposure is empty for these filters.
    """
    first_on, last_on = asked.source.days()
    used = rules.used_filter(
        asked.request, is_personal=asked.is_personal, first_on=first_on, last_on=last_on
    )
    records = asked.source.fetch(used.with_changes(bbox=None))
    return Inputs(
        asked=asked,
        records=records,
        used=used,
        exposure=asked.exposure.per_cell(used),
        cell=service_ground.grid(used.cell_m).locate(records.x_m, records.y_m),
    )
