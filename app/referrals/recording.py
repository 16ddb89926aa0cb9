"""Take a referral exactly once: record, evaluation, states and audit line in one transaction."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Actor
from app.db import keys_of, site_zone_of
from app.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.geo.coords import LonLat
from app.places import service as places
from app.referrals import rules
from app.referrals.content import ReferralContent, TabletZoneCheck, plain
from app.referrals.facts import facts_of
from app.referrals.models import Referral, ReferralTransition
from app.screening import service as screening
from app.screening.service import Screening
from app.zones import service as zones

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a tablet's clock may be ahead of ours."""
SUBMITTED: Final = "submitted"


class DifferentContent(Conflict):
    """The uuid is taken by the same author's referral with other content."""

    code = "different_content"


class InTheFuture(InvalidInput):
    """It is said to have happened later than now."""

    code = "in_the_future"


@dataclass(frozen=True)
class Receipt:
    """What the officer gets back, the same each time but for today's status."""

    uuid: UUID
    receipt_number: str
    status: str
    zone_check: dict[str, Any]
    screening: Screening


@dataclass(frozen=True)
class Seal:
    """How a referral came that a tablet had sealed for its author."""

    sender: Actor
    """Who was signed in when it was sent; any officer may."""
    device_time: datetime
    """When it was sealed, by the tablet's clock."""


@dataclass(frozen=True)
class Recorded:
    """A receipt, and whether this call made the record."""

    receipt: Receipt
    created: bool


def record(
    session: Session,
    referral_uuid: UUID,
    content: ReferralContent,
    *,
    actor: Actor,
    now: datetime,
    seal: Seal | None = None,
) -> Recorded:
    """Record a referral, or answer a repeated one with the receipt it has; the caller commits.

    The same content may come any number of times, at once or weeks later, sealed or not. Limits
    that depend on the clock are asked only the first time. The referral is the actor's; of a sealed
    one the audit record names the sender and the author.

    Raises:
        DifferentContent: the author's uuid holds something else.
        NotFound: the uuid is another user's.
        InTheFuture, OutsideServiceArea, NoZoneInForce, NoCriteriaInForce, InvalidInput: it cannot
            be so; nothing is stored.
    """
    if actor.user_id is None:
        raise NotAllowed("A referral belongs to a person. Sign in, or send a token.")
    digest = keys_of(session).content_digest(content.canonical())
    known = _find(session, referral_uuid)
    if known is None:
        try:
            with session.begin_nested():
                row, made = _insert(
                    session, referral_uuid, content, digest=digest, actor=actor, now=now
                )
        except IntegrityError:
            known = _find(session, referral_uuid)  # somebody sent the same uuid at the same moment
            if known is None:
                raise
        else:
            _audit(session, "referral.recorded", row, actor=actor, now=now, seal=seal)
            return Recorded(receipt_of(row, made, actor), created=True)
    if known.author_id != actor.user_id:
        raise NotFound("There is no such referral, or it is not yours.")
    if known.content_digest != digest:
        raise DifferentContent(
            "This uuid was used for a referral with other content. Nothing was changed; a new "
            "referral needs a new uuid."
        )
    _audit(session, "referral.repeated", known, actor=actor, now=now, seal=seal)
    made = screening.get_screening(session, known.evaluation_id)
    return Recorded(receipt_of(known, made, actor), created=False)


def receipt_of(row: Referral, made: Screening, actor: Actor) -> Receipt:
    """The receipt as this caller may see it."""
    referral_uuid = UUID(row.uuid)
    return Receipt(
        uuid=referral_uuid,
        receipt_number=rules.receipt_number(referral_uuid),
        status=status_of(row, rules.audience_of(actor.roles)),
        zone_check=dict(row.zone_check),
        screening=made,
    )


def status_of(row: Referral, audience: rules.Audience) -> str:
    """The display status of one row for one audience."""
    return rules.display_status(
        rules.Verification(row.verification_state),
        rules.Engagement(row.engagement_state),
        was_handed_off=row.was_handed_off,
        audience=audience,
    )


def _find(session: Session, referral_uuid: UUID) -> Referral | None:
    return session.scalar(select(Referral).filter_by(uuid=str(referral_uuid)))


def _insert(
    session: Session,
    referral_uuid: UUID,
    content: ReferralContent,
    *,
    digest: str,
    actor: Actor,
    now: datetime,
) -> tuple[Referral, Screening]:
    zone = zone_columns(session, content, now=now)
    facts = facts_of(content, zone_status=zone["zone_status"], site_zone=site_zone_of(session))
    made = screening.evaluate(
        session,
        kind=content.kind,
        facts=facts,
        at=content.occurred_at,
        now=now,
        evaluator=actor,
        subject_id=str(referral_uuid),
    )
    row = Referral(
        uuid=str(referral_uuid),
        content_digest=digest,
        author_id=actor.user_id,
        received_at_utc=now,
        kind=content.kind,
        engagement_state=rules.initial_engagement(content.willing).value,
        verification_state=rules.Verification.UNCHECKED.value,
        charge_hold_state=rules.initial_charge_hold(content.kind).value,
        was_handed_off=False,
        evaluation_id=made.id,
        criteria_version=made.criteria_version,
        **zone,
        **content_columns(session, content, table=Referral.__tablename__, row=str(referral_uuid)),
    )
    session.add(row)
    session.flush()
    _add_first_states(session, row, actor, now)
    return row, made


