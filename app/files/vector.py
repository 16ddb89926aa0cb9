"""Vector files: GeoJSON by our own reader, GeoPackage, Shapefile, KML and FlatGeobuf by a child."""

import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
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

from app.files.delimited import explained, open_bytes
from app.files.tables import (
    ROWS_A_CHUNK,
    Chunk,
    FloatArray,
    UnreadableFile,
    on_earth,
    unique_columns,
)

GEOJSON_LIMIT_BYTES = 200 * 1024 * 1024
CHILD_TIMEOUT_S = 600
GDAL_SUFFIXES = (".gpkg", ".shp", ".kml", ".fgb")
SHAPEFILE_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")
WGS84_NAMES = ("CRS84", "4326")

Opened = tuple[tuple[str, ...], Iterator[Chunk]]


@contextmanager
def read_geojson(path: Path) -> Iterator[Opened]:
    """A GeoJSON FeatureCollection (RFC 7946: lon/lat, WGS 84), plain or gzipped.

    Raises:
        UnreadableFile: broken JSON, no features, an old `crs` member other than WGS 84.
    """
    with explained(path), open_bytes(path) as (content, _):
        data = content.read(GEOJSON_LIMIT_BYTES + 1)
    if len(data) > GEOJSON_LIMIT_BYTES:
        raise UnreadableFile(f"{path.name} is larger than 200 MB. Save it as Parquet or CSV.")
    features = _features(data, path.name)
    columns = unique_columns(_property_names(features), path.name)
    yield columns, _geojson_chunks(features, columns)


def _features(data: bytes, name: str) -> list[dict[str, Any]]:
    try:
        collection = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{name} is not valid JSON in UTF-8.") from error
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise UnreadableFile(f"{name} is not a GeoJSON FeatureCollection.")
    crs = collection.get("crs")
    if crs is not None and not any(word in json.dumps(crs) for word in WGS84_NAMES):
        raise UnreadableFile(
            f"{name} says that it is not in lon/lat (WGS 84). GeoJSON is always lon/lat; "
            "export it again in EPSG:4326."
        )
    return features


