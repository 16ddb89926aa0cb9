"""An application with a few routes of its own, and people to sign in."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask, jsonify, request

from app import create_app
from app.accounts import service, tokens
from app.accounts.access import allows, current_actor, current_roles, public
from app.accounts.limits import limiter
from app.accounts.roles import Role, Scope
from app.audit import service as audit
from app.audit.service import SYSTEM
from app.config import Settings
from app.db import db, reading, unit_of_work

PASSWORD = "violet tram orchard gravity"


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> None:
    limiter.reset()


@pytest.fixture
def probe(template_dir: Path, tmp_path: Path) -> Iterator[Flask]:
    """An application of its own, so that a test may add routes: two probes for programs."""
    shutil.copyfile(template_dir / "lead.sqlite3", tmp_path / "lead.sqlite3")
    probe = create_app(
        Settings(
            mode="demonstration",
            database_url=f"sqlite:///{tmp_path}/lead.sqlite3",
            root_key=bytes(range(32)),
            instance_dir=tmp_path,
            testing=True,
        )
    )
    limiter.reset()

    @probe.route("/api/v1/probe", methods=["GET", "PUT"])
    @allows(Role.OFFICER, Role.COMMANDER, scope=Scope.REFERRALS_WRITE)
    def probe_scoped():  # type: ignore[no-untyped-def]
        return jsonify(
            user=current_actor().user_id,
            roles=sorted(current_roles()),
            actor=current_actor().name,
            channel=current_actor().channel,
            body=request.get_json(silent=True),
        )

    @probe.get("/api/v1/probe-without-scope")
    @allows(Role.OFFICER)
    def probe_unscoped():  # type: ignore[no-untyped-def]
        return jsonify(ok=True)

    @probe.get("/probe-page")
    @allows(Role.COMMANDER)
    def probe_page():  # type: ignore[no-untyped-def]
        return "page"

    @probe.get("/probe-public")
    @public
    def probe_public():  # type: ignore[no-untyped-def]
        return "open"

    @probe.get("/probe-bare")
    def probe_bare():  # type: ignore[no-untyped-def]
        return "nobody said who may see this"

    yield probe
    with probe.app_context():
        db.engine.dispose()


@pytest.fixture
def production(template_dir: Path, tmp_path: Path) -> Iterator[Flask]:
    """An application outside the demonstration."""
    shutil.copyfile(template_dir / "lead.sqlite3", tmp_path / "lead.sqlite3")
    production = create_app(
        Settings(
            mode="production",
            database_url=f"sqlite:///{tmp_path}/lead.sqlite3",
            root_key=bytes(range(32)),
            instance_dir=tmp_path,
            testing=True,
        )
    )
    yield production
    with production.app_context():
        db.engine.dispose()


@pytest.fixture
def add_person(app: Flask, now: datetime):  # type: ignore[no-untyped-def]
    """Add a person with a password to an application's database."""

    def add(
        email: str = "casey@example.org", *roles: Role, to: Flask = app, password: str = PASSWORD
    ) -> service.Person:
        with to.app_context(), unit_of_work() as session:
            return service.create_person(
                session,
                email,
                name="Casey Example",
                roles=roles or (Role.OFFICER,),
                password=password,
                actor=SYSTEM,
                now=now,
            )

    return add


@pytest.fixture
def add_token(probe: Flask):  # type: ignore[no-untyped-def]
    """Make a token in the probe's database."""

    def add(email: str, *scopes: Scope, now: datetime, days: int = 90) -> tokens.NewToken:
        with probe.app_context(), unit_of_work() as session:
            return tokens.create_token(session, email, scopes, days=days, actor=SYSTEM, now=now)

    return add


@pytest.fixture
def audit_actions(app: Flask):  # type: ignore[no-untyped-def]
    """What was recorded in an application's database, oldest first."""

    def actions(of: Flask = app) -> list[str]:
        with of.app_context(), reading() as session:
            return [event.action for event in audit.events(session)]

    return actions
