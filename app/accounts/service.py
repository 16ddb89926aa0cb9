"""People: accounts and their roles. Callers commit."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import passwords, rules
from app.accounts.models import RoleGrant, SignInTry, User
from app.accounts.roles import Role
from app.audit.service import SYSTEM, Actor, record
from app.db import keys_of
from app.errors import Conflict, InvalidInput, NotFound

DEMO_DOMAIN = "demo.invalid"


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
    record_account(session, "account.password_set", user, actor, now)
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
    record_account(session, "account.disabled", user, actor, now)
    return _person(user)


def enable(session: Session, email_text: str, *, actor: Actor, now: datetime) -> Person:
    """Open a closed account again."""
    user = _get(session, email_text)
    user.active = True
    record_account(session, "account.enabled", user, actor, now)
    return _person(user)


def unlock(session: Session, email_text: str, *, actor: Actor, now: datetime) -> Person:
    """Let a person sign in again after too many wrong passwords."""
    user = _get(session, email_text)
    user.locked_at_utc = None
    session.execute(
        delete(SignInTry).where(SignInTry.address_digest == address_digest(session, user.email))
    )
    record_account(session, "account.unlocked", user, actor, now)
    return _person(user)


def people(session: Session) -> list[Person]:
    """Everybody with an account, by address."""
    return [_person(user) for user in session.scalars(select(User).order_by(User.email))]


def has_people(session: Session) -> bool:
    """Whether somebody could sign in with a password: open accounts that have one."""
    able = select(User.id).where(User.active, User.password.is_not(None))
    return session.scalar(able.limit(1)) is not None


def has_demo_people(session: Session) -> bool:
    """Whether this database belongs to the demonstration."""
    demo = select(User.id).where(User.email.endswith(f"@{DEMO_DOMAIN}"))
    return session.scalar(demo.limit(1)) is not None


def find_active_user(session: Session, uniquifier: str) -> User | None:
    """The person of a session, unless the account was closed or the session ended."""
    user = session.scalar(select(User).where(User.fs_uniquifier == uniquifier))
    return user if user is not None and user.active else None


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
        record_account(session, "account.created", user, actor, now)
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


def address_digest(session: Session, email: str) -> str:
    """What stands for an address among the tries to sign in."""
    return keys_of(session).digest("sign-in-address", email.encode())


def record_account(session: Session, action: str, user: User, actor: Actor, now: datetime) -> None:
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
