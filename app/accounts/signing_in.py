"""Signing in and out: counted tries, locking, the use notice. Callers commit."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts import rules
from app.accounts.models import SignInTry, User
from app.accounts.roles import Role
from app.accounts.service import DEMO_DOMAIN, address_digest, record_account
from app.audit.service import SYSTEM, Actor, record
from app.errors import NotFound

NOTICE_VERSION = "2026-11"
"""The wording of the use notice (templates/accounts/use_notice.html) that people accept."""

STRANGER = Actor(name="stranger", user_id=None, roles=(), channel="web")


@dataclass(frozen=True)
class SignInAttempt:
    """A counted try to sign in, before the password is looked at."""

    address_digest: str
    user_id: int | None
    password_hash: str | None
    """None when no password can be right: no such account, closed, locked, or tried too often."""


def open_sign_in(session: Session, email_text: str, *, now: datetime) -> SignInAttempt:
    """Count a try before the password is looked at, so that guesses sent at once count too.

    Known and unknown addresses do the same work here and get the same answer later.
    """
    email = rules.normal_email(email_text) or email_text[:254].strip().lower()
    digest = address_digest(session, email)
    session.execute(
        delete(SignInTry).where(SignInTry.tried_at_utc <= now - rules.WRONG_TRIES_WINDOW)
    )
    earlier = _tries(session, digest)
    user = session.scalar(select(User).where(User.email == email))
    session.add(SignInTry(address_digest=digest, tried_at_utc=now))
    session.flush()
    if user is None:
        return SignInAttempt(digest, None, None)
    may_enter = user.active and user.locked_at_utc is None and not rules.is_lock_due(earlier)
    return SignInAttempt(digest, user.id, user.password if may_enter else None)


def close_sign_in(
    session: Session, attempt: SignInAttempt, *, is_right: bool, now: datetime
) -> User | None:
    """Sign the person in, or count the wrong password and lock the account when it is due.

    Returns:
        Who signed in; None when the password was wrong or the account cannot be used.
    """
    user = session.get(User, attempt.user_id) if attempt.user_id is not None else None
    if user is not None and is_right and user.active and user.locked_at_utc is None:
        session.execute(delete(SignInTry).where(SignInTry.address_digest == attempt.address_digest))
        _record_sign_in(session, user, now)
        return user
    record(
        session,
        "login.failed",
        actor=STRANGER,
        subject_kind="user",
        subject_id=user.id if user else "unknown",
        now=now,
        outcome="refused",
    )
    if (
        user is not None
        and user.locked_at_utc is None
        and rules.is_lock_due(_tries(session, attempt.address_digest))
    ):
        user.locked_at_utc = now
        record_account(session, "account.locked", user, SYSTEM, now)
    return None


def sign_in_demo_person(session: Session, role: Role, *, now: datetime) -> User:
    """Sign in the demonstration's person with this one role.

    Raises:
        NotFound: the demonstration's people are not loaded.
    """
    user = session.scalar(select(User).where(User.email == f"{role}@{DEMO_DOMAIN}"))
    if user is None or not user.active or user.held != {role}:
        raise NotFound("The demonstration's people are not loaded. Run `make run` once.")
    _record_sign_in(session, user, now)
    return user


def sign_out(session: Session, actor: Actor, *, now: datetime) -> None:
    """Note that a person ended the session."""
    record(
        session, "login.ended", actor=actor, subject_kind="user", subject_id=actor.user_id, now=now
    )


def _tries(session: Session, address_digest: str) -> int:
    """Tries within the window; older ones are deleted when a new one begins."""
    counted = select(func.count()).select_from(SignInTry)
    return session.scalar(counted.where(SignInTry.address_digest == address_digest)) or 0


def _record_sign_in(session: Session, user: User, now: datetime) -> None:
    user.last_sign_in_at_utc = now
    roles = tuple(sorted(user.held))
    actor = Actor(name=f"user:{user.id}", user_id=user.id, roles=roles, channel="web")
    for action, details in (
        ("notice.acknowledged", {"version": NOTICE_VERSION}),
        ("login.ok", None),
    ):
        record(
            session,
            action,
            actor=actor,
            subject_kind="user",
            subject_id=user.id,
            now=now,
            details=details,
        )
