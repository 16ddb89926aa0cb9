"""Outlines and versions for the tests of zones; version 1 comes with the application."""

import pytest

from app import create_app
from app.audit.service import SYSTEM
from app.config import Settings
from app.db import db
from app.zones import service


@pytest.fixture
def app(app):
    """The application with no check counted yet."""
    app.extensions.pop("zone_checks", None)
    return app


@pytest.fixture
def square():
    """An outline north of the pilot zone, about 430 m by 560 m."""
    ring = [
        [-76.620, 39.300],
        [-76.615, 39.300],
        [-76.615, 39.305],
        [-76.620, 39.305],
        [-76.620, 39.300],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def publish(now):
    """Publish a further version, by default in an emergency of 1 March 2026."""

    def publish(session, outline, effective_from, **more):
        return service.publish_emergency(
            session,
            outline,
            reason="the market moved",
            effective_from=effective_from,
            actor=SYSTEM,
            now=now,
            source="drawn for a test",
            licence="none",
            **more,
        )

    return publish


@pytest.fixture
def empty_app(tmp_path):
    """An application over an empty database: no zone, nobody."""
    empty = create_app(
        Settings(
            mode="demonstration",
            database_url=f"sqlite:///{tmp_path}/empty.sqlite3",
            root_key=bytes(range(32)),
            instance_dir=tmp_path,
            testing=True,
        )
    )
    with empty.app_context():
        db.create_all()
    yield empty
    with empty.app_context():
        db.engine.dispose()
