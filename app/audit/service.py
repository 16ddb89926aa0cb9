"""Write to the audit record and check that nobody changed it."""

import getpass
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.db import keys_of

FIRST_MAC = "0" * 64
"""What the first row is chained to."""


@dataclass(frozen=True)
class Actor:
    """Who acts, as the audit record knows them."""

    name: str
    """`user:17`, or `os:NAME` for an operator's command. Never a person's name or address."""
    user_id: int | None
    roles: tuple[str, ...]
    channel: Literal["web", "api", "cli", "system"]


SYSTEM = Actor(name="system", user_id=None, roles=(), channel="system")


def operator() -> Actor:
    """Whoever runs a command, by the operating system's account."""
    return Actor(name=f"os:{getpass.getuser()}", user_id=None, roles=(), channel="cli")


@dataclass(frozen=True)
class Head:
    """The newest row; kept outside the database it shows when the tail was cut."""

    sequence: int
    mac: str


@dataclass(frozen=True)
class Verdict:
    """What checking the chain found."""

    is_whole: bool
    row_count: int
    broken_at: int | None
    head: Head


def record(
    session: Session,
    action: str,
    *,
    actor: Actor,
    subject_kind: str,
    subject_id: object,
    now: datetime,
    outcome: str = "ok",
    details: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add one act to the chain, in the caller's transaction; the caller commits.

    `details` holds codes and counts only. Writers come one at a time (app.db), so the row read
    here as the newest stays the newest until the commit.
    """
    newest = head(session)
    event = AuditEvent(
        sequence=newest.sequence + 1,
        at_utc=now,
        action=action,
        outcome=outcome,
        actor=actor.name,
        actor_id=actor.user_id,
        actor_roles=",".join(sorted(actor.roles)),
        channel=actor.channel,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        details=dict(details or {}),
        previous_mac=newest.mac,
    )
    event.mac = _mac(_chain_key(session), event)
    session.add(event)
    session.flush()
    return event


def record_listing(session: Session, what: str, *, now: datetime, outcome: str = "ok") -> None:
    """Note that an operator looked at all rows of something; the caller commits."""
    record(
        session,
        f"{what}.listed",
        actor=operator(),
        subject_kind=what,
        subject_id="all",
        now=now,
        outcome=outcome,
    )


def head(session: Session) -> Head:
    """The newest row's number and mac; number 0 while nothing is recorded."""
    row = session.execute(
        select(AuditEvent.sequence, AuditEvent.mac).order_by(AuditEvent.sequence.desc()).limit(1)
    ).first()
    return Head(row.sequence, row.mac) if row else Head(0, FIRST_MAC)


def verify(session: Session, *, kept_head: Head | None = None) -> Verdict:
    """Walk the whole chain.

    Args:
        kept_head: a head copied out of the database earlier; without one a cut tail is not seen.
    """
    key = _chain_key(session)
    expected = Head(0, FIRST_MAC)
    kept_is_found = kept_head is None or kept_head == expected
    for event in events(session):
        if (
            event.sequence != expected.sequence + 1
            or event.previous_mac != expected.mac
            or not hmac.compare_digest(event.mac, _mac(key, event))
        ):
            return Verdict(False, expected.sequence, expected.sequence + 1, expected)
        expected = Head(event.sequence, event.mac)
        kept_is_found = kept_is_found or expected == kept_head
    if not kept_is_found:
        return Verdict(False, expected.sequence, expected.sequence + 1, expected)
    return Verdict(True, expected.sequence, None, expected)


def events(session: Session) -> Iterator[AuditEvent]:
    """Every row, oldest first."""
    query = select(AuditEvent).order_by(AuditEvent.sequence).execution_options(yield_per=1000)
    yield from session.scalars(query)


def as_json(event: AuditEvent) -> dict[str, Any]:
    """One row as plain JSON values, times in UTC."""
    return {**_content(event), "previous_mac": event.previous_mac, "mac": event.mac}


def _content(event: AuditEvent) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        "at": event.at_utc.isoformat(),
        "action": event.action,
        "outcome": event.outcome,
        "actor": event.actor,
        "actor_id": event.actor_id,
        "actor_roles": event.actor_roles,
        "channel": event.channel,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "details": event.details,
    }


def _mac(key: bytes, event: AuditEvent) -> str:
    content = json.dumps(_content(event), sort_keys=True, separators=(",", ":"))
    return hmac.new(key, f"{event.previous_mac}\n{content}".encode(), hashlib.sha256).hexdigest()


def _chain_key(session: Session) -> bytes:
    return keys_of(session).derive("audit")
