"""`zone find`: places by name, for operators."""

import json

import click
from rich.table import Table

from app.audit import service as audit
from app.audit.service import operator
from app.db import unit_of_work
from app.places import schemas, service
from app.web.commands import clock, explains_errors, json_option, print_table
from app.zones.commands import cli


@cli.command("find")
@click.argument("text")
@json_option
@explains_errors
def find(text: str, as_json: bool) -> None:
    """List every place that TEXT may mean: two streets that meet, or a number and a street."""
    now = clock()
    service.gazetteer()  # read before the writing transaction opens
    with unit_of_work() as session:
        try:
            answer = service.find(session, text, now=now)
        except service.NotAPlace as error:
            raise click.BadParameter(error.detail, param_hint="TEXT") from error
        audit.record(
            session,
            "place.looked_up",
            actor=operator(),
            subject_kind="place",
            subject_id="text",
            now=now,
            details={"readings": len(answer.results)},
        )
    if as_json:
        click.echo(json.dumps(schemas.answer_as_json(answer)))
        return
    if answer.results:
        print_table(_table(answer))
    click.echo(_summary(answer))


def _table(answer: service.PlacesAnswer) -> Table:
    table = Table("place", "lat", "lon", "kind", "precision", "zone")
    for place in answer.results:
        zone = place.zone_status.value if place.zone_status else "no zone in force"
        table.add_row(
            place.label, f"{place.lat:.6f}", f"{place.lon:.6f}", place.kind, place.precision, zone
        )
    return table


def _summary(answer: service.PlacesAnswer) -> str:
    count = len(answer.results)
    said = {0: "No place found.", 1: "1 place."}.get(count, f"{count} places fit: none is chosen.")
    return f"{said} {answer.note}" if answer.note else said
