"""Limits on guessing: failed sign-ins and failed tokens by address. Nothing else is limited."""

import math
import time
from typing import Final

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse

from app.errors import TooManyRequests

FAILED_SIGN_INS: Final = parse("20 per 15 minutes")
"""Below the lock's five for one account, times four: a stranger locks few accounts from a place."""
FAILED_TOKENS: Final = parse("60 per minute")

limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def refuse_guessers() -> None:
    """Stop a sign-in before any work when its address failed too often.

    Raises:
        TooManyRequests: with the seconds to wait.
    """
    key = _key("sign-in")
    if not limiter.limiter.test(FAILED_SIGN_INS, key):
        raise _wait(FAILED_SIGN_INS, key, "Too many failed sign-ins from this place. Wait, then")


def count_failed_sign_in() -> None:
    """Remember one failed sign-in of this address."""
    limiter.limiter.hit(FAILED_SIGN_INS, _key("sign-in"))


def count_failed_token() -> None:
    """Remember one failed token of this address; a good token is never refused here.

    Raises:
        TooManyRequests: with the seconds to wait.
    """
    key = _key("token")
    if not limiter.limiter.hit(FAILED_TOKENS, key):
        raise _wait(FAILED_TOKENS, key, "Too many requests with a wrong token. Correct it and")


def _key(purpose: str) -> str:
    return f"{purpose}/{get_remote_address()}"


def _wait(limit: RateLimitItem, key: str, reason: str) -> TooManyRequests:
    window = limiter.limiter.get_window_stats(limit, key)
    seconds = max(1, math.ceil(window.reset_time - time.time()))
    error = TooManyRequests(f"{reason} try again in {_minutes(seconds)}.")
    error.retry_after_s = seconds  # type: ignore[misc]
    return error


def _minutes(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def init_limits(app: Flask) -> None:
    """Count in this process's memory."""
    limiter.init_app(app)
