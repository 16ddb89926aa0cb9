"""Put right what a referral says: a new record beside it, the referral itself unchanged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Actor
from app.db import keys_of, site_zone_of
from app.errors import InvalidInput
from app.referrals import rules
from app.referrals.content import ReferralContent, plain
from app.referrals.facts import facts_of
from app.referrals.models import Referral, ReferralCorrection
from app.referrals.moving import CORRECTED, get_own, require_changeable, set_state
from app.referrals.recording import (
    DifferentContent,
    content_columns,
    status_of,
    zone_columns,
)
from app.referrals.stored import Stored, content_of, find_latest
from app.screening import service as screening
from app.screening.service import Screening

PLACE: Final = frozenset({"lat", "lon", "location_source", "accuracy_m"})
VERDICT: Final = ("zone_status", "zone_id", "zone_version", "zone_check")


class NothingChanged(InvalidInput):
    """The correction says what the referral says already."""

    code = "nothing_changed"


@dataclass(frozen=True)
class Corrected:
    """What the officer gets back, the same each time but for today's status."""

    correction_id: UUID
    receipt_number: str
    status: str
    changed: tuple[str, ...]
    zone_check: dict[str, Any]
    screening: Screening


def correct(
    session: Session,
    referral_uuid: UUID,
    correction_id: UUID,
    members: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> Corrected:
    """Say some members of one's own referral anew; the caller commits.

    Allowed as long as a withdrawal is: until the hand-off and the State's Attorney's review. The
    server gives a new verdict where the place or the time changed, and a new evaluation where a
    fact of the screening did. `willing` moves the engagement where nobody moved it since.

    Args:
        members: new values by name of `ReferralContent`, without `kind`; None takes a member
            away. An object replaces the whole object. A new place without `accuracy_m` or
            `zone_check` has none: those of the old place say nothing about it.

    Raises:
        NotFound: there is no such referral, or it is another's.
        DifferentContent: the correction_id was used for something else.
        NotFromHere: the hand-off or the State's Attorney's review came first.
        NothingChanged, InTheFuture, OutsideServiceArea, NoZoneInForce, NoCriteriaInForce,
            InvalidInput: it cannot be so; nothing is stored.
    """
    referral = get_own(session, referral_uuid, actor)
    digest = _digest(session, referral, members)
    known = session.scalar(select(ReferralCorrection).filter_by(uuid=str(correction_id)))
    if known is not None:
        if known.content_digest != digest:
            raise DifferentContent(
                "This correction_id was used for another correction. Nothing was changed; a new "
                "correction needs a new one."
            )
        return _answer(session, referral, known)
    require_changeable(referral)
    before: Stored = find_latest(session, referral) or referral
    said = content_of(session, referral, before)
    content = _merged(said, members)
    changed = [
        item.name
        for item in fields(ReferralContent)
        if getattr(said, item.name) != getattr(content, item.name)
    ]
    if not changed:
        raise NothingChanged("The referral says this already. Nothing was changed.")
    row = ReferralCorrection(
        uuid=str(correction_id),
        content_digest=digest,
        referral_id=referral.id,
        author_id=actor.user_id,
        role=rules.acting_role(actor.roles),
        at_utc=now,
        changed=changed,
        **_findings(session, referral, before, said, content, actor=actor, now=now),
        **content_columns(
            session, content, table=ReferralCorrection.__tablename__, row=str(correction_id)
        ),
    )
    session.add(row)
    session.flush()
    _audit(session, referral, row, actor, now)
    _move_engagement(session, referral, said.willing, content.willing, actor=actor, now=now)
    return _answer(session, referral, row)


def _digest(session: Session, referral: Referral, members: Mapping[str, Any]) -> str:
    """Unlike in a referral, a member that is null says something: it takes the value away."""
    said = {name: plain(value) for name, value in members.items()}
    text = json.dumps({"referral": referral.uuid, "members": said}, sort_keys=True)
    return keys_of(session).content_digest(text.encode())


def _merged(said: ReferralContent, members: Mapping[str, Any]) -> ReferralContent:
    values = dict(members)
    if values.keys() & PLACE:
        values = {"accuracy_m": None, "zone_check": None} | values
    if "person" in values and not plain(values["person"]):
        values["person"] = None  # an empty object is stored like none
    content = replace(said, **values)
    if content.category is None:
        name = "offence_category" if content.kind == "arrest_diversion" else "concern"
        sentence = f"A referral of this kind needs {name}."
        raise InvalidInput(sentence, errors={name: [sentence]})
    return content


def _findings(
    session: Session,
    referral: Referral,
    before: Stored,
    said: ReferralContent,
    content: ReferralContent,
    *,
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """The server's verdict and evaluation: new ones where what they rest on changed."""
    where_and_when = ("lat", "lon", "accuracy_m", "occurred_at")
    zone = {name: getattr(before, name) for name in VERDICT}
    if any(getattr(said, name) != getattr(content, name) for name in where_and_when):
        zone = zone_columns(session, content, now=now)
    site_zone = site_zone_of(session)
    facts = facts_of(content, zone_status=zone["zone_status"], site_zone=site_zone)
    found = {"evaluation_id": before.evaluation_id, "criteria_version": before.criteria_version}
    if facts != facts_of(said, zone_status=before.zone_status, site_zone=site_zone):
        made = screening.evaluate(
            session,
            kind=content.kind,
            facts=facts,
            at=content.occurred_at,
            now=now,
            evaluator=actor,
            subject_id=referral.uuid,
        )
        found = {"evaluation_id": made.id, "criteria_version": made.criteria_version}
    return zone | found


def _move_engagement(
    session: Session, referral: Referral, was: str, willing: str, *, actor: Actor, now: datetime
) -> None:
    first, to = rules.initial_engagement(was), rules.initial_engagement(willing)
    if first is to or referral.engagement_state != first:
        return
    set_state(
        session,
        UUID(referral.uuid),
        "engagement_state",
        to,
        actor=actor,
        role=rules.acting_role(actor.roles),
        reason=CORRECTED,
        now=now,
    )


def _answer(session: Session, referral: Referral, row: ReferralCorrection) -> Corrected:
    return Corrected(
        correction_id=UUID(row.uuid),
        receipt_number=rules.receipt_number(UUID(referral.uuid)),
        status=status_of(referral, rules.Audience.POLICE),
        changed=tuple(row.changed),
        zone_check=dict(row.zone_check),
        screening=screening.get_screening(session, row.evaluation_id),
    )


def _audit(
    session: Session, referral: Referral, row: ReferralCorrection, actor: Actor, now: datetime
) -> None:
    audit.record(
        session,
        "referral.corrected",
        actor=actor,
        subject_kind="referral",
        subject_id=referral.uuid,
        now=now,
        details={
            "correction_id": row.uuid,
            "changed": row.changed,
            "criteria_version": row.criteria_version,
            "zone_version": row.zone_version,
        },
    )
