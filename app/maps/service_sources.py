"""Where a map's records come from, and whether they are a public record."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy.orm import Session

from app.errors import InvalidInput
from app.filters import REFERRALS, RecordFilter
from app.geo.grid import FloatArray
from app.geo.records import MapRecords
from app.incidents import service as incidents
from app.maps import rules, service_ground
from app.referrals import service as referrals

_NO_DAYS = date(1800, 1, 1)
"""Before any record: asks for a set's first and last day without its rows."""


class NothingExpected(InvalidInput):
    """The set chosen as exposure has nothing where and when it is asked for."""

    code = "no_exposure"


@dataclass(frozen=True)
class Source:
    """One set of records that can be mapped."""

    name: str
    is_public_record: bool
    licence: str | None
    version: str | None
    """Names the set's content where that is known without reading it."""
    days: Callable[[], tuple[date | None, date | None]]
    """First and last day of the whole set."""
    fetch: Callable[[RecordFilter], MapRecords]
    is_synthetic: bool = False
    """Whether none of its records is real, as in the demonstration's own sets."""


@dataclass(frozen=True)
class Exposure:
    """What incidents are expected in proportion to, per cell."""

    name: str
    is_public: bool
    """Whether it may be told exactly: streets, areas, people of the census, public sets."""
    version: str | None
    per_cell: Callable[[RecordFilter], FloatArray]


def source(session: Session, dataset: str, viewer_roles: frozenset[str]) -> Source:
    """The set with this name, as far as these roles see it.

    Raises:
        NotFound: there is no such set.
    """
    if dataset == REFERRALS:
        return _referrals(session, viewer_roles)
    about = incidents.dataset(session, dataset)
    return Source(
        name=dataset,
        is_public_record=about.is_public_record,
        licence=about.licence or None,
        version=about.data_version,
        days=lambda: (about.first_on, about.last_on),
        fetch=lambda asked: incidents.records_for_map(session, asked),
        is_synthetic=about.is_synthetic,
    )


def exposure(session: Session, name: str | None, viewer_roles: frozenset[str]) -> Exposure:
    """Area (also when none is named), street length, people, or the counts of another set.

    Raises:
        NotFound: the name is none of these.
    """
    name = name or "area"
    if name in rules.FIXED_EXPOSURES:
        return Exposure(
            name, True, name, lambda used: service_ground.fixed_exposure(name, used.cell_m)
        )
    other = source(session, name, viewer_roles)
    return Exposure(
        name, other.is_public_record, other.version, lambda used: _counts_of(other, used)
    )


def content_digest(records: MapRecords) -> str:
    """A name for exactly these records, for caching inside the process only."""
    digest = hashlib.blake2b(digest_size=16)
    for column in (records.x_m, records.y_m, records.occurred_on, records.person_key):
        digest.update(np.ascontiguousarray(column).view(np.uint8).data)
    digest.update(repr((sorted(records.unmapped.items()), records.data_version)).encode())
    return digest.hexdigest()


def _referrals(session: Session, viewer_roles: frozenset[str]) -> Source:
    def fetch(asked: RecordFilter) -> MapRecords:
        return referrals.records_for_map(session, asked, viewer_roles)

    def days() -> tuple[date | None, date | None]:
        none = fetch(RecordFilter(from_date=_NO_DAYS, to_date=_NO_DAYS))
        return none.first_on, none.last_on

    return Source(REFERRALS, False, None, None, days, fetch)


def _counts_of(other: Source, used: RecordFilter) -> FloatArray:
    """Records of another set per cell, for the same days, districts and hours.

    Kinds, categories and statuses are words of the mapped set and are not asked of the other.
    """
    records = other.fetch(
        used.with_changes(
            dataset=other.name, kind=(), offence_category=(), status=(), bbox=None, exposure=None
        )
    )
    counts = service_ground.grid(used.cell_m).count(records.x_m, records.y_m)
    if not counts.any():
        raise NothingExpected(
            "The set chosen as exposure has no mapped record for these filters, so nothing can be "
            "expected from it. Choose other dates or another exposure.",
            errors={"exposure": ["No mapped record for these filters."]},
        )
    return counts.astype(np.float64)
