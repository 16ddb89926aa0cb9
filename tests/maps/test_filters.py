"""One walk over every filter: API, file and command line give the same answer.

What is right is worked out here from the rows themselves, apart from the product's code.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient

from app.db import unit_of_work
from app.filters import FILTER_NAMES
from app.geo.coords import project_m
from tests.maps.sets import Row, rows, store_referrals, store_set

Keep = Callable[[Row], bool]
BOX = "-76.63,39.285,-76.61,39.3"
WEEKDAY = 3
ALL: Keep = lambda row: True  # noqa: E731

PUBLIC_CASES: list[tuple[dict[str, str], Keep]] = [
    ({}, ALL),
    ({"from": "2026-02-03"}, lambda row: row.on >= date(2026, 2, 3)),
    ({"to": "2025-08-17"}, lambda row: row.on <= date(2025, 8, 17)),
    (
        {"from": "2025-05-02", "to": "2025-05-30"},
        lambda row: date(2025, 5, 2) <= row.on <= date(2025, 5, 30),
    ),
    ({"offence_category": "prostitution"}, lambda row: row.category == "prostitution"),
    (
        {"offence_category": "prostitution,drug_possession"},
        lambda row: row.category != "other",
    ),
    ({"district": "1", "district_set": "2023"}, lambda row: row.district == 1),
    ({"district": "1"}, lambda row: row.district == 1),
    ({"zone_status": "inside"}, lambda row: row.is_inside),
    ({"zone_status": "outside"}, lambda row: not row.is_inside),
    ({"weekday": str(WEEKDAY)}, lambda row: row.on.isoweekday() == WEEKDAY),
    ({"hour_from": "8", "hour_to": "11"}, lambda row: 8 <= row.hour <= 11),
    ({"hour_from": "22", "hour_to": "2"}, lambda row: row.hour >= 22 or row.hour <= 2),
    ({"bbox": BOX}, ALL),
    ({"exposure": "area"}, ALL),
    ({"exposure": "street_length"}, ALL),
    ({"exposure": "population"}, ALL),
    ({"cell_m": "500"}, ALL),
    (
        {"weekday": str(WEEKDAY), "offence_category": "other", "zone_status": "inside"},
        lambda row: row.on.isoweekday() == WEEKDAY and row.category == "other" and row.is_inside,
    ),
]
REFERRAL_CASES: list[tuple[dict[str, str], Keep]] = [
    ({}, ALL),
    ({"dataset": "referrals"}, ALL),
    ({"kind": "social_contact"}, lambda row: row.kind == "social_contact"),
    ({"status": "not_proceeding"}, lambda row: False),  # the count is asked below
    (
        {"from": "2026-02-03", "to": "2026-02-04"},  # widens to December, January, February
        lambda row: date(2025, 12, 1) <= row.on <= date(2026, 2, 28),
    ),
    ({"zone_status": "inside"}, lambda row: row.is_inside),
    ({"district": "1", "district_set": "2023"}, lambda row: row.district == 1),
    ({"bbox": BOX}, ALL),
    ({"exposure": "population"}, ALL),
    ({"exposure": "arrests"}, ALL),
    ({"cell_m": "300"}, ALL),
]


@pytest.fixture
def stored(app: Flask, tmp_path: Path, now) -> Mapping[str, list[Row]]:
    """120 referrals, a public set of 300 (10 flagged), a personal set of 200."""
    with app.app_context(), unit_of_work() as session:
        made = {
            "arrests": rows(session, 300, seed=21, now=now, flagged=10),
            "calls": rows(session, 200, seed=22, now=now),
            "referrals": rows(session, 120, seed=23, now=now),
        }
        store_set(session, tmp_path, "arrests", made["arrests"], is_public=True, now=now)
        store_set(session, tmp_path, "calls", made["calls"], is_public=False, now=now)
        store_referrals(session, made["referrals"], now=now)
    return made


def by_api(client: FlaskClient, query: Mapping[str, str]) -> dict[str, Any]:
    answer = client.get("/api/v1/maps/hotspots", query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = answer.get_json()
    return {
        "n": found["metadata"]["n"],
        "labels": {f["id"]: f["properties"]["count_label"] for f in found["features"]},
        "filters": found["metadata"]["filters"],
    }


def by_file(client: FlaskClient, query: Mapping[str, str]) -> dict[str, str]:
    answer = client.get("/api/v1/maps/hotspots.csv", query_string=query)
    assert answer.status_code == 200
    return {
        row["cell_id"]: row["count_label"]
        for row in csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
    }


def by_command(app: Flask, folder: Path, query: Mapping[str, str]) -> dict[str, Any]:
    out = folder / "layer.geojson"
    options = [f"--{name.replace('_', '-')}={value}" for name, value in query.items()]
    result = app.test_cli_runner().invoke(
        args=["maps", "export", "hotspots", "--out", str(out), "--json", *options]
    )
    assert result.exit_code == 0, result.output
    said, written = json.loads(result.stdout), json.loads(out.read_text())
    assert said["n"] == written["metadata"]["n"]
    return {
        "n": said["n"],
        "labels": {f["id"]: f["properties"]["count_label"] for f in written["features"]},
        "filters": said["filters"],
    }


def counts_of(listed: list[Row], cell_m: int) -> dict[str, int]:
    told: dict[str, int] = {}
    for row in listed:
        east, north = int(row.x_m // cell_m) * cell_m, int(row.y_m // cell_m) * cell_m
        name = f"{cell_m}E{east}N{north}"
        told[name] = told.get(name, 0) + 1
    return told


def is_in_box(cell_id: str, box: str) -> bool:
    size, _, corner = cell_id.partition("E")
    east, _, north = corner.partition("N")
    square = shapely.box(*(int(v) for v in (east, north)), int(east) + int(size),
                         int(north) + int(size))  # fmt: skip
    return bool(square.intersects(project_m(shapely.box(*map(float, box.split(","))))))


def rounded(count: int) -> str:
    return "1-4" if 1 <= count <= 4 else str(round(count / 5) * 5)


@pytest.mark.slow
def test_every_filter_gives_the_same_answer_everywhere(
    app: Flask, client_for, stored: Mapping[str, list[Row]], tmp_path: Path
) -> None:
    client = client_for("commander")
    walked: set[str] = set()
    cases = [
        *(({"dataset": "arrests", **query}, keep) for query, keep in PUBLIC_CASES),
        ({"dataset": "arrests", "location_quality": "all"}, ALL),
        ({"dataset": "calls"}, ALL),
        *REFERRAL_CASES,
    ]
    for query, keep in cases:
        walked |= set(query)
        name = query.get("dataset", "referrals")
        listed = [row for row in stored[name] if keep(row)]
        if "location_quality" not in query:
            listed = [row for row in listed if not row.is_flagged]
        if "status" in query:
            listed = [row for i, row in enumerate(stored[name]) if i % 4 == 0]
        assert listed, query
        assert (keep is ALL) is (len(listed) >= len(stored[name]) - 10), query
        answer = by_api(client, query)
        cell_m = 500 if query.get("cell_m") in ("500", "300") else 250
        true = counts_of(listed, cell_m)
        show = str if name == "arrests" else rounded
        expected = {cell: show(count) for cell, count in true.items()}
        if "bbox" in query:
            expected = {c: label for c, label in expected.items() if is_in_box(c, query["bbox"])}
            assert all(is_in_box(cell, query["bbox"]) for cell in answer["labels"])

        assert {c: v for c, v in answer["labels"].items() if v != "0"} == expected, query
        assert str(answer["n"]) == show(len(listed)), query
        assert by_file(client, query) == answer["labels"], query
        assert by_command(app, tmp_path, query) == answer, query

    assert walked == set(FILTER_NAMES)


REFUSED = [
    {"weekday": "1"},
    {"hour_from": "8"},
    {"hour_to": "9"},
    {"dataset": "calls", "weekday": "1"},
    {"dataset": "nothing"},
    {"exposure": "nothing"},
    {"kind": "nothing"},
    {"status": "nothing"},
    {"status": "intake_due"},  # no word of the police's
    {"dataset": "arrests", "kind": "social_contact"},
    {"dataset": "arrests", "status": "received"},
    {"bbox": "1,2,3"},
    {"from": "tomorrow"},
    {"from": "2026-02-02", "to": "2026-01-01"},
    {"cell_m": "0"},
]


def test_a_filter_that_cannot_be_used_is_refused_with_a_sentence(stored, app, client_for):
    client = client_for("commander")
    for query in REFUSED:
        answer = client.get("/api/v1/maps/hotspots", query_string=query)

        assert answer.status_code == 422, query
        assert answer.content_type == "application/problem+json"
        assert len(answer.get_json()["detail"]) > 20, query
