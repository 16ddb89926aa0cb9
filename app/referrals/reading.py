"""What each role may read of referrals: one, many, and how one came to be as it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Actor
from app.errors import NotFound
from app.filters import REFERRALS, InvalidFilter, RecordFilter
from app.referrals import rules
from app.referrals.content import CATEGORIES, KINDS, plain
from app.referrals.models import Referral, ReferralCorrection, ReferralTransition
from app.referrals.moving import CORRECTED, WITHDRAWN
from app.referrals.recording import SUBMITTED, screening_json, status_of
from app.referrals.stored import (
    Latest,
    Stored,
    content_of,
    current,
    open_sealed,
    with_latest,
)
from app.screening import service as screening

AUTHOR_ROLES: Final = frozenset({"officer", "sergeant"})
CASE_TEAM_STATES: Final = ("verification_state", "engagement_state", "charge_hold_state")
LEGAL_STATES: Final = ("verification_state", "charge_hold_state")


@dataclass(frozen=True)
class ReferralSummary:
    """One line of a list. It holds no name."""

    uuid: UUID
    receipt_number: str
    kind: str
    category: str
    status: str
    status_word: str
    willing: str
    zone_status: str
    district: int | None
    occurred_at: datetime
    received_at: datetime


@dataclass(frozen=True)
class Page:
    """Some of the referrals a caller may see."""

    items: tuple[ReferralSummary, ...]
    total: int
    page: int
    page_size: int


def list_for(
    session: Session,
    record_filter: RecordFilter,
    *,
    actor: Actor,
    page: int = 1,
    page_size: int = 50,
    receipt: str | None = None,
) -> Page:
    """The referrals the caller may see and the filter leaves, as last corrected, newest first.

    Args:
        receipt: a receipt number in its printed form; only the caller's own referral of that
            number is left, whatever else their roles let them see.

    Raises:
        InvalidFilter: a value that no referral can have, or a status the caller never sees.
    """
    audience = rules.audience_of(actor.roles)
    condition = and_(
        _visible_to(actor), conditions(record_filter, audience), _in_bbox(record_filter)
    )
    if receipt is not None:
        condition = and_(condition, _own_with_receipt(session, receipt, actor))
    counted = with_latest(select(func.count()).select_from(Referral)).where(condition)
    total = session.scalar(counted) or 0
    rows = session.execute(
        with_latest(select(Referral, Latest))
        .where(condition)
        .order_by(current("occurred_at_utc").desc(), Referral.id.desc())
        .offset((page - 1) * page_size)
        .limit(page_size)
    )
    items = tuple(_summary(row, latest or row, audience) for row, latest in rows)
    return Page(items, total, page, page_size)


def get_for(
    session: Session, referral_uuid: UUID, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """One referral as far as the caller may see it, as JSON values; the look is audited.

    Everything but `corrections` is as it was first recorded.

    Authors read their own words. Case teams, records checkers and prosecutors (arrests only) read
    who the person is; partners do not without a consent.

    Raises:
        NotFound: there is none, or it is not the caller's to see.
    """
    row = _get_visible(session, referral_uuid, actor)
    roles = frozenset(actor.roles)
    audience = rules.audience_of(roles)
    summary = _summary(row, row, audience)
    view: dict[str, Any] = {
        "uuid": row.uuid,
        "receipt_number": summary.receipt_number,
        "status": summary.status,
        "status_word": summary.status_word,
        "kind": row.kind,
        "category": row.category,
        "willing": row.willing,
        "zone_status": row.zone_status,
        "district": summary.district,
        "occurred_at": row.occurred_at_utc,
        "received_at": row.received_at_utc,
        "screening": screening_json(screening.get_screening(session, row.evaluation_id)),
    }
    shown_states = {
        rules.Audience.CASE_TEAM: CASE_TEAM_STATES,
        rules.Audience.LEGAL: LEGAL_STATES,
    }.get(audience, ())
    view |= {name: getattr(row, name) for name in shown_states}
    has_values = _is_author(row, actor) or bool(roles & rules.PERSON_ROLES)
    view["corrections"] = _corrections(session, row, has_values=has_values)
    if has_values:
        view |= _content(session, row)
        _audit_look(session, row, actor, now)
    return view


def history_for(session: Session, referral_uuid: UUID, *, actor: Actor) -> list[dict[str, Any]]:
    """How the referral's states moved, oldest first, as far as the caller may see.

    Police see what they did themselves: submit, correct, withdraw. Records checkers, prosecutors
    and partners see no move of the engagement after that.

    Raises:
        NotFound: there is none, or it is not the caller's to see.
    """
    row = _get_visible(session, referral_uuid, actor)
    moves = session.scalars(
        select(ReferralTransition).filter_by(referral_id=row.id).order_by(ReferralTransition.id)
    )
    audience = rules.audience_of(actor.roles)
    return [_move_json(move) for move in moves if _is_shown(move, audience)]


def conditions(record_filter: RecordFilter, audience: rules.Audience) -> ColumnElement[bool]:
    """A filter as a condition on referrals as last corrected, everything but its bbox.

    The query it stands in has to go through `stored.with_latest`.

    Raises:
        InvalidFilter: a value that no referral can have, or a status the audience never sees.
    """
    _refuse_unknown(record_filter, audience)
    found: list[ColumnElement[bool]] = [true()]
    if record_filter.from_date:
        found.append(current("occurred_on") >= record_filter.from_date)
    if record_filter.to_date:
        found.append(current("occurred_on") <= record_filter.to_date)
    if record_filter.kind:
        found.append(Referral.kind.in_(record_filter.kind))
    if record_filter.offence_category:
        found.append(current("category").in_(record_filter.offence_category))
    if record_filter.zone_status:
        found.append(current("zone_status").in_(record_filter.zone_status))
    if record_filter.district:
        found.append(_district_column(record_filter).in_(record_filter.district))
    if record_filter.weekday:
        found.append(current("weekday").in_(record_filter.weekday))
    if record_filter.hour_from is not None or record_filter.hour_to is not None:
        hours = [hour for hour in range(24) if record_filter.covers_hour(hour)]
        found.append(current("hour").in_(hours))
    if record_filter.status:
        found.append(_shows(record_filter.status, audience))
    return and_(*found)


def _refuse_unknown(record_filter: RecordFilter, audience: rules.Audience) -> None:
    known = {
        "dataset": ((record_filter.dataset,), (REFERRALS,)),
        "kind": (record_filter.kind, KINDS),
        "offence_category": (record_filter.offence_category, CATEGORIES),
        "status": (record_filter.status, sorted(rules.known_statuses(audience))),
    }
    errors = {
        name: [f"Send one of: {', '.join(allowed)}."]
        for name, (asked, allowed) in known.items()
        if not set(asked) <= set(allowed)
    }
    if errors:
        name, sentences = next(iter(errors.items()))
        raise InvalidFilter(f"{name}: {sentences[0]}", errors=errors)


def _district_column(record_filter: RecordFilter) -> Any:
    layer = record_filter.district_set
    return current(f"district_{layer}" if layer else "district")


def _shows(statuses: Iterable[str], audience: rules.Audience) -> ColumnElement[bool]:
    shown = rules.states_showing(statuses, audience)
    pairs = {
        handed_off: [
            (verification.value, engagement.value)
            for verification, engagement, was_handed_off in shown
            if was_handed_off is handed_off
        ]
        for handed_off in (False, True)
    }
    states = tuple_(Referral.verification_state, Referral.engagement_state)
    return or_(
        *(
            and_(Referral.was_handed_off.is_(handed_off), states.in_(wanted))
            for handed_off, wanted in pairs.items()
            if wanted
        ),
        false(),
    )


def _in_bbox(record_filter: RecordFilter) -> ColumnElement[bool]:
    if record_filter.bbox is None:
        return true()
    west, south, east, north = record_filter.bbox
    return and_(current("lon").between(west, east), current("lat").between(south, north))


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    roles = frozenset(actor.roles)
    if roles & rules.ALL_KINDS_ROLES:
        return true()
    reaches: list[ColumnElement[bool]] = [false()]
    if roles & rules.ARRESTS_ONLY_ROLES:
        reaches.append(Referral.kind == "arrest_diversion")
    if roles & AUTHOR_ROLES and actor.user_id is not None:
        reaches.append(Referral.author_id == actor.user_id)
    return or_(*reaches)


def _own_with_receipt(session: Session, receipt: str, actor: Actor) -> ColumnElement[bool]:
    """The number is made from the uuid and not stored; one officer's own referrals are few."""
    own = session.execute(select(Referral.id, Referral.uuid).filter_by(author_id=actor.user_id))
    return Referral.id.in_(
        [row.id for row in own if rules.receipt_number(UUID(row.uuid)) == receipt]
    )


