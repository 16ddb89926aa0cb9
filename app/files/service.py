"""Open a table that an operator names: CSV, CSV.gz, Parquet, or a vector file of points."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from app.files.arrow import read_geoparquet, texts
from app.files.delimited import read_delimited
from app.files.gdal import GDAL_SUFFIXES, read_with_gdal
from app.files.geojson import read_geojson
from app.files.tables import (
    ROWS_A_CHUNK,
    Chunk,
    MissingColumns,
    Opened,
    UnreadableFile,
    UnreadableRow,
    columns_there_are,
    coordinate_columns,
    degrees,
    find_column,
    unique_columns,
)

__all__ = [
    "Chunk",
    "MissingColumns",
    "Table",
    "UnreadableFile",
    "UnreadableRow",
    "columns_there_are",
    "find_column",
    "read_table",
]

DELIMITED_SUFFIXES = (".csv", ".tsv", ".txt")
GEOJSON_SUFFIXES = (".geojson", ".json")
PARQUET_SUFFIXES = (".parquet", ".geoparquet")


@dataclass(frozen=True)
class Table:
    """An open table; its chunks can be read once, while it is open."""

    path: Path
    columns: tuple[str, ...]
    """Names in the order of the file, without the geometry."""
    chunks: Iterator[Chunk]


@contextmanager
def read_table(path: Path | str, *, named: Mapping[str, str] | None = None) -> Iterator[Table]:
    """Open a table of points for reading in chunks.

    What a file is follows its suffix, and its content has to agree. Only a regular file is opened:
    no address, no folder, no GDAL path.

    Args:
        named: `lon` and `lat` -> column, where the names lon/lng/long/longitude/x and
            lat/latitude/y do not find them. Vector files carry their own geometry.

    Raises:
        UnreadableFile: not a regular file, empty, damaged, of an unknown kind, without a CRS.
        MissingColumns: no columns for coordinates.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile(f"There is no file {path.name!r} to read.")
    if path.stat().st_size == 0:
        raise UnreadableFile(f"{path.name} is empty.")
    wanted = {field: name for field, name in (named or {}).items() if field in ("lon", "lat")}
    with _opened(path, wanted) as (columns, chunks):
        yield Table(path, columns, chunks)


@contextmanager
def _opened(path: Path, named: Mapping[str, str]) -> Iterator[Opened]:
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    suffix = (
        suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else "".join(suffixes[-1:])
    )
    if suffix in DELIMITED_SUFFIXES:
        with read_delimited(path, named) as opened:
            yield opened
    elif suffix in GEOJSON_SUFFIXES:
        with read_geojson(path) as opened:
            yield opened
    elif suffix in PARQUET_SUFFIXES:
        with _read_parquet(path, named) as opened:
            yield opened
    elif suffix in GDAL_SUFFIXES:
        with read_with_gdal(path) as opened:
            yield opened
    else:
        raise UnreadableFile(
            f"{path.name} is of a kind that is not read here. Use CSV (also .csv.gz), Parquet, "
            "GeoJSON, GeoPackage (.gpkg), Shapefile (.shp), KML or FlatGeobuf (.fgb)."
        )


@contextmanager
def _read_parquet(path: Path, named: Mapping[str, str]) -> Iterator[Opened]:
    try:
        parquet = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(f"{path.name} is damaged or is not a Parquet file.") from error
    with parquet:
        about = (parquet.schema_arrow.metadata or {}).get(b"geo")
        if about is not None:
            with read_geoparquet(path, parquet, json.loads(about)) as opened:
                yield opened
            return
        names = parquet.schema_arrow.names
        columns = unique_columns(names, path.name)
        coordinates = coordinate_columns(columns, named, path.name)
        yield columns, _parquet_chunks(parquet, columns, coordinates, path.name)


def _parquet_chunks(
    parquet: pq.ParquetFile, columns: tuple[str, ...], coordinates: tuple[str, str], name: str
) -> Iterator[Chunk]:
    read, row_count = 0, parquet.metadata.num_rows
    try:
        for batch in parquet.iter_batches(batch_size=ROWS_A_CHUNK):
            cells = {c: texts(batch.column(i)) for i, c in enumerate(columns)}
            lon, lat, not_degrees = degrees(cells[coordinates[0]], cells[coordinates[1]])
            read += batch.num_rows
            numbers = range(read - batch.num_rows + 1, read + 1)
            yield Chunk(numbers, cells, lon, lat, (), read / row_count, not_degrees)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(f"{name} is damaged: its rows cannot be read.") from error
