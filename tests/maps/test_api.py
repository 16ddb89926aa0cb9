"""Map layers over HTTP: who may, which form, what stays the same."""

import csv
import io

import pytest

from app.db import unit_of_work
from app.maps import rules
from tests.maps.sets import rows, store_referrals, store_set

LAYERS = ("hotspots", "density")


@pytest.fixture
def stored(app, tmp_path, now):
    """60 referrals and a public set of 80."""
    with app.app_context(), unit_of_work() as session:
        store_set(
            session,
            tmp_path,
            "arrests",
            rows(session, 80, seed=31, now=now),
            is_public=True,
            now=now,
        )
        store_referrals(session, rows(session, 60, seed=32, now=now), now=now)


@pytest.mark.parametrize("role", ["officer", "case_manager", "prosecutor", "admin"])
def test_other_roles_get_no_map(client_for, role):
    assert client_for(role).get("/api/v1/maps/hotspots").status_code == 403


def test_nobody_signed_in_gets_no_map(client):
    assert client.get("/api/v1/maps/hotspots").status_code == 401
    assert client.get("/api/v1/maps/hotspots.csv").status_code == 401


@pytest.mark.parametrize("role", ["commander", "planner", "evaluator", "programme_manager"])
def test_map_roles_get_geojson_with_metadata(stored, client_for, role):
    client = client_for(role)
    for layer in LAYERS:
        answer = client.get(f"/api/v1/maps/{layer}")
        found = answer.get_json()

        assert answer.status_code == 200
        assert answer.mimetype == "application/geo+json"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert found["type"] == "FeatureCollection"
        assert {
            "n", "unmapped", "filters", "zone_version", "method", "parameters", "exposure",
            "suppression_rule", "data_version",
        } <= set(found["metadata"])  # fmt: skip
        assert found["metadata"]["notice"].startswith("Demonstration")


def test_cells_carry_what_the_contract_names(stored, client_for):
    found = client_for("commander").get("/api/v1/maps/hotspots?dataset=arrests").get_json()

    assert set(found["features"][0]["properties"]) >= {
        "cell_id", "count", "count_label", "expected", "z_score", "p_value", "q_value", "bin",
        "method",
    }  # fmt: skip
    assert found["features"][0]["geometry"]["type"] == "Polygon"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("trends", "not built yet"),
        ("nothing", "no such layer"),
        ("hotspots.pdf", "next version"),
        ("hotspots.exe", "geojson, csv, gpkg, png and html"),
        ("trends.csv", "not built yet"),
    ],
)
def test_what_is_not_there_is_404_with_a_sentence(client_for, path, words):
    answer = client_for("commander").get(f"/api/v1/maps/{path}")

    assert answer.status_code == 404
    assert words in answer.get_json()["detail"]


def test_an_etag_spares_sending_the_same_again(stored, client_for):
    client = client_for("commander")
    for path in ("hotspots", "density", "hotspots.csv"):
        first = client.get(f"/api/v1/maps/{path}")
        again = client.get(f"/api/v1/maps/{path}", headers={"If-None-Match": first.headers["ETag"]})
        other = client.get(f"/api/v1/maps/{path}?cell_m=500&zone_status=inside")

        assert again.status_code == 304
        assert not again.data
        assert again.headers["ETag"] == first.headers["ETag"]
        assert other.headers["ETag"] != first.headers["ETag"]


@pytest.mark.slow
def test_files_come_as_attachments_of_their_kind(stored, client_for):
    client = client_for("planner")
    for suffix, media_type, start in (
        ("geojson", "application/geo+json", b"{"),
        ("csv", "text/csv", b"cell_id,"),
        ("gpkg", "application/geopackage+sqlite3", b"SQLite format 3"),
        ("png", "image/png", b"\x89PNG"),
    ):
        answer = client.get(f"/api/v1/maps/hotspots.{suffix}?bbox=-76.63,39.285,-76.61,39.3")

        assert answer.status_code == 200
        assert answer.mimetype == media_type
        assert answer.data.startswith(start)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="hotspots.{suffix}"'


def test_police_learn_nothing_after_the_hand_off(stored, app, client_for):
    """A referral that goes on after the hand-off changes no byte of a commander's map."""
    from sqlalchemy import text

    commander, manager = client_for("commander"), client_for("programme_manager")
    paths = [
        "/api/v1/maps/hotspots?status=handed_off",
        "/api/v1/maps/density?status=handed_off",
        "/api/v1/maps/hotspots",
    ]
    with app.app_context(), unit_of_work() as session:
        session.execute(
            text("UPDATE referral SET engagement_state = 'handed_off', was_handed_off = 1")
        )
    before = [commander.get(path) for path in paths]
    seen_by_manager = manager.get(paths[0])
    with app.app_context(), unit_of_work() as session:
        session.execute(text("UPDATE referral SET engagement_state = 'active' WHERE id % 2 = 0"))
    after = [commander.get(path) for path in paths]

    assert before[0].get_json()["metadata"]["n"] > 0
    for one, other in zip(before, after, strict=True):
        assert one.data == other.data
        assert one.headers["ETag"] == other.headers["ETag"]
    assert manager.get(paths[0]).headers["ETag"] != seen_by_manager.headers["ETag"]


def test_rows_of_the_file_are_those_of_the_answer(stored, client_for):
    client = client_for("commander")
    found = client.get("/api/v1/maps/hotspots?dataset=arrests").get_json()
    text = client.get("/api/v1/maps/hotspots.csv?dataset=arrests").get_data(as_text=True)
    written = list(csv.DictReader(io.StringIO(text)))

    assert [row["cell_id"] for row in written] == [f["id"] for f in found["features"]]
    for row, feature in zip(written[:200], found["features"], strict=False):
        assert int(row["count"]) == feature["properties"]["count"]
        assert float(row["p_value"]) == feature["properties"]["p_value"]
        assert row["notice"].startswith("Demonstration")


def test_an_imported_set_is_not_called_synthetic():
    notice = rules.demonstration_notice("arrests", is_synthetic=False)

    assert "arrests was imported" in notice
    assert "All data" not in notice
