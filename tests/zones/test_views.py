"""Zone checks and zones over HTTP, as the outside contract has them."""

import json
import logging
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from app.db import reading, unit_of_work
from app.errors import CannotWriteNow
from app.zones import counting, schemas, service

MARKET = {"lat": 39.2916, "lon": -76.6216}
PENN_STATION = {"lat": 39.3073, "lon": -76.6156}
CHECK, BATCH = "/api/v1/zone-checks", "/api/v1/zone-checks/batch"


@pytest.fixture
def officer(client_for):
    return client_for("officer")


@pytest.fixture
def ask(officer):
    def ask(body, url=CHECK):
        answer = officer.post(url, json=body)
        return answer.status_code, answer.get_json()

    return ask


def send_text(client, text, url=CHECK):
    answer = client.post(url, data=text, content_type="application/json")
    return answer.status_code, answer.get_json()


def test_an_answer_has_exactly_the_members_of_the_contract(ask):
    status, answer = ask({**MARKET, "accuracy_m": 8})

    assert status == 200
    assert set(answer) == {
        "status",
        "distance_to_boundary_m",
        "nearest_street",
        "lat",
        "lon",
        "accuracy_m",
        "zone",
        "checked_at",
    }
    assert answer["status"] == "inside"
    assert answer["distance_to_boundary_m"] == pytest.approx(363.27, abs=0.01)
    assert answer["nearest_street"] == "W Franklin St"
    assert (answer["lat"], answer["lon"], answer["accuracy_m"]) == (39.2916, -76.6216, 8)
    assert set(answer["zone"]) == {"id", "name", "version", "effective_from"}
    assert answer["zone"]["version"] == 1
    assert answer["zone"]["effective_from"] == "2017-02-08T00:00:00-05:00"
    assert datetime.fromisoformat(answer["checked_at"]).utcoffset() is not None


def test_outside_with_metres_and_street(ask):
    _, answer = ask(PENN_STATION)

    assert answer["status"] == "outside"
    assert 1_300 < answer["distance_to_boundary_m"] < 1_400
    assert answer["nearest_street"] == "E Franklin St"
    assert answer["accuracy_m"] is None


def test_twelve_metres_from_the_line_with_thirty_metres_accuracy_is_uncertain(ask):
    near = {"lat": 39.2947, "lon": -76.6200}
    _, plain = ask(near)
    _, uncertain = ask({**near, "accuracy_m": plain["distance_to_boundary_m"]})
    _, sure = ask({**near, "accuracy_m": plain["distance_to_boundary_m"] - 1e-9})

    assert plain["status"] == sure["status"] != "uncertain"
    assert uncertain["status"] == "uncertain"
    assert uncertain["distance_to_boundary_m"] == plain["distance_to_boundary_m"]


@pytest.mark.parametrize(
    "at",
    ["2017-02-08", "2017-02-08T00:00:00-05:00", "2017-02-08T05:00:00Z", "2017-02-08t05:00:00z"],
)
def test_at_the_first_instant_the_zone_is_in_force(ask, at):
    assert ask({**MARKET, "at": at})[0] == 200


@pytest.mark.parametrize("at", ["2017-02-07", "2017-02-08T04:59:59.999999Z", "1990-01-01"])
def test_before_it_there_is_none(ask, at):
    status, problem = ask({**MARKET, "at": at})

    assert (status, problem["code"]) == (422, "no_zone_in_force")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid_coordinate", "lat"),
        ({"lat": 39.29}, "invalid_coordinate", "lon"),
        ({"lat": "39.29", "lon": -76.62}, "invalid_coordinate", "lat"),
        ({"lat": 39.29, "lon": True}, "invalid_coordinate", "lon"),
        ({"lat": None, "lon": -76.62}, "invalid_coordinate", "lat"),
        ({"lat": [39.29], "lon": -76.62}, "invalid_coordinate", "lat"),
        ({"lat": 90.1, "lon": -76.62}, "invalid_coordinate", "lat"),
        ({"lat": 39.29, "lon": -180.1}, "invalid_coordinate", "lon"),
        ({"lat": 10**400, "lon": -76.62}, "invalid_coordinate", "lat"),
        ({**MARKET, "accuracy_m": -0.1}, "invalid_input", "accuracy_m"),
        ({**MARKET, "accuracy_m": "5"}, "invalid_input", "accuracy_m"),
        ({**MARKET, "accuracy_m": False}, "invalid_input", "accuracy_m"),
        ({**MARKET, "at": "yesterday"}, "invalid_input", "at"),
        ({**MARKET, "at": "2026-03-01T10:00:00"}, "invalid_input", "at"),
        ({**MARKET, "at": "2026-02-30"}, "invalid_input", "at"),
        ({**MARKET, "at": "0001-01-01T00:00:00+14:00"}, "invalid_input", "at"),
        ({**MARKET, "at": "9999-12-31T23:59:59-14:00"}, "invalid_input", "at"),
        ({**MARKET, "at": 1_700_000_000}, "invalid_input", "at"),
        ({**MARKET, "accuracy": 5}, "invalid_input", "accuracy"),
        ([MARKET], "invalid_input", "request"),
        ("here", "invalid_input", "request"),
    ],
)
def test_what_is_wrong_is_named_by_field(ask, body, code, field):
    status, problem = ask(body)

    assert (status, problem["code"]) == (422, code)
    assert field in problem["errors"]
    assert problem["detail"].endswith(".")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_without_a_value_is_never_answered_with_outside(officer, number):
    status, problem = send_text(officer, f'{{"lat": {number}, "lon": -76.62}}')

    assert status in {400, 422}
    assert problem["code"] in {"invalid_coordinate", "unreadable"}


