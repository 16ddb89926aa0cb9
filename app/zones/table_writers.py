"""Write a table of texts row by row: CSV, CSV.gz, GeoJSON or GeoPackage, by the file's suffix."""

import csv
import gzip
import io
import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import geopandas
import numpy as np
import pandas as pd
import shapely

from app.errors import InvalidInput
from app.geo.coords import EPSG_WGS84

GZIP_LEVEL = 6
LAYER = "zone_check"


class UnknownKind(InvalidInput):
    """No file of this kind is written."""

    code = "unknown_kind"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, and its place (lon, lat in EPSG:4326) where it has one."""

    cells: Sequence[str]
    lonlat: tuple[float, float] | None


Write = Callable[[Iterable[Row]], None]


@contextmanager
def open_writer(
    target: Path, columns: Sequence[str], *, numbers: Collection[str] = ()
) -> Iterator[Write]:
    """Give a function that takes rows; the file is there, complete, after the block.

    When the block fails, an older file of that name stays as it was.

    Args:
        numbers: columns that are numbers (or null) in a file whose columns have kinds.

    Raises:
        UnknownKind: the suffix is none of .csv, .csv.gz, .geojson, .gpkg.
    """
    kind = next((kind for kind in _KINDS if target.name.casefold().endswith(kind)), None)
    if kind is None:
        raise UnknownKind(f"{target.name} must end in one of: {', '.join(_KINDS)}.")
    if not target.parent.is_dir():
        raise UnknownKind(f"There is no folder {target.parent.name!r} to write {target.name} to.")
    with tempfile.TemporaryDirectory(prefix=".lead-", dir=target.parent) as folder:
        unfinished = Path(folder) / target.name
        with _KINDS[kind](unfinished, columns, numbers) as write:
            yield write
        os.replace(unfinished, target)


@contextmanager
def _csv(path: Path, columns: Sequence[str], _: Collection[str]) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as text:
        yield _csv_writer(text, columns)


@contextmanager
def _csv_gz(path: Path, columns: Sequence[str], _: Collection[str]) -> Iterator[Write]:
    # No name and no time in the header: the same rows give the same bytes.
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as zipped,
        io.TextIOWrapper(cast(IO[bytes], zipped), encoding="utf-8", newline="") as text,
    ):
        yield _csv_writer(text, columns)


def _csv_writer(text: io.TextIOBase | IO[str], columns: Sequence[str]) -> Write:
    writer = csv.writer(cast(IO[str], text), lineterminator="\n")
    writer.writerow(columns)
    return lambda rows: writer.writerows(row.cells for row in rows)


@contextmanager
def _geojson(path: Path, columns: Sequence[str], numbers: Collection[str]) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as text:
        text.write('{"type":"FeatureCollection","features":[')
        is_first = True

        def write(rows: Iterable[Row]) -> None:
            nonlocal is_first
            for row in rows:
                text.write("\n" if is_first else ",\n")
                text.write(_feature(row, columns, numbers))
                is_first = False

        yield write
        text.write("\n]}\n")


def _feature(row: Row, columns: Sequence[str], numbers: Collection[str]) -> str:
    geometry = None if row.lonlat is None else {"type": "Point", "coordinates": row.lonlat}
    properties: dict[str, Any] = dict(zip(columns, row.cells, strict=False))
    properties |= {name: float(properties[name]) if properties[name] else None for name in numbers}
    members = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def _gpkg(path: Path, columns: Sequence[str], numbers: Collection[str]) -> Iterator[Write]:
    kept: list[Row] = []
    yield kept.extend
    places = [row.lonlat or (np.nan, np.nan) for row in kept]
    lon, lat = np.array(places, dtype=np.float64).reshape(-1, 2).T
    points = shapely.points(lon, lat)
    points[np.isnan(lon)] = None
    cells = pd.DataFrame([row.cells[: len(columns)] for row in kept], columns=list(columns))
    for name in numbers:
        cells[name] = pd.to_numeric(cells[name]).astype(np.float64)
    # The layer's own key and geometry must not meet columns of the same names.
    key, geometry = _free_name("fid", columns), _free_name("geom", columns)
    cells[geometry] = pd.Series(points, dtype=object)
    frame = geopandas.GeoDataFrame(cells, geometry=geometry, crs=EPSG_WGS84)
    options = {"FID": key, "GEOMETRY_NAME": geometry}
    frame.to_file(path, driver="GPKG", layer=LAYER, engine="pyogrio", layer_options=options)


def _free_name(name: str, columns: Sequence[str]) -> str:
    taken = {column.casefold() for column in columns}
    while name in taken:
        name += "_"
    return name


_KINDS = {".csv": _csv, ".csv.gz": _csv_gz, ".geojson": _geojson, ".gpkg": _gpkg}
