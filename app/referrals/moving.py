"""Change one state of a referral, with its history and audit line."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Actor
from app.errors import NotFound
from app.referrals import rules
from app.referrals.models import Referral, ReferralTransition

STATES = {
    "verification_state": rules.Verification,
    "engagement_state": rules.Engagement,
    "charge_hold_state": rules.ChargeHold,
}


def set_state(
    session: Session,
    referral_uuid: UUID,
    field: str,
    to: str,
    *,
    actor: Actor,
    role: str,
    reason: str,
    now: datetime,
) -> None:
    """Write a state that somebody else decided; the caller commits.

    Nothing is asked here: neither who may move it nor whether it may move so. The loader of
    synthetic records uses it for a history that never happened.

    Raises:
        NotFound: there is no such referral.
        ValueError: no such field or state.
    """
    value = STATES[field](to).value if field in STATES else None
    if value is None:
        raise ValueError(f"no state field {field}")
    row = session.scalar(select(Referral).filter_by(uuid=str(referral_uuid)))
    if row is None:
        raise NotFound("There is no such referral.")
    session.add(
        ReferralTransition(
            referral_id=row.id,
            field=field,
            from_value=getattr(row, field),
            to_value=value,
            actor=actor.name,
            actor_id=actor.user_id,
            role=role,
            at_utc=now,
            reason=reason,
            criteria_version=row.criteria_version,
            zone_version=row.zone_version,
        )
    )
    setattr(row, field, value)
    row.was_handed_off = row.was_handed_off or row.engagement_state in rules.AFTER_HANDOFF
    with session.no_autoflush:  # one flush writes the state, its history and the audit line
        audit.record(
            session,
            "status_change",
            actor=actor,
            subject_kind="referral",
            subject_id=row.uuid,
            now=now,
            details={"field": field, "to": value, "reason": reason},
        )
