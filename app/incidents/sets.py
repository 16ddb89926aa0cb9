"""Which sets of incidents there are, and what is known about each besides its incidents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sql
from sqlalchemy.orm import Session

from app.errors import InvalidInput
from app.incidents.models import IncidentDataset
from app.incidents.rules import SYNTHETIC_LICENCE


class UnknownDataset(InvalidInput):
    """There is no set of that name."""

    code = "unknown_dataset"


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
    return tuple(info_of(row) for row in rows)


def dataset(session: Session, name: str) -> DatasetInfo:
    """The set of that name.

    Raises:
        UnknownDataset: naming the sets there are.
    """
    return info_of(get_row(session, name))


def find_row(session: Session, name: str) -> IncidentDataset | None:
    """The row of a set, or None."""
    return session.scalar(sql.select(IncidentDataset).where(IncidentDataset.name == name))


def get_row(session: Session, name: str) -> IncidentDataset:
    """The row of a set.

    Raises:
        UnknownDataset: naming the sets there are.
    """
    row = find_row(session, name)
    if row is None:
        known = ", ".join(other.name for other in datasets(session)) or "none"
        raise UnknownDataset(f"There is no set called {name!r}. Sets are: {known}.")
    return row


def info_of(row: IncidentDataset) -> DatasetInfo:
    """What may be known of a set outside of this feature."""
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
