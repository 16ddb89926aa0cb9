"""`make run`: prepare the demonstration where that is missing, and serve it on this machine.

    python -m app.operations.demonstration

PORT and HOST come from the environment; the address must be a loopback one.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from waitress import create_server

from app import create_app
from app.audit.service import SYSTEM
from app.config import ROOT, SETTINGS_FILE_NAME, Settings, encode_root_key
from app.errors import MissingSetting, ReferralServiceError
from app.operations import preparing
from app.web.logs import write_logs

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
DATABASE_NAME = "lead.sqlite3"
THREADS = 8
HOST_AND_PORT = ("127.0.0.1", 8000)


def main() -> int:
    """Serve until stopped; 1 with one sentence when that cannot be."""
    os.umask(0o077)
    try:
        host, port = address(os.environ.get("HOST"), os.environ.get("PORT"))
        settings = prepare_settings()
        preparing.make_database(settings)
        app = create_app(settings)
        with app.app_context():
            preparing.bring_up_to_date()
            preparing.fill(preparing.DEFAULT_LOADS, actor=SYSTEM, say=_say)
    except ReferralServiceError as error:
        _say(f"Not started. {error.detail}")
        return 1
    try:
        server = create_server(app, host=host, port=port, threads=THREADS, ident=None)
    except OSError as error:
        _say(f"Not started. Port {port} cannot be used ({error.strerror}). Try: make run PORT=8001")
        return 1
    write_logs()
    preparing.read_ahead()
    signal.signal(signal.SIGTERM, _stop)
    shown = f"[{host}]" if ":" in host else host
    _say(
        f"The demonstration is at http://{shown}:{port}\n"
        "All data in it are synthetic. Open the address in a browser and press a button such as "
        "'Sign in as officer' or 'Sign in as commander'. Stop with Ctrl+C."
    )
    server.run()
    return 0


def address(host: str | None, port: str | None) -> tuple[str, int]:
    """Where to listen.

    Raises:
        MissingSetting: not a loopback address, or no port.
    """
    host = host or HOST_AND_PORT[0]
    if host not in LOOPBACK:
        raise MissingSetting(
            f"HOST={host} is not on this machine. The demonstration signs people in without a "
            "password, so it serves 127.0.0.1, localhost or ::1 only."
        )
    number = port or str(HOST_AND_PORT[1])
    if not (number.isascii() and number.isdigit() and 0 < int(number[:6]) < 65536):
        raise MissingSetting(f"PORT={port} is no port. Use a number from 1 to 65535.")
    return host.strip("[]"), int(number)


def prepare_settings() -> Settings:
    """The settings of the environment, or those of `instance/`, made with new keys if missing.

    Raises:
        MissingSetting: the settings are not a demonstration's, or their keys are gone.
    """
    instance_dir = Path(os.environ.get("LEAD_INSTANCE_DIR") or ROOT / "instance").absolute()
    instance_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    instance_dir.chmod(0o700)
    is_named = any(os.environ.get(f"LEAD_{name}") for name in ("MODE", "DATABASE_URL", "ROOT_KEY"))
    settings_file = instance_dir / SETTINGS_FILE_NAME
    if not is_named and not settings_file.exists():
        _write_settings(settings_file)
    settings = Settings.from_env()
    if not settings.is_demonstration:
        raise MissingSetting("LEAD_MODE is not demonstration. `make run` serves nothing else.")
    return settings


def _write_settings(path: Path) -> None:
    """Write new settings, whole or not at all, readable by the owner alone.

    Raises:
        MissingSetting: a database is there whose key is gone, so that nothing sealed would open.
    """
    database = path.parent / DATABASE_NAME
    if database.exists():
        raise MissingSetting(
            f"{database.name} is in {path.parent}, and the key to it is gone with {path.name}. "
            f"Put the file back, or delete {path.parent} to begin anew."
        )
    lines = (
        "# Made by `make run` for the demonstration. Keep it private: it holds the root key.",
        "LEAD_MODE=demonstration",
        f"LEAD_DATABASE_URL=sqlite:///{database.name}",
        f"LEAD_ROOT_KEY={encode_root_key(os.urandom(32))}",
    )
    unfinished = path.with_name(path.name + ".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
