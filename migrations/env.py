"""Runs the numbered migrations against the application's own database."""

from alembic import context
from flask import current_app

from app.db import Base, db

target_metadata = Base.metadata


def run_migrations() -> None:
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
