"""How one imported row is read: its day, hour and class, and why it is flagged or rejected."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

FLAGS = ("no_coordinates", "outside_city", "ambiguous_address")
"""Reasons to leave a stored row off maps; a row with several has the first one."""
NO_FLAG = 0
AMBIGUOUS_PREFIXES = 2
"""A location text that fits streets with this many direction prefixes is ambiguous."""

NOT_RECORDED = "not_recorded"
SYNTHETIC_LICENCE = "synthetic"
"""The licence of the demonstration's own set, by which pages know that no row of it is real."""

UNREADABLE_DATE = "has a date that cannot be read; write it like 2013-01-31"
FIRST_DAY = date(1900, 1, 1)
CLASS_LIMIT = 60

_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_HALF_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\s+(.+[AaPp]\.?[Mm]\.?)")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp])?\.?[Mm]?\.?")

FlagArray = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]


class NoReadableDate(ValueError):
    """The text holds no day that can be used; its sentence says why."""


def flag_rows(has_coordinates: Flags, is_in_city: Flags, is_ambiguous: Flags) -> FlagArray:
    """(n,) 0 for a row without fault, else 1 + the place of its first fault in FLAGS."""
    flags = np.select([~has_coordinates, ~is_in_city, is_ambiguous], [1, 2, 3], default=NO_FLAG)
    return flags.astype(np.int8)


def is_ambiguous_prefix(text: str) -> bool:
    """Whether `n_prefix` says that the location fits several streets; empty says nothing."""
    try:
        return float(text) >= AMBIGUOUS_PREFIXES
    except ValueError:
        return False


def class_word(text: str) -> str:
    """A set's own class as one lower-case word, the way filters name it."""
    word = re.sub(r"[^a-z0-9]+", "_", text.strip().lower()).strip("_")[:CLASS_LIMIT]
    return word or NOT_RECORDED


def read_day(text: str, zone: ZoneInfo, today: date) -> tuple[date, int | None]:
    """The local day and, where the text has a time of day, the hour (0 to 23).

    Read are 2013-01-31, 2013/01/31, 1/31/2013 (month first) and each with a time. An offset or Z
    moves the instant to the site's time zone. Exactly midnight, in UTC or without an offset, is
    how programs write a day without a time, and is read so.

    Raises:
        NoReadableDate
    """
    text = text.strip()
    if not text:
        raise NoReadableDate("has no date")
    moment = _moment(text)
    is_bare = moment.time() == time() and moment.utcoffset() in (None, UTC.utcoffset(None))
    if moment.tzinfo is not None and not is_bare:
        try:
            moment = moment.astimezone(zone)
        except OverflowError:
            raise NoReadableDate(UNREADABLE_DATE) from None
    day = moment.date()
    if not FIRST_DAY <= day <= today:
        raise NoReadableDate(
            "has a date in the future" if day > today else "has a date before 1900"
        )
    return day, None if is_bare else moment.hour


def read_hour(text: str) -> int | None:
    """The hour of a time of day like 00:05, 0:05:30, 1:05 PM or 1305; None if it is not one."""
    text = text.strip()
    if re.fullmatch(r"\d{4}", text):
        text = f"{text[:2]}:{text[2:]}"
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2]), (match[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 24
    return hour if hour < 24 and minute < 60 else None


def _moment(text: str) -> datetime:
    us = _US_DATE.match(text)
    try:
        if us:
            day = date(int(us[3]), int(us[1]), int(us[2]))
            return datetime.combine(day, _clock(text[us.end() :]))
        iso = text.replace("/", "-")
        half = _HALF_DAY.fullmatch(iso)
        if half:
            return datetime.combine(date.fromisoformat(half[1]), _clock(half[2]))
        return datetime.fromisoformat(iso)
    except (ValueError, OverflowError):
        raise NoReadableDate(UNREADABLE_DATE) from None


def _clock(text: str) -> time:
    """The time of day behind a date; midnight where there is none."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        if text.strip():
            raise ValueError(text)
        return time()
    hour = read_hour(text)
    if hour is None:
        raise ValueError(text)
    return time(hour, int(match[2]), int(match[3] or 0))
