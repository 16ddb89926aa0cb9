"""Change one state of a referral, with its history and audit line; take a referral back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Actor
from app.errors import Conflict, NotFound
from app.referrals import rules
from app.referrals.models import Referral, ReferralTransition
from app.referrals.recording import DifferentContent, status_of

STATES = {
    "verification_state": rules.Verification,
    "engagement_state": rules.Engagement,
    "charge_hold_state": rules.ChargeHold,
}

NOT_SAID: Final = "not_said"
CORRECTED: Final = "corrected"
WITHDRAWN: Final = rules.Verification.WITHDRAWN_BY_OFFICER


class NotFromHere(Conflict):
    """The referral does not stand where this move starts."""

    code = "not_from_here"


@dataclass(frozen=True)
class Withdrawn:
    """What the officer gets back, the same each time but for today's status."""

    receipt_number: str
    status: str


def withdraw(
    session: Session, referral_uuid: UUID, *, reason: str | None, actor: Actor, now: datetime
) -> Withdrawn:
    """Take one's own referral back before anybody decides on it; the caller commits.

    Only the verification moves. A charge hold stays for the State's Attorney, and the engagement
    for the case team. The same withdrawal may come any number of times.

    Args:
        reason: one of `rules.WITHDRAWAL_REASONS`, or None where none was said.

    Raises:
        NotFound: there is no such referral, or it is another's.
        NotFromHere: the hand-off or the State's Attorney's review came first.
        DifferentContent: it was withdrawn already, for another reason.
    """
    row = get_own(session, referral_uuid, actor)
    code = reason or NOT_SAID
    if row.verification_state == WITHDRAWN:
        if _withdrawal_reason(session, row) != code:
            raise DifferentContent(
                "The referral was withdrawn already, and the first reason stays as it is."
            )
    else:
        require_changeable(row)
        set_state(
            session,
            referral_uuid,
            "verification_state",
            WITHDRAWN,
            actor=actor,
            role=rules.acting_role(actor.roles),
            reason=code,
            now=now,
        )
    return Withdrawn(rules.receipt_number(referral_uuid), status_of(row, rules.Audience.POLICE))


def get_own(session: Session, referral_uuid: UUID, actor: Actor) -> Referral:
    """The author's own referral, to be changed; on a server database nobody else changes it then.

    Raises:
        NotFound: there is no such referral, or it is another's.
    """
    row = session.scalar(
        select(Referral)
        .filter_by(uuid=str(referral_uuid), author_id=actor.user_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound("There is no such referral, or it is not yours.")
    return row


def require_changeable(row: Referral) -> None:
    """Refuse what its officer may no longer change, in words that do not say how far it is.

    Raises:
        NotFromHere: the hand-off or the State's Attorney's review came first.
    """
    verification = rules.Verification(row.verification_state)
    if not rules.officer_may_change(verification, was_handed_off=row.was_handed_off):
        raise NotFromHere(
            "This can be done only until the hand-off or the review, and not once the referral is "
            "closed. Nothing was changed; call the case team."
        )


def _withdrawal_reason(session: Session, row: Referral) -> str | None:
    return session.scalar(
        select(ReferralTransition.reason)
        .filter_by(referral_id=row.id, to_value=WITHDRAWN.value)
        .order_by(ReferralTransition.id.desc())
        .limit(1)
    )


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
