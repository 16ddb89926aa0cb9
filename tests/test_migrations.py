"""Migrations go up and down, keep rows, and make what the models describe."""

import importlib.util
from pathlib import Path

import pytest
from alembic import command
from alembic.migration import MigrationContext
from flask_migrate import Migrate, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.config import ROOT, Settings
from app.db import Base, db, unit_of_work
from app.operations.service import load_reference_data

HEAD = (ROOT / "migrations" / "HEAD").read_text(encoding="utf-8").strip()


@pytest.fixture
def empty_app(tmp_path):
    """An application whose database has no tables yet."""
    settings = Settings(
        mode="demonstration",
        database_url=f"sqlite:///{tmp_path}/lead.sqlite3",
        root_key=bytes(32),
        instance_dir=tmp_path,
        testing=True,
    )
    app = create_app(settings)
    with app.app_context():
        yield app
        db.engine.dispose()


def config(app):
    migrate: Migrate = app.extensions["migrate"].migrate
    return migrate.get_config()


def head_of_database():
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_the_named_head_is_the_newest_migration(empty_app):
    numbered = sorted((ROOT / "migrations" / "versions").glob("0*.py"))

    assert numbered[-1].stem == HEAD
    assert [path.stem[:4] for path in numbered] == [
        f"{number:04d}" for number in range(1, len(numbered) + 1)
    ]


@pytest.mark.slow
def test_up_fills_down_empties_and_up_again_works(empty_app, now):
    upgrade()
    with unit_of_work() as session:
        load_reference_data(session, now=now)
    assert head_of_database() == HEAD
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM zone")).scalar() >= 1

    command.downgrade(config(empty_app), "base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}

    upgrade()
    assert set(Base.metadata.tables) <= set(inspect(db.engine).get_table_names())


@pytest.mark.slow
def test_a_migrated_database_guards_published_zones(empty_app, now):
    upgrade()
    with unit_of_work() as session:
        load_reference_data(session, now=now)

    for statement in ("UPDATE zone SET name = 'x'", "DELETE FROM zone"):
        with db.engine.connect() as connection, pytest.raises(IntegrityError):
            connection.execute(text(statement))


@pytest.mark.slow
def test_migrations_and_models_agree():
    path = ROOT / "tools" / "check_migrations.py"
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.main() == 0
