"""From a table to blocks: every row accepted, flagged or rejected with its reason."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import InvalidInput
from app.files.service import (
    Chunk,
    MissingColumns,
    Table,
    columns_there_are,
    find_column,
    read_table,
)
from app.geo.coords import is_in_service_area
from app.incidents import rules
from app.incidents.blocks import NO_HOUR, Block, DayArray, SmallArray
from app.incidents.locating import locate
from app.incidents.rejected import RejectedRows, rejected_rows

FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "date": ("arrest_date", "date"),
    "time": ("arrest_time", "time"),
    "class": ("lead_class", "offence_category"),
    "district": ("district",),
    "location": ("location",),
    "n_prefix": ("n_prefix",),
    "lon": ("lon",),
    "lat": ("lat",),
}
"""What is read from a row, and the column names that are looked for."""
DATE_NAMES = (*FIELDS["date"], "occurred_on", "occurred_at")

IndexArray = npt.NDArray[np.int64]
Progress = Callable[[float], None]


class UnknownField(InvalidInput):
    """A column was named for a field there is not."""

    code = "unknown_field"


@dataclass(frozen=True)
class StoredBlock:
    """A block ready to be stored."""

    content: bytes
    row_count: int
    first_on: date
    last_on: date


@dataclass
class Prepared:
    """A file read to its end, and nothing stored yet."""

    source_name: str
    source_sha256: str
    blocks: list[StoredBlock] = field(default_factory=list)
    accepted: int = 0
    rejected: int = 0
    flagged: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    swapped: int = 0
    """Rows outside the city that would lie in it with lon and lat exchanged."""
    not_degrees: int = 0
    """Rows whose coordinates are there and are no degrees."""
    unreadable_hours: int = 0
    """Rows with a time of day that could not be read; stored without one."""

    @property
    def row_count(self) -> int:
        """Rows to store: accepted and flagged."""
        return self.accepted + self.flagged.total()


def named_columns(pairs: Mapping[str, str]) -> dict[str, str]:
    """Field -> column as the operator named them, by any of the names a field has.

    Raises:
        UnknownField
    """
    by_name = {name: key for key, names in FIELDS.items() for name in (key, *names)}
    unknown = [name for name in pairs if name not in by_name]
    if unknown:
        raise UnknownField(f"There is no field {unknown[0]!r}. Fields are: {', '.join(FIELDS)}.")
    return {by_name[name]: column for name, column in pairs.items()}


def prepare(
    path: Path,
    *,
    named: Mapping[str, str],
    rejected_path: Path,
    boundary: shapely.Geometry,
    zone: ZoneInfo,
    today: date,
    progress: Progress = lambda share: None,
) -> Prepared:
    """Read a table into blocks; rejected rows go to `rejected_path` where there are any.

    Args:
        named: field -> column, where the usual names do not find it.
        boundary: the city in EPSG:4326; its line counts as inside.
        today: days after it are rejected, in the site's time zone.
        progress: told the share read, 0 to 1.

    Raises:
        UnreadableFile, MissingColumns: the file as a whole cannot be used.
        CannotWriteRejected
    """
    prepared = Prepared(path.name, "")
    with (
        read_table(path, named=named) as table,
        rejected_rows(rejected_path, table.columns) as reject,
    ):
        columns = _columns_of(table, named)
        shapely.prepare(boundary)
        for chunk in table.chunks:
            reader = _ChunkReader(chunk, columns, boundary, zone, today)
            reader.read(prepared, reject)
            progress(chunk.share_read)
    prepared.source_sha256 = _sha256(path)
    return prepared


def _columns_of(table: Table, named: Mapping[str, str]) -> dict[str, str]:
    """Field -> column, for the fields this table has."""
    columns: dict[str, str] = {}
    for name, usual in FIELDS.items():
        if name in ("lon", "lat"):
            continue
        column = named.get(name) or find_column(
            table.columns, DATE_NAMES if name == "date" else usual
        )
        if column is not None and column not in table.columns:
            raise MissingColumns(
                f"{table.path.name} has no column {column!r}, which was named for {name}. "
                + columns_there_are(table.columns)
            )
        if column is not None:
            columns[name] = column
    if "date" not in columns:
        raise MissingColumns(
            f"{table.path.name} has no column for the date. Call it date, or name it with "
            f"--column date=NAME. {columns_there_are(table.columns)}"
        )
    return columns


@dataclass
class _ChunkReader:
    """Turns one chunk into a block."""

    chunk: Chunk
    columns: Mapping[str, str]
    boundary: shapely.Geometry
    zone: ZoneInfo
    today: date

    def read(self, prepared: Prepared, reject: RejectedRows) -> None:
        prepared.not_degrees += self.chunk.not_degrees_count
        for row in self.chunk.unreadable:
            reject(row.number, row.reason, row.cells)
        days, hours, kept = self._days(reject)
        prepared.rejected += len(self.chunk.unreadable) + len(self.chunk.numbers) - len(kept)
        if len(kept):
            self._store(prepared, np.array(days, "datetime64[D]"), hours, kept)

    def _days(self, reject: RejectedRows) -> tuple[list[date], list[int | None], IndexArray]:
        """The day, and the hour the date holds, of each row that has a day; and which rows."""
        days: list[date] = []
        hours: list[int | None] = []
        kept: list[int] = []
        known: dict[str, tuple[date, int | None] | str] = {}
        for i, text in enumerate(self._texts("date")):
            found = known.get(text)
            if found is None:
                found = known[text] = self._day(text)
            if isinstance(found, str):
                cells = [column[i] for column in self.chunk.columns.values()]
                reject(self.chunk.numbers[i], found, cells)
                continue
            days.append(found[0])
            hours.append(found[1])
            kept.append(i)
        return days, hours, np.array(kept, dtype=np.int64)

    def _day(self, text: str) -> tuple[date, int | None] | str:
        try:
            return rules.read_day(text, self.zone, self.today)
        except rules.NoReadableDate as error:
            return str(error)

    def _store(
        self,
        prepared: Prepared,
        days: DayArray,
        hours: Sequence[int | None],
        kept: IndexArray,
    ) -> None:
        lon, lat = self.chunk.lon[kept], self.chunk.lat[kept]
        has_coordinates = np.isfinite(lon)
        is_ambiguous = _mapped(self._kept_texts("n_prefix", kept), rules.is_ambiguous_prefix)
        where = locate(lon, lat, self.boundary)
        flag = rules.flag_rows(has_coordinates, where.is_in_city, is_ambiguous)
        classes = [rules.class_word(text) for text in self._kept_texts("class", kept)]
        words, codes = np.unique(np.array(classes), return_inverse=True)
        block = Block(
            source_id=self._source_ids(kept),
            occurred_on=days,
            hour=self._hours(prepared, hours, kept),
            class_code=codes.astype(np.int16),
            class_words=tuple(map(str, words)),
            lon=lon,
            lat=lat,
            x_m=where.x_m,
            y_m=where.y_m,
            district_1959=where.district_1959,
            district_2023=where.district_2023,
            flag=flag,
        )
        first_on, last_on = days.min().item(), days.max().item()
        prepared.blocks.append(StoredBlock(block.to_bytes(), len(block), first_on, last_on))
        self._count(prepared, block)

    def _count(self, prepared: Prepared, block: Block) -> None:
        prepared.accepted += int(np.count_nonzero(block.flag == rules.NO_FLAG))
        for i, reason in enumerate(rules.FLAGS, start=1):
            prepared.flagged[reason] += int(np.count_nonzero(block.flag == i))
        counts = np.bincount(block.class_code, minlength=len(block.class_words))
        prepared.classes.update(dict(zip(block.class_words, counts.tolist(), strict=True)))
        outside = block.flag == 1 + rules.FLAGS.index("outside_city")
        prepared.swapped += int(
            np.count_nonzero(is_in_service_area(block.lat[outside], block.lon[outside]))
        )

    def _hours(
        self, prepared: Prepared, in_date: Sequence[int | None], kept: IndexArray
    ) -> SmallArray:
        known: dict[str, int | None] = {}
        hours = np.full(len(kept), NO_HOUR, dtype=np.int8)
        for i, text in enumerate(self._kept_texts("time", kept)):
            if text not in known:
                known[text] = rules.read_hour(text)
            hour = known[text]
            if hour is None and text.strip():
                prepared.unreadable_hours += 1
            hour = in_date[i] if hour is None else hour
            hours[i] = NO_HOUR if hour is None else hour
        return hours

    def _source_ids(self, kept: IndexArray) -> list[str]:
        numbers = self.chunk.numbers
        if "id" not in self.columns:
            return [f"row {numbers[i]}" for i in kept]
        texts = self._texts("id")
        return [texts[i] or f"row {numbers[i]}" for i in kept]

    def _texts(self, name: str) -> Sequence[str]:
        column = self.columns.get(name)
        return self.chunk.columns[column] if column else [""] * len(self.chunk.numbers)

    def _kept_texts(self, name: str, kept: IndexArray) -> Sequence[str]:
        texts = self._texts(name)
        return texts if len(kept) == len(texts) else [texts[i] for i in kept]


def _mapped(texts: Sequence[str], decide: Callable[[str], bool]) -> rules.Flags:
    known = {text: decide(text) for text in set(texts)}
    return np.fromiter((known[text] for text in texts), dtype=np.bool_, count=len(texts))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
