"""Alive, and able to read and write."""

import pytest

from app.db import db, reading
from app.errors import CannotWriteNow
from app.operations import service, views
from app.operations.models import WriteProbe
from app.operations.probing import Probe


@pytest.fixture(autouse=True)
def _no_held_answer(monkeypatch):
    monkeypatch.setattr(views, "probe", Probe())


def test_alive_asks_nothing_of_the_database(client, monkeypatch):
    monkeypatch.setattr(service, "write_probe", None)
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_ready_means_that_a_write_was_committed(app, client):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"status": "ready"})
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context(), reading() as session:
        assert session.get(WriteProbe, service.PROBE_ID) is not None


@pytest.mark.parametrize("fault", [CannotWriteNow("full"), PermissionError("read-only folder")])
def test_not_ready_says_cannot_write_and_when_to_ask_again(client, monkeypatch, fault):
    def refuse(*_, **__):
        raise fault

    monkeypatch.setattr(service, "write_probe", refuse)
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json == {"status": "cannot_write", "code": "cannot_write"}
    assert answer.headers["Retry-After"] == "5"


def test_a_database_that_refuses_writes_is_not_ready(app, client):
    with app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON write_probe "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        connection.commit()

    assert client.get("/readyz").status_code == 503


def test_an_answer_stands_for_a_second(client, monkeypatch):
    probes = []
    monkeypatch.setattr(service, "write_probe", lambda *_, **__: probes.append(1))
    for _ in range(20):
        client.get("/readyz")

    assert len(probes) == 1
