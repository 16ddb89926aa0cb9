"""One filter grammar for pages, tables, maps, exports, the API and the command line."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from app.errors import InvalidInput

T = TypeVar("T")

REFERRALS = "referrals"
DISTRICT_SETS = ("1959", "2023")
ZONE_STATUSES = ("inside", "outside", "uncertain")
DEFAULT_CELL_M = 250
MIN_CELL_M = 100
MAX_CELL_M = 5000
BBOX_STEP_DEGREES = 0.005
BBox = tuple[float, float, float, float]

FILTER_NAMES = (
    "from",
    "to",
    "kind",
    "offence_category",
    "district",
    "district_set",
    "zone_status",
    "status",
    "dataset",
    "weekday",
    "hour_from",
    "hour_to",
    "bbox",
    "exposure",
    "cell_m",
    "location_quality",
)


class InvalidFilter(InvalidInput):
    """A filter value that does not exist or cannot be read."""

    code = "invalid_filter"


@dataclass(frozen=True)
class RecordFilter:
    """Which records a page, map, export or list is about; empty tuples and None mean all."""

    dataset: str = REFERRALS
    from_date: date | None = None
    to_date: date | None = None
    """Both inclusive, in the site's time zone."""
    kind: tuple[str, ...] = ()
    offence_category: tuple[str, ...] = ()
    district: tuple[int, ...] = ()
    district_set: str | None = None
    """`1959` or `2023`; None: the layer in force at each record's date."""
    zone_status: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    weekday: tuple[int, ...] = ()
    """1 Monday to 7 Sunday (ISO 8601)."""
    hour_from: int | None = None
    hour_to: int | None = None
    """Whole hours 0 to 23, both inclusive; 22 to 3 runs over midnight."""
    bbox: BBox | None = None
    """west, south, east, north in degrees, snapped outward to 0.005."""
    exposure: str | None = None
    cell_m: int = DEFAULT_CELL_M
    all_location_quality: bool = False
    extra: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Parameters that are no filter, kept for the page that knows them."""

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "RecordFilter":
        """Read query values (strings; lists as repeated values or separated by commas).

        Raises:
            InvalidFilter: naming each parameter that cannot be read.
        """
        reader = _Reader(values)
        parsed = cls(
            dataset=reader.one("dataset", _name) or REFERRALS,
            from_date=reader.one("from", _date),
            to_date=reader.one("to", _date),
            kind=reader.many("kind", _word),
            offence_category=reader.many("offence_category", _word),
            district=reader.many("district", _number_between(1, 99)),
            district_set=reader.one("district_set", _choice(DISTRICT_SETS)),
            zone_status=reader.many("zone_status", _choice(ZONE_STATUSES)),
            status=reader.many("status", _word),
            weekday=reader.many("weekday", _weekday),
            hour_from=reader.one("hour_from", _number_between(0, 23)),
            hour_to=reader.one("hour_to", _number_between(0, 23)),
            bbox=reader.one("bbox", _bbox, keep_commas=True),
            exposure=reader.one("exposure", _name),
            cell_m=reader.one("cell_m", _number_between(MIN_CELL_M, MAX_CELL_M)) or DEFAULT_CELL_M,
            all_location_quality=reader.one("location_quality", _choice(("all",))) == "all",
            extra={
                name: str(value)
                for name, value in _single_values(values).items()
                if name not in FILTER_NAMES
            },
        )
        if parsed.from_date and parsed.to_date and parsed.from_date > parsed.to_date:
            reader.complain("to", "The last day lies before the first; swap from and to.")
        reader.finish()
        return parsed

    def to_query(self) -> dict[str, str]:
        """The same filter as query values; what is not set is left out. `parse` reads it back."""
        pairs: dict[str, str] = {
            "dataset": "" if self.dataset == REFERRALS else self.dataset,
            "from": self.from_date.isoformat() if self.from_date else "",
            "to": self.to_date.isoformat() if self.to_date else "",
            "kind": ",".join(self.kind),
            "offence_category": ",".join(self.offence_category),
            "district": ",".join(map(str, self.district)),
            "district_set": self.district_set or "",
            "zone_status": ",".join(self.zone_status),
            "status": ",".join(self.status),
            "weekday": ",".join(map(str, self.weekday)),
            "hour_from": "" if self.hour_from is None else str(self.hour_from),
            "hour_to": "" if self.hour_to is None else str(self.hour_to),
            "bbox": ",".join(f"{edge:g}" for edge in self.bbox) if self.bbox else "",
            "exposure": self.exposure or "",
            "cell_m": "" if self.cell_m == DEFAULT_CELL_M else str(self.cell_m),
            "location_quality": "all" if self.all_location_quality else "",
        }
        return {name: value for name, value in pairs.items() if value}

    def with_changes(self, **changes: Any) -> "RecordFilter":
        """The same filter with some parts replaced."""
        return replace(self, **changes)

    def covers_hour(self, hour: int) -> bool:
        """Whether an hour of the day (0 to 23) is asked for."""
        first = 0 if self.hour_from is None else self.hour_from
        last = 23 if self.hour_to is None else self.hour_to
        return first <= hour <= last if first <= last else hour >= first or hour <= last


class _Reader:
    """Reads values one by one and complains about all of them together."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._errors: dict[str, list[str]] = {}

    def many(self, name: str, read: Callable[[str], T]) -> tuple[T, ...]:
        return self._read(name, _texts(self._values, name), read)

    def one(self, name: str, read: Callable[[str], T], *, keep_commas: bool = False) -> T | None:
        texts = _texts(self._values, name, keep_commas=keep_commas)
        if len(texts) > 1:
            self.complain(name, "Send one value only.")
            return None
        found = self._read(name, texts, read)
        return found[0] if found else None

    def complain(self, name: str, sentence: str) -> None:
        self._errors.setdefault(name, []).append(sentence)

    def finish(self) -> None:
        if self._errors:
            name, sentences = next(iter(self._errors.items()))
            raise InvalidFilter(f"{name}: {sentences[0]}", errors=self._errors)

    def _read(self, name: str, texts: list[str], read: Callable[[str], T]) -> tuple[T, ...]:
        found: list[T] = []
        for text in texts:
            try:
                found.append(read(text))
            except ValueError as error:
                self.complain(name, str(error))
        return tuple(dict.fromkeys(found))


