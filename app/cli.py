"""Gathers each feature's operator commands."""

from importlib import import_module

import click

COMMANDS = (
    "app.zones.commands",
    "app.places.commands",
    "app.incidents.commands",
    "app.maps.commands",
    "app.maps.basemap_commands",
    "app.screening.commands",
    "app.accounts.commands",
    "app.audit.commands",
    "app.operations.commands",
)


def command_groups() -> list[click.Command]:
    """Every group of `flask --app app`; a module may add to another feature's group instead."""
    groups: list[click.Command] = []
    for name in COMMANDS:
        module = import_module(name)
        for attribute in ("cli", "token_cli"):
            group = getattr(module, attribute, None)
            if group is not None and group not in groups:
                groups.append(group)
    return groups
