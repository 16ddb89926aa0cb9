"""Make data/streets.parquet again from the city's centre lines.

    python -m tools.prepare_streets SOURCE OUT

SOURCE is any vector file with the city's columns (the pinned one is named in data/README.md); OUT
is GeoParquet: one row a centre line in the source's order, EPSG:4326, WKB, six decimals. Values
are those of the source; only columns nobody reads are left out. The same source and the same
pinned libraries give the same bytes.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

TEXT_COLUMNS = ("fullname", "dirpre", "feanme", "featype", "dirsuf")
CLASS_COLUMNS = ("subtype_label", "sha_class_label")
NUMBER_COLUMNS = ("fraddl", "toaddl", "fraddr", "toaddr", "block_num")


def read_source(source: Path) -> pa.Table:
    """The kept columns of the source, with the geometry as WKB.

    Raises:
        ValueError: the source is not in longitude and latitude.
    """
    name = f"/vsigzip/{source}" if source.suffix == ".gz" else str(source)
    meta, _, wkb, values = pyogrio.raw.read(
        name, columns=["sid", *TEXT_COLUMNS, *CLASS_COLUMNS, *NUMBER_COLUMNS, "len_m"]
    )
    if meta["crs"] not in ("EPSG:4326", "OGC:CRS84"):
        raise ValueError(f"{source} is in {meta['crs']}; longitude and latitude are needed")
    column = dict(zip(meta["fields"], values, strict=True))
    lines = shapely.set_precision(shapely.from_wkb(wkb), 1e-6, mode="pointwise")
    arrays = {"sid": pa.array(column["sid"].astype(np.int32))}
    for name in TEXT_COLUMNS + CLASS_COLUMNS:
        arrays[name] = pa.array(column[name], pa.string()).dictionary_encode()
    for name in NUMBER_COLUMNS:
        arrays[name] = pa.array(column[name].astype(np.int32))
    arrays["len_m"] = pa.array(column["len_m"])
    arrays["geometry"] = pa.array(shapely.to_wkb(lines, byte_order=1), pa.binary())
    return pa.table(arrays).replace_schema_metadata({"geo": json.dumps(geo_metadata(lines))})


def geo_metadata(lines: np.ndarray) -> dict:
    """The GeoParquet 1.1 header; without "crs" it means longitude, latitude (OGC:CRS84)."""
    return {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": sorted({line.geom_type for line in lines}),
                "bbox": [round(value, 6) for value in shapely.total_bounds(lines).tolist()],
            }
        },
    }


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("Usage: python -m tools.prepare_streets SOURCE OUT")
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    table = read_source(source)
    pq.write_table(table, out, compression="zstd", compression_level=19)
    print(f"{out}: {table.num_rows} centre lines, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