def _property_names(features: Sequence[dict[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for f in features for name in (f.get("properties") or {}))
    if "id" not in names and any("id" in feature for feature in features):
        names["id"] = None
    return list(names)


def _geojson_chunks(features: Sequence[dict[str, Any]], columns: Sequence[str]) -> Iterator[Chunk]:
    for start in range(0, len(features), ROWS_A_CHUNK):
        part = features[start : start + ROWS_A_CHUNK]
        rows = [{"id": f.get("id"), **(f.get("properties") or {})} for f in part]
        cells = {name: [_text(row.get(name)) for row in rows] for name in columns}
        pairs = np.array([_position(f.get("geometry")) for f in part], dtype=np.float64)
        lon, lat = on_earth(pairs[:, 0], pairs[:, 1])
        numbers = range(start + 1, start + len(part) + 1)
        yield Chunk(numbers, cells, lon, lat, (), (start + len(part)) / len(features))


def _position(geometry: object) -> tuple[float, float]:
    """The lon, lat of a Point; NaN for anything else, since a line or an area is not a place."""
    nowhere = (np.nan, np.nan)
    if not isinstance(geometry, dict):
        return nowhere
    position = geometry.get("coordinates")
    if geometry.get("type") == "MultiPoint" and isinstance(position, list) and len(position) == 1:
        position = position[0]
    elif geometry.get("type") != "Point":
        return nowhere
    if not isinstance(position, list) or len(position) < 2:
        return nowhere
    if not all(type(value) in (int, float) for value in position[:2]):
        return nowhere
    try:
        return float(position[0]), float(position[1])
    except OverflowError:
        return nowhere


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@contextmanager
def read_with_gdal(path: Path) -> Iterator[Opened]:
    """A GeoPackage, Shapefile, KML or FlatGeobuf with one layer, read in a child process.

    Raises:
        UnreadableFile: damaged, no or several layers, no coordinate reference system.
    """
    with tempfile.TemporaryDirectory(prefix="lead-vector-") as folder:
        source = _linked(path, Path(folder))
        if path.suffix.casefold() == ".shp":
            _check_shapefile(path, source)
        if path.suffix.casefold() == ".kml":
            _check_kml(path)
        target = Path(folder) / "rows.arrow"
        answer = _run_child(source, target, path.name)
        crs = _crs(answer.get("crs"), path.name)
        with pa.memory_map(str(target)) as mapped, pa.ipc.open_file(mapped) as reader:
            batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
            yield _arrow_table(
                reader.schema, batches, answer["geometry"], crs=crs, file_name=path.name
            )


def _linked(path: Path, folder: Path) -> Path:
    """Links to the file, and a shapefile's parts, under names that mean nothing to GDAL."""
    suffixes = SHAPEFILE_PARTS if path.suffix.casefold() == ".shp" else (path.suffix,)
    beside = {part.suffix.casefold(): part for part in path.parent.glob(_literal(path.stem) + ".*")}
    for suffix in suffixes:
        part = beside.get(suffix.casefold())
        if part is not None and part.is_file():
            os.symlink(part.resolve(), folder / f"input{suffix.casefold()}")
    return folder / f"input{path.suffix.casefold()}"


def _literal(stem: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)


def _check_shapefile(path: Path, source: Path) -> None:
    """Refuse what GDAL would read as rows without geometry, or take for degrees.

    Lengths are those of the ESRI Shapefile Technical Description (1998) and of dBASE III.
    """
    if not source.with_suffix(".prj").exists():
        raise UnreadableFile(
            f"{path.name} has no .prj file beside it, so the units of its coordinates are unknown. "
            "Export it again with its coordinate system."
        )
    for suffix in (".dbf", ".shx"):
        if not source.with_suffix(suffix).exists():
            raise UnreadableFile(f"{path.name} needs its {suffix} file beside it.")
    with source.open("rb") as shp, source.with_suffix(".dbf").open("rb") as dbf:
        shp_header, dbf_header = shp.read(100), dbf.read(32)
    if len(shp_header) < 100 or len(dbf_header) < 32:
        raise UnreadableFile(f"{path.name} or its .dbf is cut short. Copy all its parts again.")
    said_bytes = 2 * struct.unpack(">i", shp_header[24:28])[0]
    rows = struct.unpack("<I", dbf_header[4:8])[0]
    header_bytes, row_bytes = struct.unpack("<HH", dbf_header[8:12])
    is_whole = (
        source.stat().st_size >= said_bytes
        and source.with_suffix(".dbf").stat().st_size >= header_bytes + rows * row_bytes
        and (source.with_suffix(".shx").stat().st_size - 100) // 8 == rows
    )
    if not is_whole:
        raise UnreadableFile(
            f"{path.name} is cut short: its parts do not agree on {rows:,} rows. "
            "Copy .shp, .shx and .dbf again."
        )


def _check_kml(path: Path) -> None:
    with explained(path):
        content = path.read_bytes()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableFile(f"{path.name} declares XML entities, which no KML needs. Remove them.")


def _run_child(source: Path, target: Path, name: str) -> dict[str, Any]:
    script = Path(__file__).with_name("gdal_child.py")
    environment = {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PATH": os.environ.get("PATH", ""),
        # the driver's own Arrow stream gives wrong offsets where a geometry is missing
        "OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES",
    }
    unreadable = UnreadableFile(f"{name} is damaged or is not the kind of file its name says.")
    try:
        done = subprocess.run(  # noqa: S603 - our own script, no shell
            [sys.executable, "-I", str(script), str(source), str(target)],
            env=environment,
            capture_output=True,
            timeout=CHILD_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableFile(f"{name} takes too long to read. Save it as CSV.") from error
    if done.returncode != 0:
        raise unreadable
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "layers" in answer:
        layers = ", ".join(answer["layers"]) or "none"
        raise UnreadableFile(
            f"{name} must hold exactly one layer with geometry; it holds: {layers}. "
            "Export the one you mean to a file of its own."
        )
    return answer


def _crs(text: str | None, name: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise UnreadableFile(
            f"{name} does not say its coordinate system. Export it again with one, "
            "or as lon/lat (EPSG:4326)."
        ) from error


def _arrow_table(
    schema: pa.Schema,
    batches: Iterator[pa.RecordBatch],
    geometry: str,
    *,
    crs: CRS,
    file_name: str,
    row_count: int | None = None,
) -> Opened:
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
    yield _arrow_table(
        parquet.schema_arrow,
        batches,
        geometry,
        crs=_crs(crs if isinstance(crs, str) else json.dumps(crs), path.name),
        file_name=path.name,
        row_count=parquet.metadata.num_rows,
    )
