"""For every filter the page, its table, its map and its files say what the API says."""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.filters import FILTER_NAMES
from tests.maps.test_filters import PUBLIC_CASES, REFERRAL_CASES, stored
from tests.maps.test_page import Page
from tests.maps.test_shapes import decode_runs

__all__ = ["stored"]

CASES = [
    *({"dataset": "arrests", **query} for query, _ in PUBLIC_CASES),
    {"dataset": "arrests", "location_quality": "all"},
    {"dataset": "calls"},
    *(query for query, _ in REFERRAL_CASES),
]


def by_api(client: FlaskClient, query: Mapping[str, str]) -> dict[str, Any]:
    answer = client.get("/api/v1/maps/hotspots", query_string=query)
    assert answer.status_code == 200, query
    found = answer.get_json()
    listed = [feature["properties"] for feature in found["features"]]
    return {
        "n": found["metadata"]["n_label"],
        "rows": [
            [str(cell["rank"]), cell["nearest_corner"], cell["count_label"].replace("-", "–")]
            for cell in listed
            if cell["rank"]
        ],
        "bins": {cell["cell_id"]: cell["bin"] for cell in listed if cell["bin"]},
        "counts": {cell["cell_id"]: cell["count_label"] for cell in listed},
    }


def by_script(text: str) -> dict[str, int]:
    """The cells the map draws, by name, with their bins."""
    found = re.search(r"leadMap\.cells\(map_lead, (\{.*\})\);", text)
    assert found
    coded = json.loads(found[1])
    size = coded["size_m"]
    return {
        f"{size}E{column * size}N{row * size}": int(of)
        for of, steps in coded["runs"].items()
        for column, row in decode_runs(steps)
    }


@pytest.mark.slow
def test_every_filter_shows_on_the_page_what_the_api_says(client_for, stored):
    client = client_for("commander")
    drawn = 0
    for given in CASES:
        # The page expects incidents along the streets, so the API's exposure is spelled out.
        query = {"exposure": "area", **given}
        answer = by_api(client, query)

        page = Page(client.get("/maps", query_string=query).text)
        script = client.get("/maps/map.js", query_string=query).text
        files = client.get("/maps/export.csv", query_string=query)

        assert f"<b>n = {answer['n']}</b>" in page.html, query
        shown = [row[:3] for row in page.rows if row and row[0].isdigit()]
        assert shown == answer["rows"][: len(shown)], query
        assert len(shown) == min(len(answer["rows"]), 15), query
        assert by_script(script) == answer["bins"], query
        drawn += len(answer["bins"])
        told = csv.DictReader(io.StringIO(files.get_data(as_text=True)))
        assert {row["cell_id"]: row["count_label"] for row in told} == answer["counts"], query
        files.close()

    assert drawn > 100
    assert {name for case in CASES for name in case} == set(FILTER_NAMES)