@pytest.mark.parametrize("text", ["", "{", "\x00", '{"lat": 39.29, "lon": }'])
def test_text_that_is_no_json_is_unreadable(officer, text):
    status, problem = send_text(officer, text)

    assert status == 400
    assert problem["detail"]


def test_swapped_coordinates_are_named_as_such(ask):
    status, problem = ask({"lat": MARKET["lon"], "lon": MARKET["lat"]})

    assert (status, problem["code"]) == (422, "outside_service_area")
    assert "swapped" in problem["detail"]


def test_a_place_far_away_is_refused(ask):
    status, problem = ask({"lat": 38.9, "lon": -77.03})

    assert (status, problem["code"]) == (422, "outside_service_area")
    assert "swapped" not in problem["detail"]


def test_a_batch_answers_in_order_with_errors_in_their_places(ask):
    points = [
        MARKET,
        {"lat": -76.6216, "lon": 39.2916},
        {**PENN_STATION, "accuracy_m": 5000},
        None,
        7,
        {"lat": "39", "lon": -76.6},
        {"lat": 39, "lon": -76.6},
        {**MARKET, "at": "2010-01-01"},
        {**MARKET, "at": "2020-01-01", "accuracy_m": None},
        {"lat": 39.25, "lon": -76.6, "unknown": 1},
    ]

    status, answer = ask({"points": points}, BATCH)

    assert status == 200
    seen = [r.get("status") or r["error"]["code"] for r in answer["results"]]
    assert seen == [
        "inside",
        "outside_service_area",
        "uncertain",
        "invalid_input",
        "invalid_input",
        "invalid_coordinate",
        "outside_service_area",
        "no_zone_in_force",
        "inside",
        "invalid_input",
    ]
    assert all(set(r["error"]) == {"code", "detail"} for r in answer["results"] if "error" in r)


def test_a_batch_member_is_the_answer_of_a_single_check(ask):
    points = [MARKET, {**PENN_STATION, "accuracy_m": 2000.0}, {"lat": 39.3, "lon": -76.62}]

    _, answer = ask({"points": points}, BATCH)

    for point, result in zip(points, answer["results"], strict=True):
        _, single = ask(point)
        assert {**result, "checked_at": 0} == {**single, "checked_at": 0}


@pytest.mark.parametrize(
    "body", [{}, {"points": None}, {"points": MARKET}, {"points": []}, {"places": []}, []]
)
def test_a_batch_that_is_no_list_is_refused_and_an_empty_one_is_empty(ask, body):
    status, answer = ask(body, BATCH)

    if body == {"points": []}:
        assert (status, answer) == (200, {"results": []})
    else:
        assert (status, answer["code"]) == (422, "invalid_input")


@pytest.mark.slow
def test_ten_thousand_points_are_answered_and_one_more_is_too_many(ask):
    point = {**MARKET, "accuracy_m": 12.5}

    status, answer = ask({"points": [point] * 10_000}, BATCH)
    assert status == 200
    assert len(answer["results"]) == 10_000

    status, problem = ask({"points": [point] * 10_001}, BATCH)
    assert (status, problem["code"]) == (413, "too_many_points")
    assert "results" not in problem


@pytest.mark.parametrize("url", [CHECK, BATCH])
def test_a_stranger_gets_no_answer(client, url):
    answer = client.post(url, json=MARKET)

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ["", "/current", "/1", "/999"])
def test_a_stranger_sees_no_zone(client, path):
    assert client.get(f"/api/v1/zones{path}").status_code == 401


