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
    """Every group of `flask --app app`; a module may add to another's group instead."""
    groups: list[click.Command] = []
    for name in COMMANDS:
        module = _module(name)
        if module is None:
            continue
        for attribute in ("cli", "token_cli"):
            group = getattr(module, attribute, None)
            if group is not None and group not in groups:
                groups.append(group)
    return groups


def _module(name):  # type: ignore[no-untyped-def]
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return None
        raise