def _get_visible(session: Session, referral_uuid: UUID, actor: Actor) -> Referral:
    row = session.scalar(
        select(Referral).where(Referral.uuid == str(referral_uuid), _visible_to(actor))
    )
    if row is None:
        raise NotFound("There is no such referral, or it is not yours to see.")
    return row


def _is_author(row: Referral, actor: Actor) -> bool:
    return row.author_id == actor.user_id and bool(AUTHOR_ROLES & frozenset(actor.roles))


def _summary(row: Referral, said: Stored, audience: rules.Audience) -> ReferralSummary:
    status = status_of(row, audience)
    return ReferralSummary(
        uuid=UUID(row.uuid),
        receipt_number=rules.receipt_number(UUID(row.uuid)),
        kind=row.kind,
        category=said.category,
        status=status,
        status_word=rules.STATUS_WORDS[status],
        willing=said.willing,
        zone_status=said.zone_status,
        district=said.district or None,
        occurred_at=said.occurred_at_utc,
        received_at=row.received_at_utc,
    )


def _content(session: Session, row: Referral) -> dict[str, Any]:
    details = open_sealed(session, row, "details_sealed") or {}
    tablet = dict(row.tablet_zone_check) if row.tablet_zone_check else None
    reason = details.pop("zone_check_reason", None)
    if tablet is not None and reason is not None:
        tablet["reason"] = reason
    return {
        "offence_category": row.offence_category,
        "concern": row.concern,
        "lat": row.lat,
        "lon": row.lon,
        "accuracy_m": row.accuracy_m,
        "location_source": row.location_source,
        "zone_check": dict(row.zone_check),
        "tablet_zone_check": tablet,
        "hazards": list(row.hazards),
        "overdose_reversal": row.overdose_reversal,
        "person": open_sealed(session, row, "person_sealed"),
        **details,
    }


