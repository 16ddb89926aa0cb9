"""What operator commands share: when they run, and how a refusal is shown."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar, cast

import click

from app.errors import ReferralServiceError
from app.web.context import utc_now

Command = TypeVar("Command", bound=Callable[..., Any])

clock = utc_now


def fail(error: ReferralServiceError) -> NoReturn:
    """Say what went wrong on standard error and exit 1."""
    click.echo(f"{error.code}: {error.detail}", err=True)
    raise SystemExit(1)


def explains_errors(command: Command) -> Command:
    """Turn an error a user can be told about into one line and exit code 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ReferralServiceError as error:
            fail(error)

    return cast(Command, run)
