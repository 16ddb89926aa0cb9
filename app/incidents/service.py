"""Import, list and remove incident sets, and give maps the records a filter leaves."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sql
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.errors import Conflict, InvalidInput
from app.filters import REFERRALS, InvalidFilter, RecordFilter
from app.geo.coords import Floats
from app.geo.records import MapRecords
from app.incidents import rules
from app.incidents.blocks import Block
from app.incidents.importing import (
    FIELDS,
    Prepared,
    Progress,
    UnknownField,
    named_columns,
    prepare,
)
from app.incidents.locating import city_boundary
from app.incidents.models import IncidentBlock, IncidentDataset
from app.incidents.selecting import Covers, select
from app.zones import service as zones

__all__ = [
    "FIELDS",
    "SYNTHETIC_LICENCE",
    "DatasetExists",
    "DatasetInfo",
    "InvalidDataset",
    "Prepared",
    "Progress",
    "UnknownDataset",
    "UnknownField",
    "dataset",
    "datasets",
    "import_file",
    "named_columns",
    "read_file",
    "records_for_map",
    "remove",
    "require_free_name",
    "require_readable_name",
    "store",
]

SYNTHETIC_LICENCE = rules.SYNTHETIC_LICENCE
RESERVED_NAMES = frozenset({REFERRALS, "area", "street_length", "population", "all", "none"})
NAME_LIMIT = 64
INAPPLICABLE = ("kind", "status")
"""Filters that only referrals have."""


class DatasetExists(Conflict):
    """The name is in use."""

    code = "exists"


class UnknownDataset(InvalidInput):
    """There is no set of that name."""

    code = "unknown_dataset"


class InvalidDataset(InvalidInput):
    """The set cannot be imported this way."""

    code = "invalid_dataset"


@dataclass(frozen=True)
class DatasetInfo:
    """What is known about a set besides its incidents."""

    name: str
    is_public_record: bool
    licence: str
    row_count: int
    """Rows stored: accepted and flagged."""
    accepted_count: int
    rejected_count: int
    flag_counts: Mapping[str, int]
    classes: tuple[str, ...]
    """The set's own classes, most frequent first: the values of `offence_category`."""
    first_on: date | None
    last_on: date | None
    data_version: str
    source_name: str
    imported_at_utc: datetime
    imported_by: str

    @property
    def is_synthetic(self) -> bool:
        """Whether the set says of itself that none of its rows is real."""
        return self.licence == SYNTHETIC_LICENCE


def datasets(session: Session) -> tuple[DatasetInfo, ...]:
    """Every set, by name."""
    rows = session.scalars(sql.select(IncidentDataset).order_by(IncidentDataset.name))
    return tuple(_info(row) for row in rows)


def dataset(session: Session, name: str) -> DatasetInfo:
    """The set of that name.

    Raises:
        UnknownDataset: naming the sets there are.
    """
    return _info(_get(session, name))


def require_readable_name(name: str) -> None:
    """Check that a filter could carry the name.

    Raises:
        InvalidDataset
    """
    is_readable = all(char.isalnum() or char in "-_. " for char in name)
    if not name.strip() or name != name.strip() or len(name) > NAME_LIMIT or not is_readable:
        raise InvalidDataset(
            f"A set's name has 1 to {NAME_LIMIT} letters, digits, spaces, dots, - or _."
        )
    if name.casefold() in RESERVED_NAMES:
        raise InvalidDataset(f"{name!r} means something else in filters. Choose another name.")


def require_free_name(session: Session, name: str, *, is_replaced: bool) -> None:
    """Check a name before a long import begins.

    Raises:
        InvalidDataset, DatasetExists
    """
    require_readable_name(name)
    if not is_replaced and _find(session, name) is not None:
        raise DatasetExists(
            f"There is a set called {name!r}. Add --replace to put this file in its place."
        )


def read_file(
    path: Path,
    *,
    named: Mapping[str, str],
    rejected_path: Path,
    zone: ZoneInfo,
    now: datetime,
    progress: Progress = lambda share: None,
) -> Prepared:
    """Read a table to its end without storing anything; the slow part, outside any transaction.

    Raises:
        UnreadableFile, MissingColumns, CannotWriteRejected
    """
    return prepare(
        path,
        named=named,
        rejected_path=rejected_path,
        boundary=city_boundary(),
        zone=zone,
        today=now.astimezone(zone).date(),
        progress=progress,
    )


