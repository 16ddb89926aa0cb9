"""The operator's command that makes the base map from a street layer."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.console import Console

from app.audit import service as audit
from app.config import DATA
from app.db import unit_of_work
from app.maps import basemap
from app.web.commands import clock, explains_errors, json_option

cli = AppGroup("basemap", help="Make the base map of every map page.")


@cli.command("build")
@click.argument("streets", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; default: the one the service serves.",
)
@json_option
@explains_errors
def build(streets: Path, out: Path | None, as_json: bool) -> None:
    """Build the base map (PMTiles) from STREETS, a vector file of street centre lines.

    Names are read from the column fullname or name, classes from sha_class_label, class or highway.
    """
    out = out or DATA / basemap.FILE_NAME
    console = Console(stderr=True)
    with console.status("Cutting tiles ..."):
        built = basemap.build(streets, DATA, out)
    with unit_of_work() as session:
        audit.record(
            session,
            "basemap.built",
            actor=audit.operator(),
            subject_kind="basemap",
            subject_id=out.name,
            now=clock(),
            details={"streets": built.street_count, "bytes": built.size_bytes},
        )
    if as_json:
        answer = {
            "file": str(built.path),
            "bytes": built.size_bytes,
            "tiles": built.tile_count,
            "streets": built.street_count,
        }
        click.echo(json.dumps(answer))
        return
    size_mb = built.size_bytes / 1_000_000
    click.echo(f"{built.path}: {built.street_count} streets, {size_mb:.2f} MB.")
