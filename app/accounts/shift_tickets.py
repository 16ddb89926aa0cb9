"""Shift tickets: what lets a tablet without a network say whose record it seals.

A ticket is a short statement of this service, signed with a key of its own: this person, in these
roles, from then until then. It opens nothing and signs nobody in.
"""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import SCOPE_ROLES, Role, Scope, roles_from
from app.db import keys_of
from app.errors import InvalidInput, NotAllowed, NotFound

LENGTH: Final = timedelta(hours=12)
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a tablet's clock may be off at either end of the shift."""
PURPOSE: Final = "shift-ticket"


class InvalidShiftTicket(InvalidInput):
    """There is no ticket, or it is not one of ours, or it is another person's or another time's."""

    code = "invalid_shift_ticket"


@dataclass(frozen=True)
class ShiftTicket:
    """Whose records may be sealed under it, and when."""

    user_id: int
    roles: frozenset[Role]
    """Those of the person's roles, at that time, that may write referrals."""
    begins_at: datetime
    ends_at: datetime

    def covers(self, at: datetime) -> bool:
        """Whether a record made at this time of the tablet belongs to the shift."""
        return self.begins_at - CLOCK_TOLERANCE <= at <= self.ends_at + CLOCK_TOLERANCE


def make_shift_ticket(session: Session, user_id: int, *, now: datetime) -> str:
    """A ticket for the next 12 hours of somebody who may write referrals.

    Raises:
        NotFound: there is no such person; NotAllowed: the account is closed, or its roles write
            no referrals.
    """
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such account.")
    roles = user.held & SCOPE_ROLES[Scope.REFERRALS_WRITE]
    if not user.active or not roles:
        raise NotAllowed("A shift ticket is for people who write referrals.")
    content = json.dumps(
        {
            "user": user_id,
            "roles": sorted(roles),
            "from": int(now.timestamp()),
            "until": int((now + LENGTH).timestamp()),
        },
        separators=(",", ":"),
    ).encode()
    return (
        f"{base64.urlsafe_b64encode(content).decode()}.{keys_of(session).digest(PURPOSE, content)}"
    )


def read_shift_ticket(session: Session, text: str | None) -> ShiftTicket:
    """What a ticket says; it may be over, since what was sealed under it may come late.

    Raises:
        InvalidShiftTicket: it is missing, or this service did not make it.
    """
    body, _, signature = (text or "").partition(".")
    try:
        content = base64.b64decode(body.encode("ascii"), altchars=b"-_", validate=True)
        is_ours = hmac.compare_digest(keys_of(session).digest(PURPOSE, content), signature)
    except (TypeError, ValueError):  # letters that no ticket has
        is_ours = False
    if not is_ours:
        raise InvalidShiftTicket(
            "The record carries no shift ticket of this service. Its author has to send it as a "
            "new referral."
        )
    said = json.loads(content)
    return ShiftTicket(
        user_id=said["user"],
        roles=roles_from(said["roles"]),
        begins_at=datetime.fromtimestamp(said["from"], UTC),
        ends_at=datetime.fromtimestamp(said["until"], UTC),
    )


def is_known_person(session: Session, user_id: int) -> bool:
    """Whether there is an account with this number, closed ones included."""
    return session.get(User, user_id) is not None
