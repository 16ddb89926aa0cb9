"""Operator commands over imported incident sets."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.table import Table

from app.audit.service import operator, record_listing
from app.db import reading, unit_of_work
from app.incidents import service
from app.web.commands import clock, explains_errors, json_option, print_table, progress_bar
from app.web.context import lead

cli = AppGroup("incidents", help="Import, list and remove sets of incidents for maps and plans.")


def _column_pairs(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, separator, column = value.partition("=")
        if not separator or not name.strip() or not column:
            raise click.BadParameter(f"{value!r} is not FIELD=NAME, like date=report_date")
        pairs[name.strip()] = column
    try:
        return service.named_columns(pairs)
    except service.UnknownField as error:
        raise click.BadParameter(error.detail) from error


def _set_name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        service.require_readable_name(value)
    except service.InvalidDataset as error:
        raise click.BadParameter(error.detail) from error
    return value


@cli.command("import")
@click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--dataset", "name", required=True, callback=_set_name, help="Name of the set.")
@click.option("--public-record", is_flag=True, help="Maps may show exact counts; needs --licence.")
@click.option("--licence", default="", help="The licence the set may be shown under.")
@click.option("--replace", is_flag=True, help="Put this file in the place of the set's rows.")
@click.option(
    "--column",
    "named",
    multiple=True,
    metavar="FIELD=NAME",
    callback=_column_pairs,
    help=f"Which column holds a field; again for each. Fields: {', '.join(service.FIELDS)}.",
)
@click.option(
    "--rejected",
    "rejected_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rejected rows go; FILE.rejected.csv by default.",
)
@json_option
@explains_errors
def import_(
    *,
    path: Path,
    name: str,
    public_record: bool,
    licence: str,
    replace: bool,
    named: dict[str, str],
    rejected_path: Path | None,
    as_json: bool,
) -> None:
    """Import the rows of FILE (CSV, CSV.gz, Parquet or a vector file) as a set.

    Needed are columns for lon, lat (degrees) and a date (2013-01-31, or month first 1/31/2013).
    Every row is accepted, flagged and left off maps (no_coordinates, outside_city,
    ambiguous_address), or rejected (no readable date) into a file beside. A set is personal,
    with small counts withheld on maps, unless it is a public record.
    """
    if public_record and not licence.strip():
        raise click.UsageError("--public-record needs --licence TEXT.")
    with reading() as session:
        service.require_free_name(session, name, is_replaced=replace)
    rejected_path = rejected_path or path.with_name(path.name + ".rejected.csv")
    with progress_bar(f"Reading {path.name}") as progress:
        prepared = service.read_file(
            path,
            named=named,
            rejected_path=rejected_path,
            zone=lead().settings.site_zone,
            now=clock(),
            progress=progress,
        )
    with unit_of_work() as session:
        stored = service.store(
            session,
            prepared,
            name=name,
            is_public_record=public_record,
            licence=licence,
            is_replaced=replace,
            actor=operator(),
            now=clock(),
        )
    for note in _notes(prepared, stored, rejected_path):
        click.echo(note, err=True)
    click.echo(_counts_as_json(stored) if as_json else _counts_as_text(stored))


@cli.command("list")
@json_option
@explains_errors
def list_(as_json: bool) -> None:
    """List the sets."""
    with unit_of_work() as session:
        found = service.datasets(session)
        record_listing(session, "incidents", now=clock())
    if as_json:
        click.echo(json.dumps({"datasets": [_as_json(info) for info in found]}))
    elif not found:
        click.echo("No sets are imported.")
    else:
        table = Table("set", "kind", "rows", "on maps", "first", "last", "imported", "licence")
        for info in found:
            table.add_row(
                info.name,
                "public record" if info.is_public_record else "personal",
                f"{info.row_count:,}",
                f"{info.accepted_count:,}",
                str(info.first_on or ""),
                str(info.last_on or ""),
                f"{info.imported_at_utc:%Y-%m-%d %H:%M} UTC",
                info.licence,
            )
        print_table(table)


@cli.command("remove")
@click.argument("name")
@json_option
@explains_errors
def remove(name: str, as_json: bool) -> None:
    """Delete the set NAME and all its incidents."""
    with unit_of_work() as session:
        removed = service.remove(session, name, actor=operator(), now=clock())
    if as_json:
        click.echo(json.dumps({"removed": removed.name, "rows": removed.row_count}))
    else:
        click.echo(f"Removed {removed.name}: {removed.row_count:,} rows.")


def _notes(
    prepared: service.Prepared, stored: service.DatasetInfo, rejected_path: Path
) -> Iterator[str]:
    """What the operator should know besides the counts; no row's content."""
    if prepared.rejected:
        yield f"{_rows(prepared.rejected)} rejected, with reasons: {rejected_path}"
    if prepared.swapped:
        yield (
            f"{_rows(prepared.swapped)} outside the city would lie in it with lat and lon "
            "exchanged: they look swapped. Import again with --column lon=NAME --column lat=NAME."
        )
    if prepared.not_degrees:
        yield (
            f"{_rows(prepared.not_degrees)} with coordinates that are no degrees, counted as "
            "no_coordinates. Degrees are needed, like lon -76.62 and lat 39.29."
        )
    if prepared.unreadable_hours:
        yield f"{prepared.unreadable_hours:,} times of day could not be read and were left out."
    if not stored.is_public_record:
        yield "The set is personal: maps withhold small counts and use whole months."


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _counts_as_json(stored: service.DatasetInfo) -> str:
    return json.dumps(
        {
            "accepted": stored.accepted_count,
            "rejected": stored.rejected_count,
            "flagged": dict(stored.flag_counts),
        }
    )


def _counts_as_text(stored: service.DatasetInfo) -> str:
    flags = ", ".join(f"{reason} {n:,}" for reason, n in stored.flag_counts.items()) or "none"
    total = stored.row_count + stored.rejected_count
    return (
        f"{stored.name}: {total:,} rows read, {stored.accepted_count:,} accepted, "
        f"{stored.rejected_count:,} rejected, flagged: {flags}."
    )


def _as_json(info: service.DatasetInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "public_record": info.is_public_record,
        "licence": info.licence,
        "rows": info.row_count,
        "accepted": info.accepted_count,
        "rejected": info.rejected_count,
        "flagged": dict(info.flag_counts),
        "classes": list(info.classes),
        "first_on": info.first_on.isoformat() if info.first_on else None,
        "last_on": info.last_on.isoformat() if info.last_on else None,
        "data_version": info.data_version,
        "source": info.source_name,
        "imported_at": info.imported_at_utc.isoformat(),
    }
