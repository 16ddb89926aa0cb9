"""The map room's page: the same numbers everywhere, small for any number, no point in it."""

import io
import json
import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient
from PIL import Image

from app.filters import RecordFilter
from app.geo.records import MapRecords
from app.maps import service_ground, service_hotspots, toolbar, views
from tests.maps.fakes import MARKET_M, Use, records, scattered

LIMIT_BYTES = 150_000
DAY = date(2026, 5, 12)


class Page(HTMLParser):
    """Tags, texts and table cells of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self._cell = []

    def handle_data(self, data):
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag):
        if tag in {"td", "th"} and self._cell is not None:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def links(self, part: str) -> list[str]:
        found = [a.get("href") or a.get("src") or "" for _, a in self.tags]
        return [link for link in found if part in link]


@pytest.fixture
def commander(client_for: Callable[[str], FlaskClient], use: Use) -> FlaskClient:
    return client_for("commander")


@pytest.fixture
def public_set(use: Use, monkeypatch: pytest.MonkeyPatch) -> Callable[[MapRecords], None]:
    """Put a public-record set named arrests in place."""

    def put(found: MapRecords) -> None:
        use(found, "arrests", is_public_record=True)
        choice = toolbar.DataChoice("arrests", "arrests", True, ("drug_possession",))
        monkeypatch.setattr(views.incidents, "datasets", lambda _session: [_About(choice)])

    return put


class _About:
    """What the page asks of a stored set."""

    def __init__(self, choice: toolbar.DataChoice) -> None:
        self.name, self.is_public_record = choice.name, choice.is_public_record
        self.classes = choice.classes


def open_page(client: FlaskClient, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:500]
    return Page(answer.text)


def hot_records(n: int = 60) -> MapRecords:
    """A heap at the market over a thin spread."""
    heap = [(MARKET_M[0] + i % 7, MARKET_M[1] + i % 5) for i in range(n)]
    return records(heap + scattered(300, spread_m=4000))


def test_the_map_has_its_region_its_table_and_a_heading(commander: FlaskClient, use: Use):
    use(hot_records())

    page = open_page(commander, "/maps")

    assert ("section", {"class": "map-frame", "role": "region", "aria-label": "Map"}) in page.tags
    assert "<caption>" in page.html
    assert sum(tag == "h1" for tag, _ in page.tags) == 1


def test_row_three_is_cell_three(commander: FlaskClient, public_set):
    public_set(hot_records())

    page = open_page(commander, "/maps?dataset=arrests&exposure=area")
    script = commander.get("/maps/map.js?dataset=arrests&exposure=area").text

    numbers = [row[0] for row in page.rows[1:]]
    coded = re.search(r'"ranked": (\[\[.*?\]\])', script)
    assert coded is not None
    assert numbers == [str(i) for i in range(1, len(numbers) + 1)]
    assert [str(cell[0]) for cell in json.loads(coded[1])] == numbers


def test_a_public_set_shows_what_was_expected(commander: FlaskClient, public_set):
    public_set(hot_records())

    page = open_page(commander, "/maps?dataset=arrests&exposure=area")

    assert page.rows[0] == [
        *("Cell", "Nearest corner", "In the cell", "In 750 m", "Expected", "Times", "Sure"),
    ]
    assert max(int(row[2]) for row in page.rows[1:]) >= 60
    assert all(int(row[3]) > float(row[4]) > 0 for row in page.rows[1:])


def test_a_personal_set_shows_rounded_counts_and_nothing_expected(commander: FlaskClient, use: Use):
    use(hot_records(61))

    page = open_page(commander, "/maps")

    assert page.rows[0] == ["Cell", "Nearest corner", "In the cell", "Sure"]
    assert page.rows[1][2] == "60"
    assert "Weekday" not in page.html
    script = commander.get("/maps/map.js").text
    assert "expected" not in script
    assert "count" not in script


@pytest.mark.parametrize("layer", ["hotspots", "density"])
def test_nothing_on_the_page_is_inline(commander: FlaskClient, use: Use, layer: str):
    use(hot_records())

    page = open_page(commander, f"/maps?layer={layer}")

    for tag, attributes in page.tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag != "style"
        assert tag != "script" or attributes.get("src"), "a script without a file"
    own = [link for link in page.links("") if link]
    assert not [link for link in own if link.startswith(("http", "//"))]


@pytest.mark.parametrize("layer", ["hotspots", "density"])
def test_a_place_that_one_record_has_reaches_nobody(commander: FlaskClient, public_set, layer: str):
    lone = (433_111.0, 181_222.0)
    public_set(records([*[MARKET_M] * 40, lone]))

    answers = [
        commander.get(f"/maps?layer={layer}&dataset=arrests").text,
        commander.get(f"/maps/map.js?layer={layer}&dataset=arrests").text,
    ]

    lon, lat = shapely.get_coordinates(views.shapes.unproject_m(shapely.Point(lone)))[0]
    for text in answers:
        assert f"{lat:.4f}" not in text
        assert f"{lon:.4f}" not in text
        assert '"Point"' not in text
        assert "circleMarker" not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "query", ["layer=hotspots&cell_m=100", "layer=hotspots", "layer=density", "layer=hotspots&x=1"]
)
def test_a_million_records_make_a_small_page(commander: FlaskClient, public_set, query: str):
    public_set(_million(is_patchy="x=1" not in query))
    query = f"dataset=arrests&exposure=area&{query.replace('&x=1', '&cell_m=100')}"

    sizes = {
        path: len(commander.get(f"/maps{path}?{query}").data)
        for path in ("", "/map.js", "/map.css", "/density.png")
        if "density" in query or path != "/density.png"
    }

    assert sizes["/map.js"] > 3_000
    assert sum(sizes.values()) <= LIMIT_BYTES, sizes


def _million(*, is_patchy: bool) -> MapRecords:
    """A million records: in heaps on a third of the smallest cells, or evenly everywhere."""
    rng = np.random.default_rng(5)
    grid = service_ground.grid(100)
    x, y = grid.centres_m
    chosen = rng.choice(grid.n, grid.n // 3 if is_patchy else grid.n, replace=False)
    cell = rng.choice(chosen, 1_000_000)
    jitter = rng.uniform(-49, 49, (2, 1_000_000))
    return MapRecords(
        x_m=x[cell] + jitter[0],
        y_m=y[cell] + jitter[1],
        occurred_on=np.full(1_000_000, np.datetime64(DAY)),
        person_key=np.arange(1_000_000),
        unmapped={},
        first_on=DAY,
        last_on=DAY,
        data_version="million",
    )


def test_the_filter_stays_in_every_link(commander: FlaskClient, public_set):
    public_set(hot_records())
    query = (
        "dataset=arrests&from=2026-05-01&to=2026-05-31&offence_category=drug_possession&district=1,3"
        "&district_set=2023&zone_status=inside&weekday=2&hour_from=8&hour_to=20"
        "&bbox=-76.65,39.27,-76.6,39.31&exposure=population&cell_m=500&location_quality=all"
    )
    asked = RecordFilter.parse({k: v[0] for k, v in parse_qs(query).items()})

    page = open_page(commander, f"/maps?layer=hotspots&{query}")

    links = [*page.links("/maps/map.js"), *page.links("/maps/export."), *page.links("/maps?layer=")]
    kept = [
        link
        for link in links
        if not link.endswith("layer=hotspots")  # "Clear" drops the filter
    ]
    assert len(kept) == 1 + 5 + 2
    for link in kept:
        values = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
        assert RecordFilter.parse(values) == asked, link


def test_every_chosen_filter_is_marked_in_the_form(commander: FlaskClient, public_set):
    public_set(hot_records())

    page = open_page(
        commander, "/maps?dataset=arrests&weekday=2,5&district=3&cell_m=500&to=2026-06-01"
    )

    chosen = {(a["name"], a["value"]) for tag, a in page.tags if tag == "input" and "checked" in a}
    assert {("weekday", "2"), ("weekday", "5"), ("district", "3"), ("cell_m", "500")} <= chosen
    assert ("dataset", "arrests") in chosen
    assert ("exposure", "street_length") in chosen
    assert any(a.get("name") == "to" and a["value"] == "2026-06-01" for _, a in page.tags)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("cell_m=x", "cell_m: Send a whole number from 100 to 5000."),
        ("from=yesterday", "from: Send a date like 2026-03-01."),
        ("weekday=1", "Weekday and hours"),
        ("bbox=1,2,3", "west,south,east,north"),
    ],
)
def test_a_filter_that_cannot_be_used_is_explained(
    commander: FlaskClient, use: Use, query: str, sentence: str
):
    use(hot_records())

    page = open_page(commander, f"/maps?{query}", status=422)

    assert sentence in page.html
    assert any(tag == "form" for tag, _ in page.tags)
    assert "map_lead" not in page.html


def test_a_printed_sheet_says_its_filter(commander: FlaskClient, public_set):
    public_set(hot_records())

    page = open_page(
        commander,
        "/maps?dataset=arrests&district=3&weekday=2,5&cell_m=500&bbox=-76.65,39.27,-76.6,39.31",
    )

    sheet = page.html.split('class="on-paper">')[1].split("</p>")[0]
    assert sheet.startswith("Data: arrests; District: 3 ")
    assert "; Weekday: Tuesday, Friday; Cell size: 500 m; " in sheet
    assert sheet.endswith("; Area: west, south, east, north: -76.65,39.27,-76.6,39.31")


def test_one_wrong_value_does_not_undo_the_others(commander: FlaskClient, public_set):
    public_set(hot_records())

    page = open_page(
        commander, "/maps?dataset=arrests&district=3&from=99&cell_m=x&to=2026-06-01", status=422
    )
    fields = [dict(attributes) for tag, attributes in page.tags if tag == "input"]
    chosen = {(a["name"], a["value"]) for a in fields if "checked" in a}

    assert {("dataset", "arrests"), ("district", "3")} <= chosen
    assert {"name": "to", "value": "2026-06-01", "type": "date"} in fields
    assert "from: Send a date like 2026-03-01." in page.html
    assert "cell_m: Send a whole number from 100 to 5000." in page.html


def test_an_unknown_map_is_not_found(commander: FlaskClient, use: Use):
    use(hot_records())

    assert commander.get("/maps?layer=satellite").status_code == 404
    assert commander.get("/maps/export.exe").status_code == 404


def test_names_of_corners_are_text_and_nothing_else(
    commander: FlaskClient, use: Use, monkeypatch: pytest.MonkeyPatch
):
    hostile = "<img src=x onerror=alert(1)>`${1}`"
    monkeypatch.setattr(service_hotspots.places, "near_well_known", lambda *_: hostile)
    use(hot_records())

    page = open_page(commander, "/maps")

    assert hostile not in page.html
    assert page.rows[1][1] == hostile
    assert "onerror" not in commander.get("/maps/map.js").text


def test_an_empty_set_says_so(commander: FlaskClient, use: Use):
    use(records([]))

    for layer in ("hotspots", "density"):
        page = open_page(commander, f"/maps?layer={layer}")

        assert "There are no referrals with these filters" in page.html
        assert commander.get(f"/maps/map.js?layer={layer}").status_code == 200
    assert commander.get("/maps/density.png").status_code == 200


def test_widened_dates_are_said(commander: FlaskClient, use: Use):
    use(hot_records())

    page = open_page(commander, "/maps?from=2026-05-10&to=2026-05-20")

    assert "1 Mar 2026 to 31 May 2026 (widened to whole months)" in page.html


def test_the_picture_has_the_ramp_and_a_clear_lowest_class(commander: FlaskClient, public_set):
    public_set(hot_records())

    answer = commander.get("/maps/density.png?dataset=arrests")
    picture = Image.open(io.BytesIO(answer.data))

    assert answer.mimetype == "image/png"
    assert picture.mode == "P"
    assert picture.info["transparency"] == 0
    used = sorted(colour for _, colour in picture.getcolors() or [])
    assert used == [0, *range(2, 1 + len(used))]


def test_density_rows_and_legend_share_their_classes(commander: FlaskClient, public_set):
    public_set(hot_records())

    page = open_page(commander, "/maps?layer=density&dataset=arrests")

    lows = [row[1] for row in page.rows[1:]]
    for row in page.rows[1:]:
        assert f"{row[1]} to {row[2]}" in page.html
    assert len(lows) == len(set(lows)) > 1


@pytest.mark.parametrize("suffix", ["geojson", "csv", "gpkg", "png", "html"])
def test_what_is_seen_can_be_taken_along(commander: FlaskClient, use: Use, suffix: str):
    use(hot_records())

    answer = commander.get(f"/maps/export.{suffix}?layer=hotspots")

    assert answer.status_code == 200
    assert f".{suffix}" in answer.headers["Content-Disposition"]
    assert len(answer.data) > 500
    answer.close()


def test_pages_with_people_behind_them_are_not_kept(commander: FlaskClient, use: Use):
    use(hot_records())

    for path in ("/maps", "/maps/map.js", "/maps/density.png", "/maps/export.csv"):
        with commander.get(path) as answer:
            assert answer.headers["Cache-Control"] == "no-store", path


def test_neighbourhood_borders_come_when_asked_for(commander: FlaskClient):
    answer = commander.get("/maps/neighbourhoods.json")

    assert len(answer.json["lines"]) > 200
    assert len(answer.data) < 80_000


def test_an_officer_has_no_map_room(client_for, use: Use):
    use(hot_records())
    officer = client_for("officer")

    for path in ("/maps", "/maps/map.js", "/maps/density.png", "/maps/export.csv"):
        assert officer.get(path).status_code == 403, path
