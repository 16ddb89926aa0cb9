"""The start of production: what is missing is named, and no demonstration is ever served."""

import base64
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.accounts import service as accounts
from app.audit.service import SYSTEM
from app.config import ROOT, Settings
from app.db import db, unit_of_work
from app.errors import MissingSetting
from app.operations.production import require_ready

KEY = bytes(range(32))
PASSWORD = "violet tram orchard gravity"
ORIGIN = "https://lead.example/"


def installation(folder: Path, **changes) -> Flask:
    values = {
        "mode": "production",
        "database_url": f"sqlite:///{folder}/lead.sqlite3",
        "root_key": KEY,
        "instance_dir": folder,
        "testing": True,
        **changes,
    }
    return create_app(Settings(**values))


def why_not_ready(app: Flask) -> str:
    with app.app_context(), pytest.raises(MissingSetting) as caught:
        require_ready()
    return caught.value.detail


@pytest.fixture
def production(template_dir, tmp_path, now):
    """An installation with zone, criteria and one officer."""
    shutil.copyfile(template_dir / "lead.sqlite3", tmp_path / "lead.sqlite3")
    app = installation(tmp_path)
    with app.app_context(), unit_of_work() as session:
        accounts.create_person(
            session,
            "casey@example.org",
            name="Casey",
            roles=[accounts.Role.OFFICER],
            password=PASSWORD,
            actor=SYSTEM,
            now=now,
        )
    yield app
    with app.app_context():
        db.engine.dispose()


def test_each_thing_that_is_missing_is_named_with_its_command(template_dir, tmp_path):
    assert "db upgrade" in why_not_ready(installation(tmp_path))

    with (app := installation(tmp_path)).app_context():
        db.create_all()
    assert "zone load" in why_not_ready(app)

    other = tmp_path / "other"
    other.mkdir()
    shutil.copyfile(template_dir / "lead.sqlite3", other / "lead.sqlite3")
    assert "user create" in why_not_ready(installation(other))


def test_without_published_criteria_the_start_says_load_and_publish(template_dir, tmp_path):
    shutil.copyfile(template_dir / "lead.sqlite3", tmp_path / "lead.sqlite3")
    app = installation(tmp_path)
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("DELETE FROM criteria_version")

    detail = why_not_ready(app)

    assert "criteria load" in detail
    assert "criteria publish" in detail


def test_a_demonstration_database_is_refused(production, now):
    with production.app_context(), unit_of_work() as session:
        accounts.ensure_demo_people(session, now=now)

    assert "demonstration" in why_not_ready(production)


def test_a_complete_installation_serves_without_the_demonstrations_buttons(production):
    with production.app_context():
        require_ready()
    client = production.test_client()

    page = client.get("/", base_url=ORIGIN).get_data(as_text=True)
    assert "Sign in as" not in page
    for method in (client.get, client.post):
        answer = method("/demonstration/sign-in/officer", base_url=ORIGIN)
        assert answer.status_code == 404


def test_a_person_signs_in_with_a_password_over_https_and_the_cookie_stays_there(production):
    client = production.test_client()
    page = client.get("/", base_url=ORIGIN).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    form = {"email": "casey@example.org", "password": PASSWORD, "csrf_token": token}

    answer = client.post("/sign-in", data=form, base_url=ORIGIN, headers={"Referer": ORIGIN})

    assert answer.headers["Location"] == "/field"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-lead=")
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))


@pytest.mark.parametrize("url", ["nonsense", "nosuchdatabase://host/name"])
def test_an_address_that_names_no_database_is_a_missing_setting(tmp_path, url):
    with pytest.raises(MissingSetting, match="LEAD_DATABASE_URL"):
        installation(tmp_path, database_url=url)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LEAD_ROOT_KEY", "", "is not set."),
        ("LEAD_DATABASE_URL", "nonsense", "names no database that can be used here."),
    ],
)
def test_an_operators_command_names_what_is_missing_in_one_line(tmp_path, name, value, says):
    environment = {
        "PATH": os.environ["PATH"],
        "LEAD_MODE": "production",
        "LEAD_DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3",
        "LEAD_ROOT_KEY": base64.b64encode(KEY).decode(),
        "LEAD_INSTANCE_DIR": str(tmp_path),
    }
    environment[name] = value

    result = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "zone", "list"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {name} {says}")
    assert result.stderr.count("\n") == 1
