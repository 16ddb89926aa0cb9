"""What a view or command may ask of the running application."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import current_app

from app.config import Settings
from app.sealing import Keys


@dataclass(frozen=True)
class Lead:
    """The application's own extension: its settings and keys."""

    settings: Settings
    keys: Keys


def lead() -> Lead:
    """The settings and keys of the application that handles this request or command."""
    return cast(Lead, current_app.extensions["lead"])


def utc_now() -> datetime:
    """This moment, aware, in UTC. Only views and commands ask; services are told."""
    return datetime.now(UTC)
