"""Wire sign-in into the application."""

from typing import Any, cast

from flask import Flask
from flask_security import Security

from app.accounts import access, limits, navigation, sessions
from app.accounts.datastore import TurnstileDatastore
from app.accounts.models import RoleGrant, User
from app.accounts.passwords import ARGON2
from app.accounts.views import demonstration
from app.config import Settings
from app.db import db

FLASK_SECURITY: dict[str, Any] = {
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
    # No pepper: a new root key must not make every password useless.
    "SECURITY_PASSWORD_SINGLE_HASH": True,
    "SECURITY_TRACKABLE": False,
    "SECURITY_DEFAULT_REMEMBER_ME": False,
    "SECURITY_CLI_USERS_NAME": False,
    "SECURITY_CLI_ROLES_NAME": False,
    "WTF_CSRF_CHECK_DEFAULT": False,  # access.check_access decides where the token is due
    "WTF_CSRF_TIME_LIMIT": None,  # a form lives as long as its session
    "WTF_CSRF_SSL_STRICT": False,  # our pages send no Referer
    "SESSION_REFRESH_EACH_REQUEST": False,
    "RATELIMIT_HEADERS_ENABLED": False,
}


def init_accounts(app: Flask) -> None:
    """Register the extensions, the check in front of every route, and the demonstration's door."""
    settings = cast(Settings, app.extensions["lead"].settings)
    app.config.from_mapping(FLASK_SECURITY)
    security = Security(app, TurnstileDatastore(db, User, RoleGrant), register_blueprint=False)
    # Flask-Security would take its own tokens from a header or the address; ours are api_token.
    security.login_manager.request_loader(_nobody)
    security.login_manager.user_loader(sessions.load_user)
    security.principal.skip_static = True
    limits.init_limits(app)
    access.init_access(app)
    navigation.init_navigation(app)
    if settings.is_demonstration:
        app.register_blueprint(demonstration)


def _nobody(_request: object) -> None:
    return None