def store(
    session: Session,
    prepared: Prepared,
    *,
    name: str,
    is_public_record: bool,
    licence: str,
    is_replaced: bool,
    actor: audit.Actor,
    now: datetime,
) -> DatasetInfo:
    """Store a file that was read, all of it or nothing; the caller commits.

    Raises:
        DatasetExists, InvalidDataset
    """
    require_free_name(session, name, is_replaced=is_replaced)
    if is_public_record and not licence.strip():
        raise InvalidDataset("A public-record set needs the licence it may be shown under.")
    old = _find(session, name)
    if old is not None:
        if prepared.row_count == 0 and old.row_count > 0:
            raise InvalidDataset(
                f"{prepared.source_name} holds no row that could be stored; "
                f"the set {name!r} was left as it is."
            )
        _delete(session, old)
    row = _new_row(prepared, name, is_public_record, licence.strip())
    row.imported_at_utc, row.imported_by = now, actor.name
    session.add(row)
    session.flush()
    for sequence, block in enumerate(prepared.blocks):
        session.add(
            IncidentBlock(
                dataset_id=row.id,
                sequence=sequence,
                row_count=block.row_count,
                first_on=block.first_on,
                last_on=block.last_on,
                content=block.content,
            )
        )
    session.flush()
    audit.record(
        session,
        "incidents.imported",
        actor=actor,
        subject_kind="incident_dataset",
        subject_id=row.id,
        now=now,
        details={
            "name": name,
            "accepted": prepared.accepted,
            "rejected": prepared.rejected,
            "flagged": dict(row.flag_counts),
            "public_record": is_public_record,
            "replaced": old is not None,
            "sha256": prepared.source_sha256,
        },
    )
    return _info(row)


def import_file(
    session: Session,
    path: Path,
    *,
    name: str,
    is_public_record: bool,
    licence: str,
    zone: ZoneInfo,
    actor: audit.Actor,
    now: datetime,
    is_replaced: bool = False,
    rejected_path: Path | None = None,
) -> DatasetInfo:
    """Read and store a file in one go, for small files and programs; the caller commits."""
    require_free_name(session, name, is_replaced=is_replaced)
    rejected_path = rejected_path or path.with_name(path.name + ".rejected.csv")
    prepared = read_file(path, named={}, rejected_path=rejected_path, zone=zone, now=now)
    return store(
        session,
        prepared,
        name=name,
        is_public_record=is_public_record,
        licence=licence,
        is_replaced=is_replaced,
        actor=actor,
        now=now,
    )


def remove(session: Session, name: str, *, actor: audit.Actor, now: datetime) -> DatasetInfo:
    """Delete a set and its incidents; the caller commits. Gives what it was.

    Raises:
        UnknownDataset
    """
    row = _get(session, name)
    removed = _info(row)
    audit.record(
        session,
        "incidents.removed",
        actor=actor,
        subject_kind="incident_dataset",
        subject_id=row.id,
        now=now,
        details={"name": name, "rows": row.row_count},
    )
    _delete(session, row)
    return removed


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
    row = _get(session, record_filter.dataset)
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


def _find(session: Session, name: str) -> IncidentDataset | None:
    return session.scalar(sql.select(IncidentDataset).where(IncidentDataset.name == name))


def _get(session: Session, name: str) -> IncidentDataset:
    row = _find(session, name)
    if row is None:
        known = ", ".join(other.name for other in datasets(session)) or "none"
        raise UnknownDataset(f"There is no set called {name!r}. Sets are: {known}.")
    return row


def _delete(session: Session, row: IncidentDataset) -> None:
    session.execute(sql.delete(IncidentBlock).where(IncidentBlock.dataset_id == row.id))
    session.delete(row)
    session.flush()


def _new_row(
    prepared: Prepared, name: str, is_public_record: bool, licence: str
) -> IncidentDataset:
    days = [(block.first_on, block.last_on) for block in prepared.blocks]
    digest = hashlib.sha256(f"{name}\n{is_public_record}\n".encode())
    for block in prepared.blocks:
        digest.update(hashlib.sha256(block.content).digest())
    return IncidentDataset(
        name=name,
        is_public_record=is_public_record,
        licence=licence,
        source_name=prepared.source_name,
        source_sha256=prepared.source_sha256,
        row_count=prepared.row_count,
        accepted_count=prepared.accepted,
        rejected_count=prepared.rejected,
        flag_counts={reason: n for reason, n in prepared.flagged.items() if n},
        classes=[word for word, _ in sorted(prepared.classes.items(), key=lambda c: (-c[1], c[0]))],
        first_on=min((first for first, _ in days), default=None),
        last_on=max((last for _, last in days), default=None),
        data_version=digest.hexdigest()[:32],
    )


def _info(row: IncidentDataset) -> DatasetInfo:
    return DatasetInfo(
        name=row.name,
        is_public_record=row.is_public_record,
        licence=row.licence,
        row_count=row.row_count,
        accepted_count=row.accepted_count,
        rejected_count=row.rejected_count,
        flag_counts=dict(row.flag_counts),
        classes=tuple(row.classes),
        first_on=row.first_on,
        last_on=row.last_on,
        data_version=row.data_version,
        source_name=row.source_name,
        imported_at_utc=row.imported_at_utc,
        imported_by=row.imported_by,
    )
