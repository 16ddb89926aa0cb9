"""Sealed rows of the tablet's outbox: compact JWE (RFC 7516), ECDH-ES and A256GCM.

A row says inside the seal whose referral it is and proves it with a shift ticket. Any officer may
send it; the record belongs to its author, and the sender stands in the audit record.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol
from sqlalchemy.orm import Session

from app.accounts import shift_tickets
from app.accounts.shift_tickets import InvalidShiftTicket, ShiftTicket
from app.audit.service import Actor
from app.errors import InvalidInput, TooLarge
from app.referrals.content import ReferralContent
from app.referrals.outbox_keys import KEY_AGREEMENT, find_private_key
from app.referrals.recording import Recorded, Seal, record

ENCRYPTION: Final = "A256GCM"
MEMBERS: Final = frozenset({"alg", "enc", "kid", "epk", "apu", "apv", "typ", "cty"})
"""What the header of a row may hold: no compression, nothing critical, no key from elsewhere."""
MAX_BYTES: Final = 64 * 1024
LONGEST_ID: Final = 18
REGISTRY: Final = jwe.JWERegistry(algorithms=[KEY_AGREEMENT, ENCRYPTION])


class CannotOpen(InvalidInput):
    """The row is not sealed the way this service asks for, or to a key that it does not hold."""

    code = "cannot_open"


class UnknownAuthor(InvalidInput):
    """The row names nobody who has an account here."""

    code = "unknown_author"


@dataclass(frozen=True)
class SealedReferral:
    """What was inside the seal."""

    content: ReferralContent
    author: str | None
    """The id of the officer whose referral it is, as text."""
    device_time: datetime
    """When it was sealed, by the tablet's clock."""
    shift_ticket: str | None


def open_row(session: Session, row: bytes) -> bytes:
    """What is inside a sealed row, unchecked but for its size.

    Raises:
        TooLarge: no row of a tablet is as long.
        CannotOpen: unknown key, another algorithm, compressed, changed on the way, or no JWE.
    """
    if len(row) > MAX_BYTES:
        raise TooLarge(f"A sealed referral has at most {MAX_BYTES} bytes.")

    def key_of(recipient: GuestProtocol) -> ECKey:
        return _key_for(session, recipient.headers())

    try:
        opened = jwe.decrypt_compact(row, key_of, registry=REGISTRY)
    except (JoseError, AssertionError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise CannotOpen(
            "The sealed referral does not open: it was changed on the way, or is none. Keep it, "
            "and tell support."
        ) from error
    return opened.plaintext or b""


def record_sealed(
    session: Session, referral_uuid: UUID, row: SealedReferral, *, sender: Actor, now: datetime
) -> Recorded:
    """Record the referral of a row for its author, exactly once, whoever sends it.

    Whose it is does not depend on the sender nor on today's clock, so that a repeat has the same
    answer. A shift's records still arrive when its officer's account was closed since.

    Raises:
        UnknownAuthor, InvalidShiftTicket: whose it is, is not said or not proved.
        DifferentContent, NotFound, InvalidInput: as of a referral in plain JSON by the author.
    """
    ticket = _ticket_of(session, row)
    author = Actor(
        name=f"user:{ticket.user_id}",
        user_id=ticket.user_id,
        roles=tuple(sorted(ticket.roles)),
        channel=sender.channel,
    )
    return record(
        session,
        referral_uuid,
        row.content,
        actor=author,
        now=now,
        seal=Seal(sender=sender, device_time=row.device_time),
    )


def _key_for(session: Session, header: dict[str, Any]) -> ECKey:
    named = (header.get("alg"), header.get("enc"))
    if named != (KEY_AGREEMENT, ENCRYPTION) or not header.keys() <= MEMBERS:
        raise CannotOpen(f"Seal it as a compact JWE with {KEY_AGREEMENT} and {ENCRYPTION}.")
    kid: Any = header.get("kid")
    is_kid = isinstance(kid, str) and kid.isascii() and kid.isprintable()
    key = find_private_key(session, kid) if is_kid else None
    if key is None:
        raise CannotOpen(
            "The referral was sealed to a key that this service does not hold. Keep it, and tell "
            "support."
        )
    return key


def _ticket_of(session: Session, row: SealedReferral) -> ShiftTicket:
    author = row.author or ""
    is_number = author.isascii() and author.isdigit() and len(author) <= LONGEST_ID
    if not is_number or not shift_tickets.is_known_person(session, int(author)):
        sentence = "Nobody with an account here is named as the author. Tell support."
        raise UnknownAuthor(sentence, errors={"author": [sentence]})
    ticket = shift_tickets.read_shift_ticket(session, row.shift_ticket)
    if str(ticket.user_id) != author:
        raise InvalidShiftTicket("The shift ticket is another person's than the author's.")
    if not ticket.covers(row.device_time):
        raise InvalidShiftTicket(
            "The record was made outside the shift of its ticket. Check the clock of the device; "
            "its author has to send it as a new referral."
        )
    return ticket
