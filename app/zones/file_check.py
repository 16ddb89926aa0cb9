"""Check every row of a table against the zone, in chunks: memory does not grow with the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isnan
from pathlib import Path

import numpy as np

from app.errors import InvalidInput
from app.files.service import Chunk, Table, read_table
from app.geo.coords import Floats, is_in_service_area
from app.geo.zone_index import ZoneIndex, ZoneStatus
from app.zones.table_writers import Row, open_writer

NO_LOCATION = "no_location"
FAILED = "failed"
ADDED_COLUMNS = ("zone_status", "distance_to_boundary_m", "nearest_street")
DISTANCE = ADDED_COLUMNS.index("distance_to_boundary_m")
DECIMALS = 3
"""Distances in files are given to the millimetre."""


class SameFile(InvalidInput):
    """The result would overwrite what is being read."""

    code = "same_file"


@dataclass(frozen=True)
class FileCheck:
    """What was found in a whole file. Every row is counted under one of the last four."""

    rows: int
    inside: int
    outside: int
    no_location: int
    failed: int
    """Rows that could not be read."""
    far_away: int
    """Of those outside: in no part of the city."""
    looks_swapped: int
    """Of those: in the city if latitude and longitude were exchanged."""
    added_columns: tuple[str, ...]


def check_file(
    source: Path,
    target: Path,
    index: ZoneIndex,
    *,
    tell: Callable[[float], None] = lambda share: None,
) -> FileCheck:
    """Write `target`: all rows and columns of `source` and where each row lies.

    Coordinates alone decide; a row is never `uncertain`. The kind of the target follows its
    suffix: .csv, .csv.gz, .geojson or .gpkg. The target appears only when it is complete.

    Args:
        tell: called with the share that is done, 0 to 1.

    Raises:
        UnreadableFile: the source is damaged or of an unknown kind.
        MissingColumns: the source has no columns for coordinates.
        UnknownKind: the target's suffix is not one of the four.
        SameFile: source and target are one file.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise SameFile("IN and OUT are the same file. Name another file for the result.")
    counts = dict.fromkeys((*ZoneStatus, NO_LOCATION, FAILED), 0)
    far_away = looks_swapped = 0
    with read_table(source) as table:
        added = _free_names(table)
        columns = (*table.columns, *added)
        with open_writer(target, columns, numbers={added[DISTANCE]}) as write:
            for chunk in table.chunks:
                status, distance_m, street = _located(chunk, index)
                for word, count in zip(*np.unique(status, return_counts=True), strict=True):
                    counts[str(word)] += int(count)
                counts[FAILED] += len(chunk.unreadable)
                far_away += _count_far(chunk.lon, chunk.lat)
                looks_swapped += int(is_in_service_area(chunk.lat, chunk.lon).sum())
                write(_rows(table, chunk, (status, distance_m, street)))
                tell(chunk.share_read)
    return FileCheck(
        rows=sum(counts.values()),
        inside=counts[ZoneStatus.INSIDE],
        outside=counts[ZoneStatus.OUTSIDE],
        no_location=counts[NO_LOCATION],
        failed=counts[FAILED],
        far_away=far_away,
        looks_swapped=looks_swapped,
        added_columns=added,
    )


def _located(chunk: Chunk, index: ZoneIndex) -> tuple[list[str], list[str], list[str]]:
    """Three texts a row: status, distance, street."""
    n = chunk.lon.size
    is_there = ~(np.isnan(chunk.lon) | np.isnan(chunk.lat))
    found = index.locate_many(chunk.lon[is_there], chunk.lat[is_there])
    status = np.full(n, NO_LOCATION, dtype=object)
    distance_m, street = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    status[is_there] = found.status
    distance_m[is_there] = [f"{d:.{DECIMALS}f}" for d in found.distance_to_boundary_m.tolist()]
    street[is_there] = [name or "" for name in found.nearest_street]
    return status.tolist(), distance_m.tolist(), street.tolist()


def _rows(
    table: Table, chunk: Chunk, answers: tuple[list[str], list[str], list[str]]
) -> Iterator[Row]:
    """Readable and unreadable rows in the order of the file."""
    cells = zip(*(chunk.columns[name] for name in table.columns), *answers, strict=True)
    lon, lat = chunk.lon.tolist(), chunk.lat.tolist()
    unreadable = iter(chunk.unreadable)
    bad = next(unreadable, None)
    for number, row, x, y in zip(chunk.numbers, cells, lon, lat, strict=True):
        while bad is not None and bad.number < number:
            yield _unreadable(bad.cells, len(table.columns))
            bad = next(unreadable, None)
        yield Row(row, None if isnan(x) or isnan(y) else (x, y))
    while bad is not None:
        yield _unreadable(bad.cells, len(table.columns))
        bad = next(unreadable, None)


def _unreadable(cells: tuple[str, ...], width: int) -> Row:
    """What was found, the word `failed` in its column, and what is too much after it."""
    known = (*cells[:width], *[""] * (width - len(cells)))
    return Row((*known, FAILED, "", "", *cells[width:]), None)


def _count_far(lon: Floats, lat: Floats) -> int:
    is_there = ~(np.isnan(lon) | np.isnan(lat))
    return int((is_there & ~is_in_service_area(lon, lat)).sum())


def _free_names(table: Table) -> tuple[str, ...]:
    """The names of the added columns; one that the file has already gets a number."""
    taken = {name.casefold() for name in table.columns}
    names = []
    for name in ADDED_COLUMNS:
        free, number = name, 2
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        names.append(free)
    return tuple(names)
