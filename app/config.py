"""Every setting of the service, read once and checked before anything starts."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import MissingSetting

Mode = Literal["demonstration", "production"]

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
"""What ships with the service; data/README.md says what each file is."""
SETTINGS_FILE_NAME = "settings.env"
ROOT_KEY_BYTES = 32
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
REQUEST_LIMIT_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """What differs between one installation and another."""

    mode: Mode
    database_url: str
    root_key: bytes
    """32 bytes; every other key is derived from it. It never enters the database."""
    instance_dir: Path = ROOT / "instance"
    site_time_zone: str = "America/New_York"
    host_names: tuple[str, ...] = ()
    """Host names the service answers to; empty means any (a proxy in front decides)."""
    proxy_count: int = 0
    """How many proxies in front add their own X-Forwarded-For and -Proto; 0: none is believed."""
    testing: bool = False

    @property
    def is_demonstration(self) -> bool:
        return self.mode == "demonstration"

    @property
    def site_zone(self) -> ZoneInfo:
        """What a bare date or an hour of the day is meant in."""
        return ZoneInfo(self.site_time_zone)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from the environment, or else from `instance/settings.env`.

        The file is used only when the environment names none of mode, database and root key, so
        that a half-configured production never borrows a demonstration's keys.

        Raises:
            MissingSetting: naming the setting that is missing or unusable.
        """
        environ = os.environ if environ is None else environ
        instance_dir = Path(environ.get("LEAD_INSTANCE_DIR") or ROOT / "instance").absolute()
        named = [environ.get(name) for name in ("LEAD_MODE", "LEAD_DATABASE_URL", "LEAD_ROOT_KEY")]
        settings_file = instance_dir / SETTINGS_FILE_NAME
        if not any(named) and settings_file.is_file():
            environ = {**environ, **read_settings_file(settings_file)}
        mode = _mode(environ)
        return cls(
            mode=mode,
            database_url=_required(environ, "LEAD_DATABASE_URL"),
            root_key=decode_root_key(_required(environ, "LEAD_ROOT_KEY")),
            instance_dir=instance_dir,
            site_time_zone=_time_zone(environ),
            host_names=LOOPBACK_HOSTS if mode == "demonstration" else _host_names(environ),
            proxy_count=0 if mode == "demonstration" else _proxy_count(environ),
        )

    def as_flask_config(self) -> dict[str, Any]:
        """The part Flask and its extensions read. Secrets are added by the factory."""
        return {
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "TESTING": self.testing,
            "MAX_CONTENT_LENGTH": REQUEST_LIMIT_BYTES,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Strict",
            "SESSION_COOKIE_SECURE": not self.is_demonstration,
            "SESSION_COOKIE_NAME": "lead" if self.is_demonstration else "__Host-lead",
        }


def read_settings_file(path: Path) -> dict[str, str]:
    """Read `NAME=value` lines; blank lines and lines that begin with # are skipped."""
    pairs = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, _, value = line.partition("=")
            pairs[name.strip()] = value.strip()
    return pairs


def encode_root_key(key: bytes) -> str:
    """Write a root key the way LEAD_ROOT_KEY holds it."""
    return base64.urlsafe_b64encode(key).decode("ascii")


def decode_root_key(text: str) -> bytes:
    """Read LEAD_ROOT_KEY: 32 bytes in base64.

    Raises:
        MissingSetting: the text is not 32 bytes of base64.
    """
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != ROOT_KEY_BYTES:
        raise MissingSetting(
            "LEAD_ROOT_KEY must be 32 random bytes in base64. Make one with: "
            "python3 -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'"
        )
    return key


def _mode(environ: Mapping[str, str]) -> Mode:
    mode = _required(environ, "LEAD_MODE")
    if mode in ("demonstration", "production"):
        return cast(Mode, mode)
    raise MissingSetting("LEAD_MODE must be demonstration or production.")


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise MissingSetting(
            f"{name} is not set. Set it in the environment, or run `make run` once for a "
            "demonstration; README.md, section Production, lists every setting."
        )
    return value


def _time_zone(environ: Mapping[str, str]) -> str:
    name = environ.get("LEAD_TIME_ZONE") or "America/New_York"
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MissingSetting("LEAD_TIME_ZONE must be a name like America/New_York.") from error


def _proxy_count(environ: Mapping[str, str]) -> int:
    text = environ.get("LEAD_PROXIES", "").strip() or "0"
    if not (text.isascii() and text.isdigit() and int(text[:3]) <= 9):
        raise MissingSetting("LEAD_PROXIES must be the number of proxies in front, 0 to 9.")
    return int(text)


def _host_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    names = environ.get("LEAD_HOST_NAMES", "").split(",")
    return tuple(name.strip() for name in names if name.strip())
