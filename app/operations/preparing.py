"""Make an installation ready: tables, reference data, the demonstration's people and data."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from flask_migrate import upgrade
from sqlalchemy import inspect, text

from app import create_app
from app.accounts import service as accounts
from app.audit.service import Actor
from app.config import Settings
from app.db import Base, db, reading, sqlite_path, unit_of_work
from app.errors import Conflict, NotAllowed
from app.operations import service
from app.operations.service import Load
from app.places import service as places
from app.web.context import lead, utc_now

Say = Callable[[str], None]
LOADERS = {
    "referrals": service.load_synthetic_referrals,
    "incidents": service.load_synthetic_incidents,
}
DEFAULT_LOADS: Mapping[str, Load] = {
    "referrals": Load(service.DEFAULT_REFERRALS, service.DEFAULT_SEED),
    "incidents": Load(service.DEFAULT_INCIDENTS, service.DEFAULT_SEED),
}


class NotADemonstration(NotAllowed):
    """The installation is none that synthetic data belong in."""

    code = "not_a_demonstration"


class NoTables(Conflict):
    """The database has not been prepared."""

    code = "no_tables"


def make_database(settings: Settings) -> None:
    """Make a demonstration's SQLite file with tables, zone, criteria and people, if it is missing.

    It is made under another name and takes its own when it is whole, so that a start that was
    interrupted leaves nothing behind that the next one would trip over.
    """
    path = sqlite_path(settings.database_url)
    if path is None:
        return
    path = settings.instance_dir / path  # a relative one lies in the instance folder
    if path.exists():
        return
    unfinished = path.with_name(path.name + ".unfinished")
    for leftover in path.parent.glob(unfinished.name + "*"):
        leftover.unlink()
    app = create_app(replace(settings, database_url=f"sqlite:///{unfinished}"))
    with app.app_context():
        bring_up_to_date()
        with db.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.engine.dispose()
    os.replace(unfinished, path)
    for leftover in path.parent.glob(unfinished.name + "*"):
        leftover.unlink()


def bring_up_to_date() -> None:
    """Tables by the migrations, then what `add_reference_data` adds."""
    upgrade()
    add_reference_data()


def add_reference_data() -> None:
    """Zone, criteria and, in a demonstration, its thirteen people, where they are missing.

    Raises:
        NoTables
    """
    if not inspect(db.engine).has_table("audit_event"):
        raise NoTables(
            "The database has no tables. Make them with: .venv/bin/flask --app app db upgrade"
        )
    with unit_of_work() as session:
        service.load_reference_data(session, now=utc_now())
        if lead().settings.is_demonstration:
            accounts.ensure_demo_people(session, now=utc_now())


def load(wanted: Mapping[str, Load], *, actor: Actor) -> None:
    """Put synthetic data in where they are missing, each part whole or not at all.

    Raises:
        NotADemonstration
        AlreadyLoaded: there are others.
    """
    require_demonstration()
    with reading() as session:
        service.require_not_loaded(session, wanted)
    fill(wanted, actor=actor)


def fill(wanted: Mapping[str, Load], *, actor: Actor, say: Say = lambda line: None) -> None:
    """Load each part of which nothing is there; whatever else is there stays.

    Raises:
        NotADemonstration
    """
    require_demonstration()
    with reading() as session:
        missing = [name for name in wanted if service.find_load(session, name) is None]
    for name in missing:
        say(f"Making {wanted[name].row_count:,} synthetic {name} ...")
        with unit_of_work() as session:
            LOADERS[name](session, wanted[name], actor=actor, now=utc_now())


def empty() -> None:
    """Throw everything away that a demonstration holds, and begin with zone, criteria and people.

    Raises:
        NotADemonstration
    """
    require_demonstration()
    with unit_of_work() as session:
        connection = session.connection()
        Base.metadata.drop_all(connection)
        if inspect(connection).has_table("alembic_version"):
            connection.execute(text("DROP TABLE alembic_version"))
    bring_up_to_date()


def read_ahead() -> None:
    """Read the street file in a thread of its own, so that the first officer need not wait."""
    threading.Thread(target=places.gazetteer, name="read-ahead", daemon=True).start()


def require_demonstration() -> None:
    """Refuse everywhere but in a demonstration.

    Raises:
        NotADemonstration
    """
    if not lead().settings.is_demonstration:
        raise NotADemonstration(
            "Synthetic data belong in a demonstration only; LEAD_MODE is production here."
        )
