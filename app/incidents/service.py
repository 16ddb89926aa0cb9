"""Import, list and remove incident sets, and give maps the records a filter leaves."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sql
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.errors import Conflict, InvalidInput
from app.filters import REFERRALS
from app.incidents.importing import (
    FIELDS,
    Prepared,
    Progress,
    UnknownField,
    named_columns,
    prepare,
)
from app.incidents.locating import city_boundary
from app.incidents.mapping import records_for_map
from app.incidents.models import IncidentBlock, IncidentDataset
from app.incidents.rules import SYNTHETIC_LICENCE
from app.incidents.sets import (
    DatasetInfo,
    UnknownDataset,
    dataset,
    datasets,
    find_row,
    get_row,
    info_of,
)

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

RESERVED_NAMES = frozenset({REFERRALS, "area", "street_length", "population", "all", "none"})
NAME_LIMIT = 64


class DatasetExists(Conflict):
    """The name is in use."""

    code = "exists"


class InvalidDataset(InvalidInput):
    """The set cannot be imported this way."""

    code = "invalid_dataset"


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
    if not is_replaced and find_row(session, name) is not None:
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
    old = find_row(session, name)
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
    return info_of(row)


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
    row = get_row(session, name)
    removed = info_of(row)
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
