"""What the tests share: an application over a fresh database, signed-in clients, a fixed clock."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.accounts import service as accounts
from app.config import Settings
from app.db import db, unit_of_work
from app.operations.service import load_reference_data

ROOT = Path(__file__).resolve().parent.parent
REAL_ARRESTS = Path(
    os.environ.get("REAL_ARRESTS") or ROOT / "../shared/data/arrests_2013_2021.csv.gz"
)
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


class _Rollback(Exception):
    """Ends a unit of work without keeping anything."""


@pytest.fixture(scope="session")
def now() -> datetime:
    """One moment for every test: 20 November 2026, 10:30 in Baltimore."""
    return NOW


@pytest.fixture(scope="session")
def template_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the reference data every installation has, made once and copied."""
    folder = tmp_path_factory.mktemp("template")
    app = create_app(_settings(folder))
    with app.app_context():
        db.create_all()
        _load_reference_data()
        db.engine.dispose()
    return folder


@pytest.fixture(scope="session")
def _shared_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(_settings(tmp_path_factory.mktemp("instance")))


@pytest.fixture
def app(_shared_app: Flask, template_dir: Path) -> Iterator[Flask]:
    """The application in demonstration mode: zone version 1, the 2017 criteria, nobody else."""
    folder = _shared_app.extensions["lead"].settings.instance_dir
    with _shared_app.app_context():
        db.engine.dispose()
        for old in folder.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.copyfile(template_dir / "lead.sqlite3", folder / "lead.sqlite3")
    yield _shared_app
    with _shared_app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A unit of work whose changes are thrown away after the test."""
    with app.app_context():
        try:
            with unit_of_work() as opened:
                yield opened
                raise _Rollback
        except _Rollback:
            pass


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody signed in."""
    return app.test_client()


@pytest.fixture
def client_for(app: Flask) -> Callable[[str], FlaskClient]:
    """A test client signed in as the demonstration's person with one role."""

    def sign_in(role: str) -> FlaskClient:
        with app.app_context(), unit_of_work() as opened:
            accounts.ensure_demo_people(opened, now=NOW)
        client = app.test_client()
        answer = client.post(
            f"/demonstration/sign-in/{role}", headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    return sign_in


@pytest.fixture(scope="session")
def real_arrests() -> Path:
    """The real arrests, or a skip that says where they were looked for."""
    if not REAL_ARRESTS.is_file():
        pytest.skip("the real arrests are not on this machine (REAL_ARRESTS)")
    return REAL_ARRESTS


def _settings(folder: Path) -> Settings:
    return Settings(
        mode="demonstration",
        database_url=f"sqlite:///{folder}/lead.sqlite3",
        root_key=bytes(range(32)),
        instance_dir=folder,
        host_names=("127.0.0.1", "localhost", "[::1]"),
        testing=True,
    )


def _load_reference_data() -> None:
    with unit_of_work() as opened:
        load_reference_data(opened, now=NOW)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say last how many tests were skipped and why it matters."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests were skipped; the reasons stand above.")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI nothing may be skipped but what reads the real arrests."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None or exitstatus != pytest.ExitCode.OK:
        return
    skipped = {report.nodeid for report in reporter.stats.get("skipped", [])}
    excused = {
        item.nodeid for item in session.items if "real_arrests" in getattr(item, "fixturenames", ())
    }
    if skipped - excused:
        reporter.write_line(f"not allowed to be skipped in CI: {sorted(skipped - excused)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
