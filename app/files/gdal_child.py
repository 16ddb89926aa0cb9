"""Reads one vector file in a process of its own; run as a script, imports nothing of the service.

GDAL is C++ that guesses formats by content: a file named .gpkg may be an instruction to open
another file or address. So this process has only the drivers of ALLOWED, bounded memory and time,
and a path in a private folder that the caller made. It writes the rows as Arrow IPC.
"""

import json
import os
import resource
import sys

ALLOWED = ("ESRI Shapefile", "GPKG", "KML", "LIBKML", "FlatGeobuf")
MEMORY_BYTES = 6 * 1024**3
CPU_SECONDS = 300
_READY = "LEAD_GDAL_DRIVERS_CHOSEN"


def main(source: str, target: str) -> None:
    """Copy the only layer of `source` to `target` (Arrow IPC, geometry as WKB)."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _READY not in os.environ:
        _restart_with_allowed_drivers_only()
    import pyarrow
    import pyogrio

    if set(pyogrio.list_drivers()) - set(ALLOWED):
        raise SystemExit("drivers beyond the allowed ones are loaded")
    layers = [name for name, kind in pyogrio.list_layers(source) if kind is not None]
    if len(layers) != 1:
        _answer({"layers": [str(name) for name in layers]})
        return
    with pyogrio.raw.open_arrow(source, layer=layers[0], use_pyarrow=True) as (meta, reader):
        geometry = meta["geometry_name"] or "wkb_geometry"
        schema = reader.schema.with_metadata(None)
        with pyarrow.OSFile(target, "wb") as out, pyarrow.ipc.new_file(out, schema) as writer:
            for batch in reader:
                writer.write_batch(batch.replace_schema_metadata(None))
    _answer({"crs": meta["crs"], "geometry": geometry})


def _answer(members: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(members) + "\n")


def _restart_with_allowed_drivers_only() -> None:
    """Start again with the other drivers in OGR_SKIP, which GDAL reads only when it loads."""
    import pyogrio

    skipped = [name for name in pyogrio.list_drivers() if name not in ALLOWED]
    os.environ.update({"OGR_SKIP": ",".join(skipped), _READY: "1"})
    os.execv(  # noqa: S606 - our own script again, no shell
        sys.executable, [sys.executable, "-I", *sys.argv]
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
