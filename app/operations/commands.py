"""Operator commands over the demonstration's synthetic data."""

import json

import click
from flask.cli import AppGroup
from rich.console import Console

from app.audit.service import operator
from app.operations import preparing, service
from app.operations.service import Load
from app.web.commands import explains_errors, json_option

cli = AppGroup("demo", help="Load or throw away the demonstration's synthetic data.")


@cli.command("load")
@click.option(
    "--referrals",
    "referral_count",
    type=click.IntRange(0, service.MOST_REFERRALS),
    default=service.DEFAULT_REFERRALS,
    show_default=True,
    help="How many synthetic referrals, over the last 24 months.",
)
@click.option(
    "--incidents",
    "incident_count",
    type=click.IntRange(0, service.MOST_INCIDENTS),
    default=service.DEFAULT_INCIDENTS,
    show_default=True,
    help="How many synthetic incidents, over the last 24 months.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=service.DEFAULT_SEED,
    show_default=True,
    help="One seed gives one data set.",
)
@json_option
@explains_errors
def load(referral_count: int, incident_count: int, seed: int, as_json: bool) -> None:
    """Fill the demonstration with synthetic referrals and incidents.

    What is there already stays; other numbers or another seed need `demo reset` first.
    """
    preparing.require_demonstration()
    wanted = {"referrals": Load(referral_count, seed), "incidents": Load(incident_count, seed)}
    console = Console(stderr=True)
    with console.status("Making synthetic data ..."):
        preparing.add_reference_data()
        preparing.load(wanted, actor=operator())
    if as_json:
        counts = {"referrals": referral_count, "incidents": incident_count, "seed": seed}
        click.echo(json.dumps(counts))
    else:
        click.echo(
            f"The demonstration holds {referral_count:,} synthetic referrals and "
            f"{incident_count:,} synthetic incidents (seed {seed})."
        )


@cli.command("reset")
@json_option
@explains_errors
def reset(as_json: bool) -> None:
    """Throw everything in the demonstration away, people and audit record too.

    Zone, criteria and the thirteen people are made anew; `demo load` or `make run` fill it again.
    """
    preparing.empty()
    if as_json:
        click.echo(json.dumps({"reset": True}))
    else:
        click.echo("The demonstration is empty. Fill it with: demo load")