def _corrections(session: Session, row: Referral, *, has_values: bool) -> list[dict[str, Any]]:
    """What was put right, oldest first: which members and when; what they say where asked for."""
    corrections = session.scalars(
        select(ReferralCorrection).filter_by(referral_id=row.id).order_by(ReferralCorrection.id)
    )
    return [
        _correction_json(session, row, correction, has_values=has_values)
        for correction in corrections
    ]


def _correction_json(
    session: Session, row: Referral, correction: ReferralCorrection, *, has_values: bool
) -> dict[str, Any]:
    view: dict[str, Any] = {
        "correction_id": correction.uuid,
        "at": correction.at_utc,
        "changed": list(correction.changed),
        "zone_status": correction.zone_status,
        "screening": screening_json(screening.get_screening(session, correction.evaluation_id)),
    }
    if has_values:
        said = content_of(session, row, correction)
        values = {name: getattr(said, name) for name in correction.changed}
        view["zone_check"] = dict(correction.zone_check)
        view["values"] = {
            name: value if isinstance(value, datetime) else plain(value)
            for name, value in values.items()
        }
    return view


def _audit_look(session: Session, row: Referral, actor: Actor, now: datetime) -> None:
    audit.record(
        session, "record_view", actor=actor, subject_kind="referral", subject_id=row.uuid, now=now
    )


def _is_shown(move: ReferralTransition, audience: rules.Audience) -> bool:
    is_officers_own = move.reason in (SUBMITTED, CORRECTED) or move.to_value == WITHDRAWN
    if audience is rules.Audience.CASE_TEAM or is_officers_own:
        return True
    return audience is rules.Audience.LEGAL and move.field in LEGAL_STATES


def _move_json(move: ReferralTransition) -> dict[str, Any]:
    return {
        "field": move.field,
        "from": move.from_value,
        "to": move.to_value,
        "actor": move.actor,
        "role": move.role,
        "at": move.at_utc,
        "reason": move.reason,
        "criteria_version": move.criteria_version,
        "zone_version": move.zone_version,
    }
