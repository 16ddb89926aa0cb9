"""Operator commands over the zone: check places and files, load, list and export versions."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from rich.table import Table
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import operator, record_listing
from app.db import reading, site_zone_of, unit_of_work
from app.errors import InvalidInput
from app.geo.coords import LonLat
from app.geo.geojson import read_outline_file
from app.web.commands import clock, explains_errors, json_option, print_table, progress_bar
from app.web.context import lead
from app.zones import schemas, service
from app.zones.file_check import ADDED_COLUMNS, FileCheck, check_file

cli = AppGroup("zone", help="The programme's zone: check places, load and list versions.")

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@cli.command("check")
@click.option("--lat", type=float, required=True, help="WGS 84 degrees, like 39.2916.")
@click.option("--lon", type=float, required=True, help="WGS 84 degrees, like -76.6216.")
@click.option("--accuracy-m", type=float, help="Radius of the position's error in metres.")
@click.option("--at", "at_text", help="The moment that counts; a time with offset, or a date.")
@json_option
@explains_errors
def check(
    lat: float, lon: float, accuracy_m: float | None, at_text: str | None, as_json: bool
) -> None:
    """Say whether one place lies in the zone."""
    with _bad_arguments(), unit_of_work() as session:
        if accuracy_m is not None and not 0 <= accuracy_m < math.inf:
            raise InvalidInput("--accuracy-m must be a number of metres, 0 or more.")
        site_zone = site_zone_of(session)
        at = None if at_text is None else schemas.parse_moment(at_text, site_zone, "--at")
        answer = service.check(session, LonLat(lon, lat), accuracy_m=accuracy_m, at=at, now=clock())
        _audit(session, "zone.checked", answer.zone, {"status": answer.status.value})
    if as_json:
        click.echo(json.dumps(schemas.check_as_json(answer, site_zone)))
    else:
        click.echo(_sentence(answer))


@cli.command("check-file")
@click.argument("source", metavar="IN", type=existing_file)
@click.argument("target", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@explains_errors
def check_whole_file(source: Path, target: Path, as_json: bool) -> None:
    """Check every row of IN against the zone in force and write OUT.

    IN is CSV, CSV.gz with columns for lat and lon, Parquet, or a vector file of points. OUT is
    .csv, .csv.gz, .geojson or .gpkg. Every row and column is kept; added are zone_status (inside,
    outside, no_location, or failed for a row that could not be read), distance_to_boundary_m and
    nearest_street.
    """
    with reading() as session:
        zone = service.zone_in_force(session, clock())
    with _bad_arguments(), progress_bar(f"Checking {source.name}") as tell:
        found = check_file(source, target, service.index_of(zone), tell=tell)
    with unit_of_work() as session:
        _audit(session, "zone.file_checked", zone, _counts(found))
    _warn(found)
    if as_json:
        click.echo(json.dumps(_counts(found)))
    else:
        click.echo(
            f"{found.rows:,} rows: {found.inside:,} inside, {found.outside:,} outside, "
            f"{found.no_location:,} without a location, {found.failed:,} unreadable "
            f"(zone version {zone.version})."
        )


@cli.command("load")
@click.argument("path", type=existing_file)
@click.option("--effective-from", "from_text", required=True, help="A date, or a time with offset.")
@click.option("--name", help="The zone's name; by default the one in the file or the present one.")
@click.option("--source", help="Where the outline comes from; by default what the file says.")
@click.option("--licence", help="Its licence; by default what the file says.")
@click.option("--emergency", is_flag=True, help="Publish a new version without a second person.")
@click.option("--reason", help="Why it cannot wait; with --emergency.")
@json_option
@explains_errors
def load(
    path: Path,
    *,
    from_text: str,
    name: str | None,
    source: str | None,
    licence: str | None,
    emergency: bool,
    reason: str | None,
    as_json: bool,
) -> None:
    """Put the outline in PATH (GeoJSON, lon/lat) in place as version 1.

    Later versions need a second person's approval in planning, or --emergency and --reason.
    """
    if emergency != bool(reason and reason.strip()):
        raise click.UsageError("--emergency and --reason go together; say why it cannot wait.")
    geometry, about = read_outline_file(path)
    now = clock()
    with unit_of_work() as session:
        with _bad_arguments():
            effective_from = schemas.parse_moment(
                from_text, site_zone_of(session), "--effective-from"
            )
        described: dict[str, Any] = {
            "effective_from": effective_from,
            "actor": operator(),
            "now": now,
            "source": source or about.get("source") or f"file {path.name}",
            "licence": licence or about.get("licence") or "not stated",
        }
        if reason:
            zone = service.publish_emergency(
                session, geometry, reason=reason.strip(), name=name, **described
            )
        else:
            zone_name = name or about.get("name") or path.stem
            zone = service.publish_first(session, geometry, name=zone_name, **described)
    if effective_from < now and zone.version > 1:
        click.echo("It begins in the past: checks made since then keep their answers.", err=True)
    if as_json:
        click.echo(json.dumps(_summary(zone)))
    else:
        click.echo(f"{zone.name} is now version {zone.version}, from {_day(zone)}.")


@cli.command("list")
@json_option
@explains_errors
def list_versions(as_json: bool) -> None:
    """Show every version and from when to when it is in force."""
    with unit_of_work() as session:
        zones = service.versions(session)
        record_listing(session, "zone", now=clock())
    if as_json:
        click.echo(json.dumps({"zones": [_summary(zone) for zone in zones]}))
        return
    if not zones:
        click.echo("No zone is loaded.")
        return
    table = Table("Version", "Name", "From", "To", "Id")
    for zone in zones:
        summary = _summary(zone)
        table.add_row(
            str(zone.version),
            zone.name,
            str(summary["effective_from"]),
            str(summary["effective_to"] or ""),
            str(zone.id),
        )
    print_table(table)


@cli.command("export")
@click.option("--version", "number", type=int, help="By default the one in force now.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="By default printed.")
@explains_errors
def export(number: int | None, out: Path | None) -> None:
    """Write one version as GeoJSON (a Feature, lon/lat)."""
    with unit_of_work() as session:
        if number is None:
            zone = service.zone_in_force(session, clock())
        else:
            found = [zone for zone in service.versions(session) if zone.version == number]
            if not found:
                raise service.ZoneNotFound(f"There is no version {number}. See `zone list`.")
            zone = found[0]
        _audit(session, "zone.exported", zone, {})
    text = json.dumps(schemas.zone_as_feature(zone, lead().settings.site_zone), indent=1)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
        click.echo(f"Version {zone.version} written to {out.name}.")


@contextmanager
def _bad_arguments() -> Iterator[None]:
    """What is wrong with the arguments exits 2, as click's own refusals do."""
    try:
        yield
    except service.NoZoneInForce:
        raise
    except InvalidInput as error:
        raise click.UsageError(error.detail) from error