def zone_columns(session: Session, content: ReferralContent, *, now: datetime) -> dict[str, Any]:
    """The server's own verdict on the place, under the zone in force when it happened.

    Raises:
        InTheFuture, OutsideServiceArea, NoZoneInForce: it cannot be so.
    """
    if content.occurred_at > now + CLOCK_TOLERANCE:
        sentence = "This time has not come yet. Check the clock of the device."
        raise InTheFuture(sentence, errors={"occurred_at": [sentence]})
    found = zones.check(
        session,
        LonLat(content.lon, content.lat),
        accuracy_m=content.accuracy_m,
        at=content.occurred_at,
        now=now,
    )
    return {
        "zone_status": found.status.value,
        "zone_id": found.zone.id,
        "zone_version": found.zone.version,
        "zone_check": _zone_check_json(found, site_zone_of(session)),
    }


def content_columns(
    session: Session, content: ReferralContent, *, table: str, row: str
) -> dict[str, Any]:
    """What was sent as columns, in clear and sealed for one row of one table."""
    local = content.occurred_at.astimezone(site_zone_of(session))
    times = {
        "occurred_at_utc": content.occurred_at,
        "occurred_on": local.date(),
        "weekday": local.isoweekday(),
        "hour": local.hour,
    }
    return {
        **_clear_columns(content),
        **times,
        **_district_columns(content, local.date()),
        **_sealed_columns(session, content, table=table, row=row),
    }


def _clear_columns(content: ReferralContent) -> dict[str, Any]:
    check = content.zone_check
    return {
        "offence_category": content.offence_category,
        "concern": content.concern,
        "category": content.category,
        "willing": content.willing,
        "hazards": list(content.hazards),
        "overdose_reversal": content.overdose_reversal,
        "lon": content.lon,
        "lat": content.lat,
        "accuracy_m": content.accuracy_m,
        "location_source": content.location_source,
        "tablet_zone_check": plain(replace(check, reason=None)) if check else None,
    }


def _sealed_columns(
    session: Session, content: ReferralContent, *, table: str, row: str
) -> dict[str, Any]:
    keys = keys_of(session)
    person = content.person
    index_text = rules.person_index_text(person.family_name, person.birth_date) if person else None
    sealed: dict[str, Any] = {
        "person_index": keys.digest("blind-index", index_text.encode()) if index_text else None
    }
    for column, values in (("person_sealed", plain(person)), ("details_sealed", details(content))):
        text = json.dumps(values, sort_keys=True)
        place = {"table": table, "column": column, "row": row}
        sealed[column] = keys.seal(text, **place) if values else None
    return sealed


def details(content: ReferralContent) -> dict[str, Any]:
    """What was typed or describes the case closely, as JSON values without what is empty."""
    check = content.zone_check or TabletZoneCheck("uncertain")
    values: dict[str, Any] = {
        "unit": content.unit,
        "incident_number": content.incident_number,
        "charge_codes": content.charge_codes,
        "drug": content.drug,
        "handoff_place": content.handoff_place,
        "custody_released_at": content.custody_released_at,
        "prior_involvement": content.prior_involvement,
        "usually_found": content.usually_found,
        "preferred_contact": content.preferred_contact,
        "zone_check_reason": check.reason,
    }
    return {name: plain(value) for name, value in values.items() if value not in (None, ())}


def _district_columns(content: ReferralContent, day: date) -> dict[str, int]:
    lon, lat = np.array([content.lon]), np.array([content.lat])
    numbers = {layer: int(places.district_number(lon, lat, layer)[0]) for layer in ("1959", "2023")}
    return {
        "district": numbers[places.district_layer_on(day)],
        "district_1959": numbers["1959"],
        "district_2023": numbers["2023"],
    }


def _add_first_states(session: Session, row: Referral, actor: Actor, now: datetime) -> None:
    for field in ("verification_state", "engagement_state", "charge_hold_state"):
        session.add(
            ReferralTransition(
                referral_id=row.id,
                field=field,
                from_value=None,
                to_value=getattr(row, field),
                actor=actor.name,
                actor_id=actor.user_id,
                role=rules.acting_role(actor.roles),
                at_utc=now,
                reason=SUBMITTED,
                criteria_version=row.criteria_version,
                zone_version=row.zone_version,
            )
        )
    session.flush()


def _zone_check_json(found: zones.ZoneCheck, site_zone: ZoneInfo) -> dict[str, Any]:
    zone = found.zone
    return {
        "status": found.status.value,
        "distance_to_boundary_m": found.distance_to_boundary_m,
        "nearest_street": found.nearest_street,
        "lat": found.lat,
        "lon": found.lon,
        "accuracy_m": found.accuracy_m,
        "zone": {
            "id": zone.id,
            "name": zone.name,
            "version": zone.version,
            "effective_from": zone.effective_from_utc.astimezone(site_zone).isoformat(),
        },
        "checked_at": found.checked_at.astimezone(site_zone).isoformat(),
    }


def _audit(
    session: Session,
    action: str,
    row: Referral,
    *,
    actor: Actor,
    now: datetime,
    seal: Seal | None,
) -> None:
    details: dict[str, Any] = {
        "kind": row.kind,
        "criteria_version": row.criteria_version,
        "zone_version": row.zone_version,
    }
    if seal is not None:
        details |= {"author_id": row.author_id, "device_time": seal.device_time.isoformat()}
    audit.record(
        session,
        action,
        actor=actor if seal is None else seal.sender,
        subject_kind="referral",
        subject_id=row.uuid,
        now=now,
        details=details,
    )


def screening_json(made: Screening) -> dict[str, Any]:
    """A screening as the outside contract shows it."""
    return {
        "outcome": made.outcome.value,
        "criteria_version": made.criteria_version,
        "reasons": [asdict(reason) for reason in made.reasons],
    }
