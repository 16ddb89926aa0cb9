"""`make run`'s start: settings, addresses, and starts that were interrupted."""

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from app.config import Settings
from app.errors import MissingSetting
from app.operations import demonstration

ANY_ADDRESS = "0.0.0.0"  # noqa: S104
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _own_instance(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith("LEAD_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LEAD_INSTANCE_DIR", str(tmp_path / "instance"))


@pytest.mark.parametrize(
    ("host", "port", "listens_at"),
    [
        (None, None, ("127.0.0.1", 8000)),
        ("", "", ("127.0.0.1", 8000)),
        ("localhost", "8001", ("localhost", 8001)),
        ("[::1]", "65535", ("::1", 65535)),
    ],
)
def test_a_loopback_address_is_served(host, port, listens_at):
    assert demonstration.address(host, port) == listens_at


@pytest.mark.parametrize(
    "host", [ANY_ADDRESS, "192.168.1.5", "example.org", "::", "127.0.0.1.evil"]
)
def test_any_other_host_is_refused(host):
    with pytest.raises(MissingSetting, match="not on this machine"):
        demonstration.address(host, None)


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1", "8000000000000", "٨٠"])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(MissingSetting, match="is no port"):
        demonstration.address(None, port)


def test_settings_are_made_once_and_private(tmp_path):
    first = demonstration.prepare_settings()
    path = tmp_path / "instance" / "settings.env"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert first.is_demonstration
    assert first == demonstration.prepare_settings() == Settings.from_env()
    assert list(path.parent.iterdir()) == [path]


def test_every_demonstration_has_its_own_key(tmp_path, monkeypatch):
    keys = set()
    for name in ("one", "two"):
        monkeypatch.setenv("LEAD_INSTANCE_DIR", str(tmp_path / name))
        keys.add(demonstration.prepare_settings().root_key)

    assert len(keys) == 2


def test_a_database_whose_key_is_gone_is_not_opened_with_a_new_one(tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "lead.sqlite3").touch()

    with pytest.raises(MissingSetting, match="the key to it is gone"):
        demonstration.prepare_settings()
    assert not (folder / "settings.env").exists()


def test_production_settings_are_not_served(monkeypatch):
    monkeypatch.setenv("LEAD_MODE", "production")
    monkeypatch.setenv("LEAD_DATABASE_URL", "sqlite:///x.sqlite3")
    monkeypatch.setenv("LEAD_ROOT_KEY", "A" * 43 + "=")

    with pytest.raises(MissingSetting, match="LEAD_MODE is not demonstration"):
        demonstration.prepare_settings()


def start(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.operations.demonstration"],
        cwd=ROOT,
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(server.stdout.read().decode())


def row_counts(instance: Path) -> tuple[int, int, int]:
    with sqlite3.connect(instance / "lead.sqlite3") as connection:
        return tuple(
            connection.execute(query).fetchone()[0]
            for query in (
                "SELECT count(*) FROM referral",
                "SELECT sum(row_count) FROM incident_block",
                "SELECT count(*) FROM synthetic_load",
            )
        )


@pytest.mark.slow
def test_a_start_killed_at_any_moment_is_repaired_by_the_next(tmp_path):
    port = free_port()
    for seconds in (1.5, 3.0, 4.5, 6.5):
        server = start(port)
        time.sleep(seconds)
        server.send_signal(signal.SIGKILL)
        server.communicate()
    server = start(port)
    wait_until_ready(port, server)
    server.terminate()
    said = server.communicate(timeout=20)[0].decode()

    assert server.returncode == 0
    assert f"http://127.0.0.1:{port}" in said
    assert "Sign in as officer" in said
    assert "synthetic" in said
    assert row_counts(tmp_path / "instance") == (400, 20_000, 2)
    assert {path.name for path in (tmp_path / "instance").iterdir()} <= {
        "settings.env",
        "lead.sqlite3",
        "lead.sqlite3-wal",
        "lead.sqlite3-shm",
        "lead.sqlite3.write-lock",
    }


@pytest.mark.slow
def test_a_host_that_is_not_loopback_does_not_start(tmp_path, monkeypatch):
    monkeypatch.setenv("HOST", ANY_ADDRESS)
    server = start(free_port())
    said = server.communicate(timeout=60)[0].decode()

    assert server.returncode == 1
    assert "is not on this machine" in said
    assert not (tmp_path / "instance").exists()
