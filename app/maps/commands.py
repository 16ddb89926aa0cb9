"""Operator commands over map layers."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from rich.console import Console

from app.audit import service as audit
from app.db import reading, unit_of_work
from app.errors import ReferralServiceError
from app.filters import InvalidFilter, RecordFilter
from app.maps import schemas, service
from app.web.commands import clock, explains_errors, json_option
from app.web.context import lead

cli = AppGroup("maps", help="Write map layers to files.")

VIEWER_ROLES = ("commander",)
"""An operator's file shows what a commander's map shows."""


class CannotWriteFile(ReferralServiceError):
    """The file could not be written where it was asked for."""

    code = "cannot_write_file"


def _filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Every parameter of the filter grammar as an option of the same name."""
    options = [
        click.option(
            f"--{parameter['name'].replace('_', '-')}",
            f"filter_{parameter['name']}",
            metavar="VALUE",
            help=parameter["description"],
        )
        for parameter in reversed(schemas.FILTER_PARAMETERS)
    ]
    return reduce(lambda made, option: option(made), options, command)


@cli.command("export")
@click.argument("layer", type=click.Choice(service.ALL_LAYERS))
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; its suffix (geojson, gpkg, csv, png, html) chooses the format.",
)
@_filter_options
@json_option
@explains_errors
def export(layer: str, out: Path, as_json: bool, **filters: str | None) -> None:
    """Write LAYER to a file, as a commander would see it."""
    suffix = out.suffix.lstrip(".").lower()
    service.require_layer(layer)
    asked = _asked(suffix, filters)
    is_demonstration = lead().settings.is_demonstration
    with _waiting(f"Making {layer}"), reading() as session:
        made = service.map_layer(
            session,
            layer,
            asked,
            viewer_roles=VIEWER_ROLES,
            now=clock(),
            is_demonstration=is_demonstration,
        )
        content, _ = service.export(made, suffix)
    _write(out, content)
    with unit_of_work() as session:
        audit.record(
            session,
            "maps.exported",
            actor=audit.operator(),
            subject_kind="map_layer",
            subject_id=layer,
            now=clock(),
            details={
                "format": suffix,
                "filters": {k: v for k, v in made.metadata["filters"].items() if k != "bbox"},
            },
        )
    answer = {"layer": layer, "file": str(out), "bytes": len(content), "features": len(made)}
    answer |= {"n": made.metadata["n"], "unmapped": made.metadata["unmapped"]}
    click.echo(
        json.dumps(answer | {"filters": made.metadata["filters"]})
        if as_json
        else f"Wrote {out}: {layer}, n = {made.metadata['n_label']}. {made.metadata['caption']}"
    )


def _asked(suffix: str, filters: dict[str, str | None]) -> RecordFilter:
    """The filter the options name; what cannot be read is a wrong argument (exit 2)."""
    try:
        service.require_format(suffix)
        return RecordFilter.parse(
            {name.removeprefix("filter_"): value for name, value in filters.items()}
        )
    except (InvalidFilter, service.UnknownFormat) as error:
        raise click.UsageError(error.detail) from error


def _write(path: Path, content: bytes) -> None:
    """Put the file in place whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
            part.write(content)
        Path(part.name).chmod(0o640)
        os.replace(part.name, path)
    except OSError as error:
        raise CannotWriteFile(
            f"{path} could not be written ({error.strerror}). Choose another folder."
        ) from error


@contextmanager
def _waiting(what: str) -> Iterator[None]:
    """Something that moves while it takes long, on a terminal only."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{what} ..."):
        yield
