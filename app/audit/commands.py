"""Operator commands over the audit record."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from app.audit import service
from app.db import reading, unit_of_work
from app.web.commands import clock, json_option

cli = AppGroup("audit", help="Check and copy out the chained audit record.")


def _parse_head(text: str | None) -> service.Head | None:
    if text is None:
        return None
    sequence, _, mac = text.partition(":")
    if not sequence.isdigit() or len(mac) != len(service.FIRST_MAC):
        raise click.BadParameter("a head looks like NUMBER:MAC, as `audit head` prints it")
    return service.Head(int(sequence), mac)


@cli.command("head")
@json_option
def head(as_json: bool) -> None:
    """Print the newest row's number and mac; keep it outside the database."""
    with unit_of_work() as session:
        service.record_listing(session, "audit_head", now=clock())
        newest = service.head(session)
    if as_json:
        click.echo(json.dumps({"sequence": newest.sequence, "mac": newest.mac}))
    else:
        click.echo(f"{newest.sequence}:{newest.mac}")


@cli.command("verify")
@click.option("--head", "kept", help="A head kept earlier, NUMBER:MAC; shows a cut tail.")
@json_option
def verify(kept: str | None, as_json: bool) -> None:
    """Walk the chain; exits 1 when a row was changed, added, moved or removed."""
    with reading() as session:
        verdict = service.verify(session, kept_head=_parse_head(kept))
    with unit_of_work() as session:  # apart from the long look, which must not hold up writers
        outcome = "ok" if verdict.is_whole else "broken"
        service.record_listing(session, "audit", now=clock(), outcome=outcome)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "whole": verdict.is_whole,
                    "rows": verdict.row_count,
                    "broken_at": verdict.broken_at,
                    "head": f"{verdict.head.sequence}:{verdict.head.mac}",
                }
            )
        )
    elif verdict.is_whole:
        click.echo(f"The audit record is whole: {verdict.row_count} rows.")
    else:
        click.echo(f"The audit record is broken at row {verdict.broken_at}.")
    if not verdict.is_whole:
        raise SystemExit(1)


@cli.command("export")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def export(out: Path) -> None:
    """Write every row to OUT, one JSON object a line, and record that it was copied."""
    with unit_of_work() as session:
        with out.open("w", encoding="utf-8") as lines:
            row_count = 0
            for event in service.events(session):
                lines.write(json.dumps(service.as_json(event), sort_keys=True) + "\n")
                row_count += 1
        service.record(
            session,
            "audit.exported",
            actor=service.operator(),
            subject_kind="audit",
            subject_id="all",
            now=clock(),
            details={"rows": row_count},
        )
    click.echo(f"{row_count} audit rows written.")
