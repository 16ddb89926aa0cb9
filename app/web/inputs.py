"""Request values as domain types, or a sentence that says what to send instead."""

import math
from datetime import datetime
from typing import Any

from app.errors import InvalidInput


def parse_number(value: Any, field: str) -> float:
    """A finite number from JSON (not text, not true or false).

    Raises:
        InvalidInput: naming the field.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        sentence = "Send a number, without quotes."
    else:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
        sentence = "Send a finite number."
    raise InvalidInput(f"{field}: {sentence}", errors={field: [sentence]})


def parse_instant(value: Any, field: str) -> datetime:
    """An RFC 3339 instant with an offset, as an aware datetime.

    Raises:
        InvalidInput: naming the field.
    """
    sentence = "Send a time with its offset, like 2026-03-01T14:32:00-05:00."
    if isinstance(value, str) and len(value) <= 40 and "T" in value.upper():
        try:
            instant = datetime.fromisoformat(value.upper())  # RFC 3339 allows t and z
        except ValueError:
            instant = None
        if instant is not None and instant.tzinfo is not None:
            return instant
    raise InvalidInput(f"{field}: {sentence}", errors={field: [sentence]})
