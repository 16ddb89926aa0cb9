"""LEAD field referral: zone checks, referrals, and the maps and plans made from them."""

from importlib import import_module

import click
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy.exc import ArgumentError
from werkzeug.middleware.proxy_fix import ProxyFix

from app.accounts.setup import init_accounts
from app.config import ROOT, Settings
from app.db import db
from app.errors import MissingSetting
from app.sealing import Keys
from app.web.api import api, init_api
from app.web.context import Lead
from app.web.errors import init_errors
from app.web.headers import init_headers
from app.web.hosts import init_hosts
from app.web.json import StrictJson
from app.web.logs import init_logs

__all__ = ["create_app"]

VIEWS = (
    "app.accounts.views",
    "app.zones.views",
    "app.places.views",
    "app.referrals.views",
    "app.referrals.api_views",
    "app.maps.views",
    "app.maps.api_views",
    "app.field.views",
    "app.operations.views",
    "app.operations.api_views",
)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web application; without settings they are read from the environment and checked.

    Raises:
        MissingSetting: naming the setting that is missing.
    """
    if settings is not None:
        return _build(settings)
    try:
        return _build(Settings.from_env())
    except MissingSetting as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(error.detail) from error  # a command: one line, and exit 1


def _build(settings: Settings) -> Flask:
    keys = Keys.from_root(settings.root_key)
    app = Flask(__name__, instance_path=str(settings.instance_dir))
    if settings.proxy_count:
        count = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.json = StrictJson(app)
    app.config.from_mapping(settings.as_flask_config())
    app.config["SECRET_KEY"] = keys.derive("session").hex()
    app.extensions["lead"] = Lead(settings=settings, keys=keys)
    _connect(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    init_logs(app)  # first, so that every other hook runs between its two
    init_hosts(app, settings.host_names)
    init_headers(app)
    init_errors(app)
    init_api(app)
    init_accounts(app)
    _register_features(app)
    return app


def _connect(app: Flask) -> None:
    try:
        db.init_app(app)
    except (ArgumentError, ImportError) as error:  # no address of a database, or no driver for it
        raise MissingSetting(
            "LEAD_DATABASE_URL names no database that can be used here. "
            "Write it like sqlite:////srv/lead/lead.sqlite3"
        ) from error


def _register_features(app: Flask) -> None:
    """Take each feature's addresses and commands; by name, so that none is imported upward."""
    for name in VIEWS:
        module = import_module(name)
        if hasattr(module, "blueprint"):
            app.register_blueprint(module.blueprint)
        if hasattr(module, "api_blueprint"):
            api.register_blueprint(module.api_blueprint)
    for group in import_module("app.cli").command_groups():
        app.cli.add_command(group)
