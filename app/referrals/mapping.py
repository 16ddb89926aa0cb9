"""Referrals as a map takes them: places, days and persons, without anything else."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import keys_of
from app.filters import RecordFilter
from app.geo.coords import to_local_m
from app.geo.records import IntArray, MapRecords
from app.referrals import rules
from app.referrals.models import Referral
from app.referrals.reading import conditions
from app.referrals.stored import current, with_latest


def records_for_map(
    session: Session, record_filter: RecordFilter, viewer_roles: Iterable[str]
) -> MapRecords:
    """The referrals that the filter leaves, its bbox excepted, as they were last corrected.

    `status` takes the words the viewer's roles see. `data_version` is a keyed digest of exactly
    what is returned, so it stays the same while only states move that the viewer cannot see.

    Raises:
        InvalidFilter: a value that no referral can have, or a status the viewer never sees.
    """
    audience = rules.audience_of(viewer_roles)
    occurred_on = current("occurred_on")
    drawn = select(
        current("lon").label("lon"),
        current("lat").label("lat"),
        occurred_on.label("occurred_on"),
        current("person_index").label("person_index"),
        Referral.uuid,
    )
    rows = session.execute(
        with_latest(drawn).where(conditions(record_filter, audience)).order_by(Referral.id)
    ).all()
    first_on, last_on = session.execute(
        with_latest(select(func.min(occurred_on), func.max(occurred_on)).select_from(Referral))
    ).one()
    x_m, y_m = to_local_m().transform(
        np.array([row.lon for row in rows], dtype=np.float64),
        np.array([row.lat for row in rows], dtype=np.float64),
    )
    return MapRecords(
        x_m=x_m,
        y_m=y_m,
        occurred_on=np.array([row.occurred_on for row in rows], dtype="datetime64[D]"),
        person_key=_person_keys(rows),
        unmapped={},
        first_on=first_on,
        last_on=last_on,
        data_version=_version(session, rows, first_on, last_on),
    )


def _person_keys(rows: Sequence[Any]) -> IntArray:
    """One number per person; a row without a known person has its own."""
    known: dict[str, int] = {}
    keys = [known.setdefault(row.person_index or row.uuid, len(known)) for row in rows]
    return np.array(keys, dtype=np.int64)


def _version(
    session: Session, rows: Sequence[Any], first_on: date | None, last_on: date | None
) -> str:
    content = repr((first_on, last_on, [tuple(row) for row in rows])).encode()
    return "referrals-" + keys_of(session).digest("map-version", content)[:16]