def _audit(
    session: Session, action: str, zone: service.ZoneVersion, details: dict[str, Any]
) -> None:
    audit.record(
        session,
        action,
        actor=operator(),
        subject_kind="zone",
        subject_id=zone.id,
        now=clock(),
        details=details,
    )


def _counts(found: FileCheck) -> dict[str, int]:
    return {
        "rows": found.rows,
        "inside": found.inside,
        "outside": found.outside,
        "no_location": found.no_location,
        "failed": found.failed,
    }


def _warn(found: FileCheck) -> None:
    if found.looks_swapped:
        click.echo(
            f"{found.looks_swapped:,} rows would lie in the city with lat and lon exchanged: "
            "look at the columns.",
            err=True,
        )
    elif found.far_away:
        click.echo(f"{found.far_away:,} rows lie beyond the city and count as outside.", err=True)
    if found.added_columns != ADDED_COLUMNS:
        click.echo(f"The added columns are {', '.join(found.added_columns)}.", err=True)


def _sentence(answer: service.ZoneCheck) -> str:
    words = {
        service.ZoneStatus.INSIDE: "Inside the zone",
        service.ZoneStatus.OUTSIDE: "Outside the zone",
        service.ZoneStatus.UNCERTAIN: "Too close to call",
    }[answer.status]
    street = f", nearest street {answer.nearest_street}" if answer.nearest_street else ""
    return (
        f"{words}: {answer.distance_to_boundary_m:.1f} m from the boundary{street} "
        f"({answer.zone.name}, version {answer.zone.version})."
    )


def _summary(zone: service.ZoneVersion) -> dict[str, Any]:
    properties = schemas.zone_as_feature(zone, lead().settings.site_zone)["properties"]
    dates = {name: properties[name] for name in ("effective_from", "effective_to")}
    return {"id": zone.id, "name": zone.name, "version": zone.version, **dates}


def _day(zone: service.ZoneVersion) -> datetime:
    return zone.effective_from_utc.astimezone(lead().settings.site_zone)
