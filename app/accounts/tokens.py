"""Tokens of programs: made once, kept as a hash, acting for a person within their scopes."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import rules, service
from app.accounts.models import ApiToken
from app.accounts.roles import Role, Scope
from app.audit.service import Actor, record
from app.errors import InvalidInput, NotFound

SECRET_BYTES = 32
PREFIX_BYTES = 6
MARK = "lead"
"""Every token begins with it, so that one left in a file is recognised."""


@dataclass(frozen=True)
class NewToken:
    """A token at the only moment it can be read."""

    text: str
    prefix: str
    scopes: tuple[Scope, ...]
    expires_at_utc: datetime


@dataclass(frozen=True)
class TokenRow:
    """A token as lists show it."""

    prefix: str
    email: str
    scopes: tuple[str, ...]
    created_at_utc: datetime
    expires_at_utc: datetime
    revoked_at_utc: datetime | None


@dataclass(frozen=True)
class TokenHolder:
    """For whom a valid token acts, and with which scopes."""

    user_id: int
    name: str
    roles: frozenset[Role]
    scopes: frozenset[Scope]


def create_token(
    session: Session,
    email_text: str,
    scopes: Iterable[Scope],
    *,
    days: int,
    actor: Actor,
    now: datetime,
) -> NewToken:
    """Make a token that acts for this person until `days` days from now.

    Raises:
        NotFound: no such account; InvalidInput: no scope, or days out of range.
    """
    wanted = frozenset(scopes)
    if not wanted:
        raise InvalidInput("Name at least one scope.")
    if not 1 <= days <= rules.TOKEN_DAYS_MAX:
        raise InvalidInput(f"A token lives 1 to {rules.TOKEN_DAYS_MAX} days.")
    user = service.get_user(session, email_text)
    prefix = secrets.token_hex(PREFIX_BYTES)
    text = f"{MARK}_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    token = ApiToken(
        user=user,
        prefix=prefix,
        token_sha256=_digest(text),
        scopes=sorted(scope.value for scope in wanted),
        created_at_utc=now,
        expires_at_utc=now + timedelta(days=days),
        revoked_at_utc=None,
    )
    session.add(token)
    session.flush()
    details: dict[str, object] = {"user_id": user.id, "scopes": token.scopes, "days": days}
    _record(session, "token.created", prefix, actor=actor, now=now, details=details)
    return NewToken(text, prefix, tuple(sorted(wanted)), token.expires_at_utc)


def revoke_token(session: Session, prefix: str, *, actor: Actor, now: datetime) -> None:
    """End a token now, by its prefix as `token list` shows it; ending it twice is no error.

    Raises:
        NotFound: there is no such token.
    """
    token = session.scalar(select(ApiToken).where(ApiToken.prefix == prefix))
    if token is None:
        raise NotFound("There is no token with this prefix. See `token list`.")
    if token.revoked_at_utc is None:
        token.revoked_at_utc = now
        details: dict[str, object] = {"user_id": token.user_id}
        _record(session, "token.revoked", prefix, actor=actor, now=now, details=details)


def tokens(session: Session) -> list[TokenRow]:
    """Every token, newest first."""
    rows = session.scalars(select(ApiToken).order_by(ApiToken.id.desc()))
    return [
        TokenRow(
            row.prefix,
            row.user.email,
            tuple(row.scopes),
            row.created_at_utc,
            row.expires_at_utc,
            row.revoked_at_utc,
        )
        for row in rows
    ]


def find_token_holder(session: Session, text: str, *, now: datetime) -> TokenHolder | None:
    """For whom this token acts, or None when it is unknown, expired, revoked, or closed with its
    account."""
    mark, _, rest = text.partition("_")
    prefix = rest.partition("_")[0]
    if mark != MARK or not prefix or not text.isascii():
        return None
    token = session.scalar(select(ApiToken).where(ApiToken.prefix == prefix))
    if token is None or not hmac.compare_digest(token.token_sha256, _digest(text)):
        return None
    if token.revoked_at_utc is not None or token.expires_at_utc <= now or not token.user.active:
        return None
    scopes = frozenset(Scope(name) for name in token.scopes)
    return TokenHolder(token.user.id, token.user.name, token.user.held, scopes)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _record(
    session: Session,
    action: str,
    prefix: str,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, object],
) -> None:
    record(
        session,
        action,
        actor=actor,
        subject_kind="token",
        subject_id=prefix,
        now=now,
        details=details,
    )
