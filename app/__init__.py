"""LEAD field referral: zone checks, referrals, and the maps and plans made from them."""

from importlib import import_module

from flask import Flask
from flask_migrate import Migrate

from app.accounts import init_accounts
from app.config import ROOT, Settings
from app.db import db
from app.sealing import Keys
from app.web.api import api, init_api
from app.web.context import Lead
from app.web.errors import init_errors
from app.web.headers import init_headers
from app.web.json import StrictJson

__all__ = ["create_app"]

VIEWS = (
    "app.accounts.views",
    "app.zones.views",
    "app.places.views",
    "app.referrals.views",
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
    settings = settings or Settings.from_env()
    keys = Keys.from_root(settings.root_key)
    app = Flask(__name__, instance_path=str(settings.instance_dir))
    app.json = StrictJson(app)
    app.config.from_mapping(settings.as_flask_config())
    app.config["SECRET_KEY"] = keys.derive("session").hex()
    app.extensions["lead"] = Lead(settings=settings, keys=keys)
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    init_headers(app)
    init_errors(app)
    init_api(app)
    init_accounts(app)
    _register_features(app)
    return app


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
