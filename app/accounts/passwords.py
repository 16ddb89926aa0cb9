"""Hash and check passwords: Argon2id through Flask-Security, a few at a time."""

from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from flask_security.utils import hash_password, verify_password

from app.accounts.rules import normal_password

ARGON2 = {"argon2__memory_cost": 19 * 1024, "argon2__time_cost": 2, "argon2__parallelism": 1}
"""19 MiB, two passes, one lane (OWASP); memory_cost is in KiB."""

AT_A_TIME = 4
"""How many hashes one process works on, so that a storm of sign-ins cannot take all memory."""

_turn = BoundedSemaphore(AT_A_TIME)
_LIST = Path(__file__).with_name("common_passwords.txt")


def hashed(password: str) -> str:
    """The Argon2id hash to store."""
    with _turn:
        return str(hash_password(normal_password(password)))


def is_right(password: str, stored: str | None) -> bool:
    """Whether the password belongs to the stored hash; without one the same work is done."""
    with _turn:
        matches = verify_password(normal_password(password), stored or _nobody())
    return bool(matches) and stored is not None


@cache
def common_passwords() -> frozenset[str]:
    """The block list that comes with the service."""
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def _nobody() -> str:
    """A hash nothing is compared with for a reason: an unknown name costs what a known one does."""
    return str(hash_password("nobody has this password"))
