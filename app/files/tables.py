"""What every reader of this folder yields: rows as text, with a point where there is one."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import InvalidInput, Unreadable

FloatArray = npt.NDArray[np.float64]

ROWS_A_CHUNK = 50_000
LON_NAMES = ("lon", "lng", "long", "longitude", "x")
LAT_NAMES = ("lat", "latitude", "y")
COLUMNS_SHOWN = 20


class UnreadableFile(Unreadable):
    """The file as a whole is not what it claims to be; the detail says what to do."""

    code = "unreadable_file"


class MissingColumns(InvalidInput):
    """The table can be read and lacks a column that is needed."""

    code = "missing_columns"


@dataclass(frozen=True)
class UnreadableRow:
    """A row that could not be read."""

    number: int
    reason: str
    cells: tuple[str, ...]
    """What was found, as far as it could be split; may be empty."""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a table, in the order of the file."""

    numbers: Sequence[int]
    """(n,) row numbers; 1 is the first row below the header. Unreadable rows have one too."""
    columns: Mapping[str, Sequence[str]]
    """Column name -> (n,) texts exactly as in the file; a missing value is ""."""
    lon: FloatArray
    """(n,) degrees, WGS 84; NaN where the row has no usable coordinates."""
    lat: FloatArray
    unreadable: tuple[UnreadableRow, ...]
    """Rows between these that could not be read; they are not among the n."""
    share_read: float
    """0 to 1: how much of the file has been read, for a progress bar."""
    not_degrees_count: int = 0
    """Rows among the n that hold something for coordinates which is no place on Earth."""


Opened = tuple[tuple[str, ...], Iterator[Chunk]]
"""The columns of an open table, and its rows."""


def find_column(columns: Iterable[str], names: Iterable[str]) -> str | None:
    """The column whose name is one of `names`, earlier names first, case and spaces aside."""
    by_key = {column.strip().casefold(): column for column in columns}
    return next((by_key[name] for name in names if name in by_key), None)


def coordinate_columns(
    columns: Sequence[str], named: Mapping[str, str], file_name: str
) -> tuple[str, str]:
    """The columns that hold longitude and latitude.

    Args:
        named: `lon` and `lat` -> column, where the operator said so.

    Raises:
        MissingColumns: naming the columns there are.
    """
    for field, column in named.items():
        if column not in columns:
            raise MissingColumns(
                f"{file_name} has no column {column!r}, which was named for {field}. "
                + columns_there_are(columns)
            )
    lon = named.get("lon") or find_column(columns, LON_NAMES)
    lat = named.get("lat") or find_column(columns, LAT_NAMES)
    if lon is None or lat is None:
        raise MissingColumns(
            f"{file_name} has no columns for coordinates. Call them lon and lat "
            "(longitude and latitude, lng, x and y are found too). " + columns_there_are(columns)
        )
    return lon, lat


def columns_there_are(columns: Sequence[str]) -> str:
    """A sentence that lists the columns, unless the first line seems to hold values."""
    if any(is_number(column) for column in columns):
        return "Its first line holds numbers: a line with the column names is missing."
    shown = ", ".join(columns[:COLUMNS_SHOWN])
    more = f" and {len(columns) - COLUMNS_SHOWN} more" if len(columns) > COLUMNS_SHOWN else ""
    return f"Its columns are: {shown}{more}."


def unique_columns(header: Sequence[str], file_name: str) -> tuple[str, ...]:
    """The header with nameless columns numbered.

    Raises:
        UnreadableFile: a name stands twice, so that it would not be clear which one is meant.
    """
    columns = tuple(name.strip() or f"column_{i}" for i, name in enumerate(header, start=1))
    seen: set[str] = set()
    for column in columns:
        if column.casefold() in seen:
            raise UnreadableFile(
                f"{file_name} has two columns called {column!r}. Rename or remove one of them."
            )
        seen.add(column.casefold())
    return columns


def is_number(text: str) -> bool:
    """Whether the text is a finite number."""
    return not math.isnan(_number(text))


def degrees(lon: Sequence[str], lat: Sequence[str]) -> tuple[FloatArray, FloatArray, int]:
    """Read texts as lon and lat; both are NaN where the pair is not a place on Earth.

    The third value counts the rows without a place that hold something all the same.
    """
    lon_deg = np.fromiter(map(_number, lon), dtype=np.float64, count=len(lon))
    lat_deg = np.fromiter(map(_number, lat), dtype=np.float64, count=len(lat))
    lon_deg, lat_deg = on_earth(lon_deg, lat_deg)
    missing = np.flatnonzero(np.isnan(lon_deg)).tolist()
    return lon_deg, lat_deg, sum(1 for i in missing if lon[i].strip() or lat[i].strip())


def on_earth(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The pairs with those outside of +-180, +-90 replaced by NaN."""
    usable = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # False for NaN
    return np.where(usable, lon, np.nan), np.where(usable, lat, np.nan)


def _number(text: str) -> float:
    """A finite number, else NaN. `1_000`, `inf`, `nan` and `39,29` are not numbers here."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and "_" not in text else math.nan