def test_no_coordinate_is_logged(officer, caplog):
    caplog.set_level(logging.DEBUG)

    officer.post(CHECK, json=MARKET)
    officer.post(CHECK, json={"lat": "39.2916", "lon": -76.6216})
    officer.post(BATCH, json={"points": [MARKET, {"lat": 39.2916, "lon": "-76.6216"}]})

    assert not re.search(r"39\.29|76\.62", caplog.text)


def test_zones_are_geojson_with_version_and_dates(officer, app, publish, square):
    with app.app_context(), unit_of_work() as session:
        publish(session, square, datetime(2026, 3, 1, 5, tzinfo=UTC))

    zones = officer.get("/api/v1/zones")

    assert zones.content_type == "application/geo+json"
    assert zones.get_json(force=True)["type"] == "FeatureCollection"
    first, second = zones.get_json(force=True)["features"]
    assert first["properties"]["effective_from"] == "2017-02-08T00:00:00-05:00"
    assert first["properties"]["effective_to"] == "2026-03-01T00:00:00-05:00"
    assert second["properties"]["effective_to"] is None
    assert (first["properties"]["version"], second["properties"]["version"]) == (1, 2)
    assert second["geometry"] == square
    assert officer.get(f"/api/v1/zones/{first['id']}").get_json(force=True) == first
    assert officer.get("/api/v1/zones/current").get_json(force=True) == second


def test_the_outline_comes_back_to_the_last_digit(officer, pytestconfig):
    shipped = json.loads((pytestconfig.rootpath / "data/pilot_zone.geojson").read_text())

    zone = officer.get("/api/v1/zones/current").get_json(force=True)

    assert zone["geometry"] == shipped["features"][0]["geometry"]
    assert zone["properties"]["licence"]
    assert {edge["street"] for edge in zone["properties"]["boundary_streets"]} >= {"Light St"}


@pytest.mark.parametrize("path", ["/999", "/0", "/-1", "/one", "/1/x"])
def test_an_unknown_zone_is_404(officer, path):
    answer = officer.get(f"/api/v1/zones{path}")

    assert answer.status_code == 404
    assert answer.get_json(force=True)["code"] == "not_found"


@pytest.mark.parametrize("path", ["", "/current", "/1"])
def test_an_unchanged_zone_is_not_sent_again(officer, path):
    first = officer.get(f"/api/v1/zones{path}")
    etag = first.headers["ETag"]

    again = officer.get(f"/api/v1/zones{path}", headers={"If-None-Match": etag})
    other = officer.get(f"/api/v1/zones{path}", headers={"If-None-Match": '"other"'})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == etag
    assert other.status_code == 200
    assert "no-store" not in first.headers["Cache-Control"]


def test_a_new_version_changes_the_etag_of_the_one_that_ends(officer, app, publish, square):
    before = officer.get("/api/v1/zones/1").headers["ETag"]
    with app.app_context(), unit_of_work() as session:
        publish(session, square, datetime(2026, 3, 1, 5, tzinfo=UTC))

    assert officer.get("/api/v1/zones/1").headers["ETag"] != before


def test_checks_are_counted_by_answer_and_nothing_else_is_stored(ask, app):
    ask(MARKET)
    ask({"points": [MARKET, PENN_STATION, {"lat": 0, "lon": 0}]}, BATCH)
    with app.app_context():
        app.extensions["zone_checks"].write(now=datetime.now(UTC))
        with reading() as session:
            counts = service.check_counts(session)

    assert sorted(counts.values()) == [1, 2]
    assert {status for _, status in counts} == {"inside", "outside"}
    assert all(isinstance(day, date) for day, _ in counts)


def test_an_answer_does_not_fail_with_the_count(ask, app, monkeypatch):
    def full_disk():
        raise CannotWriteNow("full")

    monkeypatch.setattr(counting, "unit_of_work", full_disk)
    monkeypatch.setattr(counting, "WRITE_EVERY", timedelta(0))

    assert [ask(MARKET)[0], ask(MARKET)[0]] == [200, 200]


def test_the_quick_way_through_a_batch_takes_only_what_the_schema_takes():
    """Bodies that skip the schema load to the same values as through it."""
    bodies = [
        MARKET,
        {**MARKET, "accuracy_m": 3.5},
        {**MARKET, "at": "2026-01-01"},
        {**MARKET, "at": None},
    ]
    for body in bodies:
        assert schemas._is_plain(body)
        assert schemas.ZoneCheckBody().load(body) == {"accuracy_m": None, "at": None, **body}
    assert not schemas._is_plain({**MARKET, "accuracy_m": float("inf")})
    assert not schemas._is_plain({**MARKET, "accuracy_m": None})
    assert not schemas._is_plain({**MARKET, "lat": True})
    assert not schemas._is_plain({**MARKET, "lat": 39})
    assert not schemas._is_plain({**MARKET, "other": 1})