def _texts(values: Mapping[str, Any], name: str, *, keep_commas: bool = False) -> list[str]:
    getlist = getattr(values, "getlist", None)
    raw = getlist(name) if getlist else values.get(name)
    items = raw if isinstance(raw, list | tuple) else [raw]
    texts = [str(item) for item in items if item is not None]
    if not keep_commas:
        texts = [part for text in texts for part in text.split(",")]
    return [text.strip() for text in texts if text.strip()]


def _single_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in values if values[name] is not None}


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("Send a date like 2026-03-01.") from None


def _word(text: str) -> str:
    word = text.lower().replace(" ", "_").replace("-", "_")
    if not word.replace("_", "").isalnum() or len(word) > 60:
        raise ValueError("Send one of the listed words.")
    return word


def _name(text: str) -> str:
    if len(text) > 80 or not all(char.isalnum() or char in "-_. " for char in text):
        raise ValueError("Names hold letters, digits, spaces, dots, - and _ only.")
    return text


def _choice(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(f"Send one of: {', '.join(allowed)}.")
        return text.lower()

    return read


def _number_between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text[:9]) <= high):
            raise ValueError(f"Send a whole number from {low} to {high}.")
        return int(text)

    return read


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekday(text: str) -> int:
    if text[:3].lower() in _WEEKDAYS and text.isalpha():
        return _WEEKDAYS.index(text[:3].lower()) + 1
    if text in ("1", "2", "3", "4", "5", "6", "7"):
        return int(text)
    raise ValueError("Send 1 (Monday) to 7 (Sunday), or mon to sun.")


def _bbox(text: str) -> BBox:
    sentence = "Send west,south,east,north in degrees, like -76.65,39.27,-76.60,39.31."
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(sentence) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValueError(sentence)
    return (
        _snap(west, math.floor),
        _snap(south, math.floor),
        _snap(east, math.ceil),
        _snap(north, math.ceil),
    )


def _snap(degrees: float, towards: Callable[[float], int]) -> float:
    steps = degrees / BBOX_STEP_DEGREES
    nearest = round(steps)
    step = nearest if math.isclose(steps, nearest, abs_tol=1e-6) else towards(steps)
    return round(step * BBOX_STEP_DEGREES, 6)
