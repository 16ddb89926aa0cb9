"""People: accounts, roles and signing in. Callers commit."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts import passwords, rules
from app.accounts.models import RoleGrant, SignInTry, User
from app.accounts.roles import Role
from app.audit.service import SYSTEM, Actor, record
from app.db import keys_of
from app.errors import Conflict, InvalidInput, NotFound

DEMO_DOMAIN = "demo.invalid"
NOTICE_VERSION = "2026-11"
"""The wording of the use notice (templates/accounts/use_notice.html) that people accept."""

STRANGER = Actor(name="stranger", user_id=None, roles=(), channel="web")


class AlreadyExists(Conflict):
    """There is an account with this address."""

    code = "exists"


class WeakPassword(InvalidInput):
    """The password is too short, too long or too easily guessed."""

    code = "weak_password"


@dataclass(frozen=True)
class Person:
    """An account, for lists and commands."""

    id: int
    email: str
    name: str
    roles: tuple[Role, ...]
    is_active: bool
    is_locked: bool
    last_sign_in_at_utc: datetime | None


@dataclass(frozen=True)
class SignInAttempt:
    """A counted try to sign in, before the password is looked at."""

    address_digest: str
    user_id: int | None
    password_hash: str | None
    """None when no password can be right: no such account, closed, locked, or tried too often."""


def create_person(
    session: Session,
    email_text: str,
    *,
    name: str,
    roles: Iterable[Role],
    password: str,
    actor: Actor,
    now: datetime,
) -> Person:
    """Add an account that signs in with a password.

    Raises:
        InvalidInput: address, name or roles; WeakPassword: the password; AlreadyExists.
    """
    email = _email(email_text)
    if email.endswith(f"@{DEMO_DOMAIN}"):
        raise InvalidInput("Addresses of demo.invalid belong to the demonstration.")
    check_password(password, email)
    user = _add(session, email, name, roles, now)
    user.password = passwords.hashed(password)
    record(
        session, "account.created", actor=actor, subject_kind="user", subject_id=user.id, now=now
    )
    _record_roles(session, user, user.held, frozenset(), actor=actor, now=now)
    return _person(user)


def check_password(password: str, email: str) -> None:
    """Refuse a password that is guessed too easily.

    Raises:
        WeakPassword: saying what to do.
    """
    common = passwords.common_passwords()
    problem = rules.password_problem(rules.normal_password(password), email=email, common=common)
    if problem:
        raise WeakPassword(problem, errors={"password": [problem]})


def set_password(
    session: Session, email_text: str, password: str, *, actor: Actor, now: datetime
) -> Person:
    """Give an account a new password and end its sessions."""
    user = _get(session, email_text)
    check_password(password, user.email)
    user.password = passwords.hashed(password)
    _end_sessions(user)
    _record_account(session, "account.password_set", user, actor, now)
    return _person(user)


def set_roles(
    session: Session, email_text: str, roles: Iterable[Role], *, actor: Actor, now: datetime
) -> Person:
    """Give a person exactly these roles; they hold from the next request on."""
    user = _get(session, email_text)
    wanted, held = _some_roles(roles), user.held
    user.roles = [grant for grant in user.roles if Role(grant.name) in wanted] + [
        RoleGrant(name=role.value, granted_at_utc=now) for role in sorted(wanted - held)
    ]
    session.flush()
    _record_roles(session, user, wanted - held, held - wanted, actor=actor, now=now)
    return _person(user)


def disable(session: Session, email_text: str, *, actor: Actor, now: datetime) -> Person:
    """Close an account; its sessions and tokens end with this transaction."""
    user = _get(session, email_text)
    user.active = False
    _end_sessions(user)
    _record_account(session, "account.disabled", user, actor, now)
    return _person(user)


def enable(session: Session, email_text: str, *, actor: Actor, now: datetime) -> Person:
    """Open a closed account again."""
    user = _get(session, email_text)
    user.active = True
    _record_account(session, "account.enabled", user, actor, now)
    return _person(user)


def unlock(session: Session, email_text: str, *, actor: Actor, now: datetime) -> Person:
    """Let a person sign in again after too many wrong passwords."""
    user = _get(session, email_text)
    user.locked_at_utc = None
    session.execute(
        delete(SignInTry).where(SignInTry.address_digest == _address_digest(session, user.email))
    )
    _record_account(session, "account.unlocked", user, actor, now)
    return _person(user)


def people(session: Session) -> list[Person]:
    """Everybody with an account, by address."""
    return [_person(user) for user in session.scalars(select(User).order_by(User.email))]


def find_active_user(session: Session, uniquifier: str) -> User | None:
    """The person of a session, unless the account was closed or the session ended."""
    user = session.scalar(select(User).where(User.fs_uniquifier == uniquifier))
    return user if user is not None and user.active else None


def open_sign_in(session: Session, email_text: str, *, now: datetime) -> SignInAttempt:
    """Count a try before the password is looked at, so that guesses sent at once count too.

    Known and unknown addresses do the same work here and get the same answer later.
    """
    email = rules.normal_email(email_text) or email_text[:254].strip().lower()
    digest = _address_digest(session, email)
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
        _record_account(session, "account.locked", user, SYSTEM, now)
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


def ensure_demo_people(session: Session, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Add the demonstration's thirteen people where they are missing; they have no password.

    Only the demonstration's loader calls this.

    Returns:
        How many were added.
    """
    known = set(session.scalars(select(User.email).where(User.email.endswith(f"@{DEMO_DOMAIN}"))))
    missing = [role for role in Role if f"{role}@{DEMO_DOMAIN}" not in known]
    for role in missing:
        user = _add(session, f"{role}@{DEMO_DOMAIN}", f"Synthetic {role.words}", [role], now)
        _record_account(session, "account.created", user, actor, now)
        _record_roles(session, user, {role}, frozenset(), actor=actor, now=now)
    return len(missing)


