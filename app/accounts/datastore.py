"""Flask-Security's way to our tables: reads in a reading session, writes in a unit of work."""

from typing import Any

from flask import g
from flask_security import SQLAlchemyUserDatastore
from sqlalchemy import func, select

from app.db import Base, reading, unit_of_work


class TurnstileDatastore(SQLAlchemyUserDatastore):  # type: ignore[misc]
    """Collects what Flask-Security wants stored and writes it at `commit`, behind the turnstile."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Any:
        """The person with this one attribute, detached from the database, or None."""
        ((attribute, value),) = kwargs.items()
        column = getattr(self.user_model, attribute)
        matches = func.lower(column) == func.lower(value) if case_insensitive else column == value
        with reading() as session:
            user = session.scalar(select(self.user_model).where(matches))
            session.expunge_all()  # keep what was read when the session ends
            return user

    def put(self, model: Base) -> Base:
        """Remember a new or changed row."""
        self._waiting().append((model, False))
        return model

    def delete(self, model: Base) -> None:
        """Remember a row to delete."""
        self._waiting().append((model, True))

    def commit(self) -> None:
        """Write what is waiting, all of it or nothing."""
        waiting = g.pop("datastore_waiting", [])
        if not waiting:
            return
        with unit_of_work() as session:
            for model, is_deleted in waiting:
                merged = session.merge(model)
                if is_deleted:
                    session.delete(merged)

    def _waiting(self) -> list[tuple[Base, bool]]:
        if "datastore_waiting" not in g:
            g.datastore_waiting = []
        waiting: list[tuple[Base, bool]] = g.datastore_waiting
        return waiting
