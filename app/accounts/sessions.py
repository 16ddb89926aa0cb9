"""The session of a browser: who, since when, last used when. Times are the server's.

They stand in the signed cookie, so an old copy of the cookie is refused by its own times.
"""

from datetime import datetime, timedelta
from typing import Final

from flask import session
from flask_security.utils import login_user, logout_user

from app.accounts import service
from app.accounts.models import User
from app.db import reading
from app.web.context import utc_now

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)
"""CJIS Security Policy: locked after 30 idle minutes, signed in anew after 12 hours."""
WRITE_EVERY: Final = timedelta(seconds=30)
"""The cookie is rewritten at most this often, so idle time is known to that."""

_STARTED = "started_at"
_SEEN = "seen_at"


def start(user: User, now: datetime) -> None:
    """Sign this browser in under a new session."""
    session.clear()
    session[_STARTED] = session[_SEEN] = now.timestamp()
    login_user(user, remember=False, authn_via=["password"])


def end() -> None:
    """Sign this browser out."""
    logout_user()
    session.clear()


def touch(now: datetime) -> None:
    """Note that the session was used."""
    if now.timestamp() - float(session.get(_SEEN, 0)) >= WRITE_EVERY.total_seconds():
        session[_SEEN] = now.timestamp()


def is_over(now: datetime) -> bool:
    """Whether this browser's session was idle too long, is too old, or never began."""
    started, seen = session.get(_STARTED), session.get(_SEEN)
    if not isinstance(started, float) or not isinstance(seen, float):
        return True
    at = now.timestamp()
    return at - seen > IDLE.total_seconds() or at - started > ABSOLUTE.total_seconds()


def load_user(uniquifier: str) -> User | None:
    """The person of this browser's session while it lasts and the account is active."""
    if is_over(utc_now()):
        return None
    with reading() as opened:
        user = service.find_active_user(opened, uniquifier)
        opened.expunge_all()  # keep what was read when the session ends
        return user
