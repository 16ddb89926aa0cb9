"""What is stored of a referral: as it was first recorded, and as it was last corrected."""

import json
from typing import Any, Final, TypeVar

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from app.db import keys_of
from app.referrals.content import ReferralContent, restored
from app.referrals.models import Referral, ReferralCorrection

Stored = Referral | ReferralCorrection
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
Latest: Final = aliased(ReferralCorrection)
"""Each referral's newest correction, in a query that went through `with_latest`."""


def with_latest(query: Query) -> Query:
    """A query on referrals, joined with the newest correction of each."""
    newest = select(func.max(ReferralCorrection.id)).group_by(ReferralCorrection.referral_id)
    return query.outerjoin(Latest, and_(Latest.referral_id == Referral.id, Latest.id.in_(newest)))


def current(name: str) -> ColumnElement[Any]:
    """A column as last corrected; the query has to go through `with_latest`."""
    corrected = Latest.id.is_not(None)
    return case((corrected, getattr(Latest, name)), else_=getattr(Referral, name))


def find_latest(session: Session, referral: Referral) -> ReferralCorrection | None:
    """The newest correction of a referral, or None."""
    return session.scalar(
        select(ReferralCorrection)
        .filter_by(referral_id=referral.id)
        .order_by(ReferralCorrection.id.desc())
        .limit(1)
    )


def content_of(session: Session, referral: Referral, row: Stored) -> ReferralContent:
    """What the referral said as the row has it: its own, or one of its corrections."""
    clear = {
        "kind": referral.kind,
        "occurred_at": row.occurred_at_utc,
        "lat": row.lat,
        "lon": row.lon,
        "accuracy_m": row.accuracy_m,
        "location_source": row.location_source,
        "willing": row.willing,
        "offence_category": row.offence_category,
        "concern": row.concern,
        "hazards": tuple(row.hazards),
        "overdose_reversal": row.overdose_reversal,
    }
    return restored(
        clear,
        person=open_sealed(session, row, "person_sealed"),
        details=open_sealed(session, row, "details_sealed") or {},
        tablet=row.tablet_zone_check,
    )


def open_sealed(session: Session, row: Stored, column: str) -> dict[str, Any] | None:
    """One sealed column of a row, or None where nothing was said.

    Raises:
        CannotUnseal: it was moved from another row, or changed.
    """
    sealed = getattr(row, column)
    if sealed is None:
        return None
    place = {"table": row.__tablename__, "column": column, "row": row.uuid}
    opened: dict[str, Any] = json.loads(keys_of(session).open(sealed, **place))
    return opened
