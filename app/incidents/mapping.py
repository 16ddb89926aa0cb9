"""Incidents as a map takes them: places and days of the rows that a filter leaves."""

import numpy as np
import sqlalchemy as sql
from sqlalchemy.orm import Session

from app.filters import InvalidFilter, RecordFilter
from app.geo.coords import Floats
from app.geo.records import MapRecords
from app.incidents import rules
from app.incidents.blocks import Block
from app.incidents.models import IncidentBlock, IncidentDataset
from app.incidents.selecting import Covers, select
from app.incidents.sets import get_row
from app.zones import service as zones

INAPPLICABLE = ("kind", "status")
"""Filters that only referrals have."""


def records_for_map(session: Session, record_filter: RecordFilter) -> MapRecords:
    """The located incidents of `record_filter.dataset` that the filter leaves.

    Exactly the filter given is applied, except `bbox` (it crops what is drawn). Flagged rows are
    left off and counted in `unmapped`, unless all location quality is asked for; then only rows
    without coordinates are. Whether a row counts as unmapped is asked of its day, hour and class
    alone, since a filter by place cannot be answered for it. `zone_status` is asked of the newest
    zone version. A row without a time of day matches no filter by hour.

    Raises:
        UnknownDataset
        InvalidFilter: `kind` or `status`, which incidents do not have.
    """
    row = get_row(session, record_filter.dataset)
    for name in INAPPLICABLE:
        if getattr(record_filter, name):
            raise InvalidFilter(
                f"{name} belongs to referrals; the set {row.name!r} has none. Leave it out.",
                errors={name: ["Only referrals have this filter."]},
            )
    covers = _newest_zone(session)
    parts = [
        select(Block.from_bytes(content), record_filter, covers)
        for content in _contents(session, row, record_filter)
    ]
    if not parts:
        return MapRecords.empty(
            unmapped=dict.fromkeys(rules.FLAGS, 0),
            first_on=row.first_on,
            last_on=row.last_on,
            data_version=row.data_version,
        )
    x_m = np.concatenate([part.x_m for part in parts])
    return MapRecords(
        x_m=x_m,
        y_m=np.concatenate([part.y_m for part in parts]),
        occurred_on=np.concatenate([part.occurred_on for part in parts]),
        person_key=np.arange(len(x_m), dtype=np.int64),
        unmapped={reason: sum(part.unmapped[reason] for part in parts) for reason in rules.FLAGS},
        first_on=row.first_on,
        last_on=row.last_on,
        data_version=row.data_version,
    )


def _contents(session: Session, row: IncidentDataset, record_filter: RecordFilter) -> list[bytes]:
    """The blocks that may hold a day of the filter, in order."""
    query = (
        sql.select(IncidentBlock.content)
        .where(IncidentBlock.dataset_id == row.id)
        .order_by(IncidentBlock.sequence)
    )
    if record_filter.from_date:
        query = query.where(IncidentBlock.last_on >= record_filter.from_date)
    if record_filter.to_date:
        query = query.where(IncidentBlock.first_on <= record_filter.to_date)
    return list(session.scalars(query))


def _newest_zone(session: Session) -> Covers:
    """Asks the zone version that took effect last; without any zone nothing is inside."""

    def covers(lon: Floats, lat: Floats) -> rules.Flags:
        versions = zones.versions(session)
        if not versions:
            return np.zeros(len(lon), dtype=np.bool_)
        newest = max(versions, key=lambda version: version.effective_from_utc)
        return zones.index_of(newest).covers_xy(lon, lat)

    return covers
