"""GeoPackage, Shapefile, KML and FlatGeobuf, read by a child process (gdal_child.py)."""

import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from app.files.arrow import arrow_table, crs_of
from app.files.delimited import explained
from app.files.tables import (
    Opened,
    UnreadableFile,
)

CHILD_TIMEOUT_S = 600
GDAL_SUFFIXES = (".gpkg", ".shp", ".kml", ".fgb")
SHAPEFILE_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")


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
        crs = crs_of(answer.get("crs"), path.name)
        with pa.memory_map(str(target)) as mapped, pa.ipc.open_file(mapped) as reader:
            batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
            yield arrow_table(
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
