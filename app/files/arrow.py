"""Points in Arrow tables: GeoParquet, and what the child process hands over."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from app.files.tables import (
    ROWS_A_CHUNK,
    Chunk,
    FloatArray,
    Opened,
    UnreadableFile,
    on_earth,
    unique_columns,
)


def crs_of(text: str | None, name: str) -> CRS:
    """The coordinate system that a file says it is in.

    Raises:
        UnreadableFile: it says none.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise UnreadableFile(
            f"{name} does not say its coordinate system. Export it again with one, "
            "or as lon/lat (EPSG:4326)."
        ) from error


def arrow_table(
    schema: pa.Schema,
    batches: Iterator[pa.RecordBatch],
    geometry: str,
    *,
    crs: CRS,
    file_name: str,
    row_count: int | None = None,
) -> Opened:
    """Columns and chunks of record batches whose column `geometry` is WKB in `crs`."""
    names = [name for name in schema.names if name != geometry]
    columns = unique_columns(names, file_name)

    def chunks() -> Iterator[Chunk]:
        read = 0
        for batch in batches:
            try:
                batch.validate(full=True)
            except pa.ArrowInvalid as error:
                raise UnreadableFile(f"{file_name} is damaged: its rows cannot be read.") from error
            lon, lat = _lon_lat(batch.column(geometry), crs)
            cells = {c: texts(batch.column(n)) for c, n in zip(columns, names, strict=True)}
            read += batch.num_rows
            numbers = range(read - batch.num_rows + 1, read + 1)
            yield Chunk(numbers, cells, lon, lat, (), read / row_count if row_count else 0.5)

    return columns, chunks()


def _lon_lat(wkb: pa.Array, crs: CRS) -> tuple[FloatArray, FloatArray]:
    """Points in WGS 84; NaN for a missing, empty or other geometry."""
    geometries = shapely.from_wkb(np.array(wkb.to_pylist(), dtype=object), on_invalid="ignore")
    kinds = shapely.get_type_id(geometries)
    singles = np.where(
        (kinds == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(geometries) == 1),
        shapely.get_geometry(geometries, 0),
        geometries,
    )
    x, y = shapely.get_x(singles), shapely.get_y(singles)  # NaN unless a point
    if not crs.equals(CRS.from_epsg(4326), ignore_axis_order=True):
        x, y = Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
    return on_earth(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))


def texts(column: pa.Array) -> list[str]:
    """The values as text, exactly; "" for a missing one."""
    try:
        as_text = pc.cast(column, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return [_text_of_any(value) for value in column.to_pylist()]
    return ["" if value is None else value for value in as_text.to_pylist()]


def _text_of_any(value: object) -> str:
    return "" if value is None else str(value)


@contextmanager
def read_geoparquet(path: Path, parquet: pq.ParquetFile, about: dict[str, Any]) -> Iterator[Opened]:
    """A GeoParquet file whose primary column is WKB. `about` is its `geo` metadata.

    Raises:
        UnreadableFile: another encoding of geometry.
    """
    geometry = about.get("primary_column", "")
    column = about.get("columns", {}).get(geometry, {})
    if column.get("encoding") != "WKB" or geometry not in parquet.schema_arrow.names:
        raise UnreadableFile(f"{path.name} keeps geometry in another way than WKB. Save it as CSV.")
    crs = column.get("crs", "OGC:CRS84")  # the specification's default
    batches = parquet.iter_batches(batch_size=ROWS_A_CHUNK)
    yield arrow_table(
        parquet.schema_arrow,
        batches,
        geometry,
        crs=crs_of(crs if isinstance(crs, str) else json.dumps(crs), path.name),
        file_name=path.name,
        row_count=parquet.metadata.num_rows,
    )
