"""The start of production: everything is checked first, and what is missing is named.

`python -m app.operations.production` checks and exits; gunicorn serves `application()`.
"""

import sys

from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from app.accounts import service as accounts
from app.config import Settings
from app.db import db, reading
from app.errors import MissingSetting
from app.operations import preparing
from app.screening import service as screening
from app.web.context import utc_now
from app.web.logs import write_logs
from app.zones import service as zones

COMMAND = "flask --app app"


def application() -> Flask:
    """The application for a production server, which writes logs and reads ahead.

    Raises:
        MissingSetting: naming the setting, table or reference data that is missing.
    """
    write_logs()
    app = checked()
    preparing.read_ahead()
    return app


def checked() -> Flask:
    """The application, when everything it needs is there.

    Raises:
        MissingSetting: naming the setting, table or reference data that is missing.
    """
    settings = Settings.from_env()
    if settings.is_demonstration:
        raise MissingSetting("LEAD_MODE is demonstration. Use `make run` for that, or set it.")
    app = create_app(settings)
    with app.app_context():
        require_ready()
    return app


def require_ready() -> None:
    """Check the database of the current application.

    Raises:
        MissingSetting: it cannot be opened, has no tables, is a demonstration's, or lacks a zone,
            criteria or any person who can sign in.
    """
    try:
        has_tables = inspect(db.engine).has_table("audit_event")
    except SQLAlchemyError as error:
        raise MissingSetting("LEAD_DATABASE_URL names a database that does not open.") from error
    if not has_tables:
        raise MissingSetting(f"The database has no tables. Make them with: {COMMAND} db upgrade")
    now = utc_now()
    with reading() as session:
        if accounts.has_demo_people(session):
            raise MissingSetting(
                "LEAD_DATABASE_URL names a demonstration database. Name one of its own."
            )
        if not zones.versions(session):
            raise MissingSetting(
                "No zone is loaded. Load one with: "
                f"{COMMAND} zone load data/pilot_zone.geojson --effective-from 2017-02-08"
            )
        if screening.find_criteria_in_force(session, now) is None:
            raise MissingSetting(
                "No criteria are in force. Load them with: "
                f"{COMMAND} criteria load data/criteria/bpd-806-2017.yaml, then criteria publish"
            )
        if not accounts.has_people(session):
            raise MissingSetting(
                f"Nobody can sign in. Make a person with: {COMMAND} user create --help"
            )


def main() -> int:
    """Check the start; 0 when production may serve, 1 with one sentence when not."""
    try:
        checked()
    except MissingSetting as error:
        sys.stderr.write(f"Not started. {error.detail}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
