"""People, their roles, sign-in, tokens, and who may call what."""

from flask import Flask


def init_accounts(app: Flask) -> None:
    """Give this application sign-in, sessions, limits and the check in front of every route."""
    from app.accounts.setup import init

    init(app)
