"""What operator commands share: when they run, what they print, and how a refusal is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn, TypeVar, cast

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.errors import ReferralServiceError
from app.web.context import utc_now

Command = TypeVar("Command", bound=Callable[..., Any])

WIDTH_IN_A_FILE = 160
"""Characters; where there is no terminal, no column is folded."""

clock = utc_now
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal is."""
    console = Console()
    Console(width=None if console.is_terminal else WIDTH_IN_A_FILE).print(table)


@contextmanager
def progress_bar(text: str) -> Iterator[Callable[[float], None]]:
    """A bar on standard error, only on a terminal; gives what is told the share done, 0 to 1."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(text, total=1.0)
        yield lambda share: bar.update(task, completed=share)


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
