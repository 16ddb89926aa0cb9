"""Operator commands over the criteria: load, list, publish."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from app.audit.service import operator, record_listing
from app.db import unit_of_work
from app.screening import service
from app.web.commands import clock, explains_errors, json_option

cli = AppGroup("criteria", help="The dated rules that say who LEAD is for.")


@cli.command("load")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@explains_errors
def load(path: Path, as_json: bool) -> None:
    """Check PATH (YAML) and keep it as a draft; `publish` puts it in force."""
    with unit_of_work() as session:
        version = service.load_criteria(session, path, actor=operator(), now=clock())
    if as_json:
        click.echo(json.dumps(_as_json(version)))
    elif version.is_draft:
        click.echo(f"{version.label} is loaded as a draft. Publish it to put it in force.")
    else:
        click.echo(f"{version.label} is published already; the file has not changed.")


@cli.command("publish")
@click.argument("name", required=False)
@json_option
@explains_errors
def publish(name: str | None, as_json: bool) -> None:
    """Put a draft in force by its dates.

    NAME is a version as `list` shows it, or a set for its newest draft; it may be left out while
    only one set has drafts.
    """
    with unit_of_work() as session:
        version = service.publish(session, name, actor=operator(), now=clock())
    if as_json:
        click.echo(json.dumps(_as_json(version)))
    else:
        click.echo(f"{version.label} is published, in force from {_day(version)}.")


@cli.command("list")
@json_option
@explains_errors
def list_versions(as_json: bool) -> None:
    """Show every loaded version with its dates and state."""
    with unit_of_work() as session:
        found = service.versions(session)
        record_listing(session, "criteria", now=clock())
    if as_json:
        click.echo(json.dumps({"versions": [_as_json(version) for version in found]}))
        return
    if not found:
        click.echo("No criteria are loaded.")
    for version in found:
        state = "draft" if version.is_draft else "published"
        click.echo(f"{version.label}  {state}  from {_day(version)}  {version.source_document}")


def _day(version: service.CriteriaVersionInfo) -> str:
    return version.effective_from.isoformat()


def _as_json(version: service.CriteriaVersionInfo) -> dict[str, object]:
    ends = version.effective_to
    return {
        "label": version.label,
        "set_id": version.set_id,
        "number": version.number,
        "effective_from": version.effective_from.isoformat(),
        "effective_to": ends.isoformat() if ends else None,
        "source_document": version.source_document,
        "state": "draft" if version.is_draft else "published",
    }