def get_user(session: Session, email_text: str) -> User:
    """The account with this address.

    Raises:
        NotFound: there is none.
    """
    return _get(session, email_text)


def _get(session: Session, email_text: str) -> User:
    email = rules.normal_email(email_text)
    user = session.scalar(select(User).where(User.email == email))
    if user is None:
        raise NotFound("There is no account with this address. See `user list`.")
    return user


def _email(text: str) -> str:
    email = rules.normal_email(text)
    if email is None:
        raise InvalidInput("This is not an e-mail address. Write it like name@example.org.")
    return email


def _some_roles(roles: Iterable[Role]) -> frozenset[Role]:
    wanted = frozenset(roles)
    if not wanted:
        raise InvalidInput("Name at least one role. To close an account, use `user disable`.")
    return wanted


def _add(
    session: Session, email: str, name_text: str, roles: Iterable[Role], now: datetime
) -> User:
    name = name_text.strip()
    if not 1 <= len(name) <= 120:
        raise InvalidInput("Give a name of 1 to 120 characters.")
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise AlreadyExists("There is already an account with this address.")
    grants = [RoleGrant(name=role.value, granted_at_utc=now) for role in sorted(_some_roles(roles))]
    user = User(
        email=email,
        name=name,
        password=None,
        active=True,
        fs_uniquifier=secrets.token_hex(32),
        created_at_utc=now,
        locked_at_utc=None,
        last_sign_in_at_utc=None,
        roles=grants,
    )
    session.add(user)
    session.flush()
    return user


def _end_sessions(user: User) -> None:
    user.fs_uniquifier = secrets.token_hex(32)


def _tries(session: Session, address_digest: str) -> int:
    """Tries within the window; older ones are deleted when a new one begins."""
    counted = select(func.count()).select_from(SignInTry)
    return session.scalar(counted.where(SignInTry.address_digest == address_digest)) or 0


def _address_digest(session: Session, email: str) -> str:
    return keys_of(session).digest("sign-in-address", email.encode())


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


def _record_account(session: Session, action: str, user: User, actor: Actor, now: datetime) -> None:
    record(session, action, actor=actor, subject_kind="user", subject_id=user.id, now=now)


def _record_roles(
    session: Session,
    user: User,
    granted: Iterable[Role],
    revoked: Iterable[Role],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    changes = [("role.granted", role) for role in sorted(granted)]
    changes += [("role.revoked", role) for role in sorted(revoked)]
    for action, role in changes:
        record(
            session,
            action,
            actor=actor,
            subject_kind="user",
            subject_id=user.id,
            now=now,
            details={"role": role.value},
        )


def _person(user: User) -> Person:
    return Person(
        user.id,
        user.email,
        user.name,
        tuple(role for role in Role if role in user.held),
        user.active,
        user.locked_at_utc is not None,
        user.last_sign_in_at_utc,
    )
