"""Nothing that names or describes a person lies readable in the database, its WAL or a log."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.db import db, reading

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def plant(value, names):
    """The same body with every free text replaced by a new planted name; closed lists stay."""
    closed = {
        "kind", "location_source", "offence_category", "concern", "willing", "status",
        "resolved_status", "basis", "measured", "hazards", "age_band", "birth_date",
        "observed_on", "occurred_at", "checked_at", "custody_released_at",
    }  # fmt: skip
    if isinstance(value, dict):
        is_drug = "grams" in value
        return {
            key: inner if key in closed and not (is_drug and key == "kind") else plant(inner, names)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [plant(inner, names) for inner in value]
    return next(names) if isinstance(value, str) else value


@pytest.fixture
def planted(full):
    """Two referrals with more than 20 planted names, and the names."""
    given: list[str] = []

    def fresh():
        for number in count():
            given.append(f"Zyxwv{number:02d}Qplant")
            yield given[-1]

    names = fresh()
    full["occurred_at"] = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    bodies = [plant(full, names), plant(full, names)]
    assert len(given) >= 20
    return bodies, given


def test_no_planted_name_lies_in_database_wal_or_log(app, client_for, planted, caplog, capfd):
    bodies, names = planted
    officer = client_for("officer")
    with caplog.at_level(logging.DEBUG):
        for body in bodies:
            referral_uuid = uuid4()
            path = f"/api/v1/referrals/{referral_uuid}"
            assert officer.put(path, json=body, headers=SAME_ORIGIN).status_code == 201
            assert officer.put(path, json=body, headers=SAME_ORIGIN).status_code == 200
            conflict = officer.put(path, json=body | {"unit": names[0]}, headers=SAME_ORIGIN)
            assert conflict.status_code == 409
            wrong = officer.put(path, json=body | {names[1]: names[2]}, headers=SAME_ORIGIN)
            assert wrong.status_code == 422
            swapped = body | {"lat": body["lon"], "lon": body["lat"]}
            refused = officer.put(f"/api/v1/referrals/{uuid4()}", json=swapped, headers=SAME_ORIGIN)
            assert refused.status_code == 422
            assert names[0] in client_for("case_manager").get(path).text or body is bodies[1]

    output = capfd.readouterr()
    logs = caplog.text + output.out + output.err + repr([r.__dict__ for r in caplog.records])
    folder = app.extensions["lead"].settings.instance_dir
    files = [path for path in folder.rglob("*") if path.is_file()]
    stored = b"".join(path.read_bytes() for path in files)
    assert any(path.name.endswith("-wal") for path in files)
    assert len(stored) > 50_000
    for name in [*names, "1990-05-17"]:
        assert name.encode() not in stored
        assert name.encode("utf-16-le") not in stored
        assert name not in logs
    assert "39.2916" not in logs
    assert "76.6216" not in logs


def test_the_search_would_find_a_name_that_is_not_sealed(app):
    """The search above can fail: a clear column is found by the same reading of bytes."""
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE leak (word TEXT)"))
            connection.execute(text("INSERT INTO leak VALUES ('Zyxwv99Qplant')"))
        folder = app.extensions["lead"].settings.instance_dir
        stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"Zyxwv99Qplant" in stored


def test_a_sealed_person_moved_to_another_referral_does_not_open(app, client_for, planted):
    bodies, _ = planted
    officer = client_for("officer")
    uuids = [uuid4() for _ in bodies]
    for referral_uuid, body in zip(uuids, bodies, strict=True):
        officer.put(f"/api/v1/referrals/{referral_uuid}", json=body, headers=SAME_ORIGIN)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE referral SET person_sealed = "
                "(SELECT person_sealed FROM referral WHERE uuid = :source) WHERE uuid = :target"
            ),
            {"source": str(uuids[0]), "target": str(uuids[1])},
        )
    answer = officer.get(f"/api/v1/referrals/{uuids[1]}")

    assert (answer.status_code, answer.json["code"]) == (500, "cannot_unseal")
    assert officer.get(f"/api/v1/referrals/{uuids[0]}").status_code == 200


def test_the_root_key_is_not_in_the_database(app, client_for, planted):
    bodies, _ = planted
    client_for("officer").put(f"/api/v1/referrals/{uuid4()}", json=bodies[0], headers=SAME_ORIGIN)
    settings = app.extensions["lead"].settings
    with app.app_context(), reading() as session:
        assert session.info["keys"].root_key == settings.root_key
    stored = b"".join(path.read_bytes() for path in settings.instance_dir.glob("lead.sqlite3*"))

    assert settings.root_key not in stored
    assert settings.root_key.hex().encode() not in stored
