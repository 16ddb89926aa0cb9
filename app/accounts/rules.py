"""Decisions about passwords, addresses and locking; nothing is read or stored here."""

import re
import unicodedata
from collections.abc import Collection
from datetime import timedelta
from typing import Final

PASSWORD_LENGTH_MIN: Final = 15
"""NIST SP 800-63B-4: 15 characters where the password stands alone."""
PASSWORD_LENGTH_MAX: Final = 128
DISTINCT_CHARACTERS_MIN: Final = 6
UNCOMMON_CHARACTERS_MIN: Final = 6

WRONG_TRIES_MAX: Final = 5
"""CJIS Security Policy AC-7: five wrong tries in 15 minutes, then an administrator unlocks."""
WRONG_TRIES_WINDOW: Final = timedelta(minutes=15)

TOKEN_DAYS_MAX: Final = 366

_EMAIL = re.compile(r"[^@\s\x00-\x1f<>\"',;:()\\\[\]]{1,64}@[a-z0-9.-]{1,189}\Z")
_LOOKALIKES = str.maketrans("@4301!$57", "aaeoiisst")


def normal_email(text: str) -> str | None:
    """The address in the one spelling that is stored, or None when it cannot be one."""
    email = unicodedata.normalize("NFKC", text).strip().lower()
    return email if _EMAIL.match(email) and ".." not in email else None


def normal_password(text: str) -> str:
    """The same characters however the keyboard composed them (NIST SP 800-63B-4: NFKC)."""
    return unicodedata.normalize("NFKC", text)


def password_problem(password: str, *, email: str, common: Collection[str]) -> str | None:
    """Say why this password is refused and what to do, or None when it is fine.

    Args:
        common: passwords and words in lower case that are tried first by those who guess.
    """
    if len(password) < PASSWORD_LENGTH_MIN:
        return f"Use at least {PASSWORD_LENGTH_MIN} characters. Four unrelated words work well."
    if len(password) > PASSWORD_LENGTH_MAX:
        return f"Use at most {PASSWORD_LENGTH_MAX} characters."
    if len(set(password)) < DISTINCT_CHARACTERS_MIN:
        return "Use more different characters. Four unrelated words work well."
    words = [*common, *(part for part in re.split(r"[^a-z]+", email) if len(part) > 3)]
    for spelling in (password.lower(), password.lower().translate(_LOOKALIKES)):
        if _uncommon_part(spelling, words) < UNCOMMON_CHARACTERS_MIN:
            return "This is made of words that are guessed first. Use four unrelated words."
    return None


def is_lock_due(wrong_tries_in_window: int) -> bool:
    """Whether the account has to be locked after this many tries within the window."""
    return wrong_tries_in_window >= WRONG_TRIES_MAX


def _uncommon_part(spelling: str, common: Collection[str]) -> int:
    """How many letters are left when common words, digits and signs are taken out."""
    left = spelling
    for word in sorted(common, key=len, reverse=True):
        left = left.replace(word, " ")
    return sum(1 for character in left if character.isalpha())
