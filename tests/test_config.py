"""A missing or unusable setting stops the start and names itself."""

import base64
import os
import subprocess
import sys

import pytest
from flask import request

from app import create_app
from app.config import Settings
from app.errors import MissingSetting

KEY = base64.b64encode(bytes(range(32))).decode()


def environment(tmp_path, **changes):
    values = {
        "LEAD_MODE": "production",
        "LEAD_DATABASE_URL": "sqlite:///x.sqlite3",
        "LEAD_ROOT_KEY": KEY,
        "LEAD_INSTANCE_DIR": str(tmp_path),
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("name", ["LEAD_MODE", "LEAD_DATABASE_URL", "LEAD_ROOT_KEY"])
def test_a_missing_setting_is_named(tmp_path, name):
    with pytest.raises(MissingSetting, match=name):
        Settings.from_env(environment(tmp_path, **{name: None}))


@pytest.mark.parametrize("name", ["Baltimore", "../etc/localtime", "America", "EST 5"])
def test_a_time_zone_there_is_not_stops_the_start(tmp_path, name):
    with pytest.raises(MissingSetting, match="LEAD_TIME_ZONE"):
        Settings.from_env(environment(tmp_path, LEAD_TIME_ZONE=name))


def test_host_names_may_stand_apart(tmp_path):
    settings = Settings.from_env(environment(tmp_path, LEAD_HOST_NAMES="a.example, b.example,"))

    assert settings.host_names == ("a.example", "b.example")


@pytest.mark.parametrize("key", ["short", "!" * 44, base64.b64encode(bytes(31)).decode()])
def test_a_root_key_of_the_wrong_size_is_refused_without_showing_it(tmp_path, key):
    with pytest.raises(MissingSetting, match="LEAD_ROOT_KEY") as caught:
        Settings.from_env(environment(tmp_path, LEAD_ROOT_KEY=key))

    assert key not in caught.value.detail


def test_the_settings_file_serves_when_the_environment_says_nothing(tmp_path):
    (tmp_path / "settings.env").write_text(
        f"# made by the demonstration\nLEAD_MODE=demonstration\n"
        f"LEAD_DATABASE_URL=sqlite:///demo.sqlite3\nLEAD_ROOT_KEY={KEY}\n"
    )

    settings = Settings.from_env({"LEAD_INSTANCE_DIR": str(tmp_path)})

    assert settings.is_demonstration
    assert settings.host_names == ("127.0.0.1", "localhost", "[::1]")


def test_production_never_borrows_the_demonstrations_key(tmp_path):
    (tmp_path / "settings.env").write_text(f"LEAD_MODE=demonstration\nLEAD_ROOT_KEY={KEY}\n")

    with pytest.raises(MissingSetting, match="LEAD_ROOT_KEY"):
        Settings.from_env(environment(tmp_path, LEAD_ROOT_KEY=None))


def test_importing_the_application_opens_nothing(tmp_path):
    code = "import app, os; print(os.listdir('.'))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": os.getcwd(), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("text", ["-1", "many", "10"])
def test_a_number_of_proxies_that_is_none_is_named(tmp_path, text):
    with pytest.raises(MissingSetting, match="LEAD_PROXIES"):
        Settings.from_env(environment(tmp_path, LEAD_PROXIES=text))


@pytest.mark.parametrize(("count", "address"), [("0", "127.0.0.1"), ("1", "203.0.113.9")])
def test_a_forwarded_address_is_believed_only_from_a_proxy_that_was_named(tmp_path, count, address):
    app = create_app(Settings.from_env(environment(tmp_path, LEAD_PROXIES=count)))
    seen = []
    app.before_request(lambda: seen.append(request.remote_addr))

    app.test_client().get("/healthz", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})

    assert seen == [address]
