"""The map room in Chromium: from this host alone, usable by keyboard, readable by everyone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import DESK, TABLET, Visit

INCIDENTS = "demo-incidents"
Open = Callable[..., Visit]

COLOURS_OF_TILES = """() => {
  const seen = new Set();
  for (const tile of document.querySelectorAll('canvas.leaflet-tile')) {
    if (!tile.width) continue;
    const {data} = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height);
    for (let i = 0; i < data.length; i += 400) seen.add(data.slice(i, i + 3).join());
  }
  return seen.size;
}"""
DRAWN_CELLS = "() => document.querySelectorAll('path.bin-hot-3, path.bin-hot-2').length"
MIDDLE = "() => { const {lat, lng} = map_lead.getCenter(); return [lat, lng]; }"


def wait_until(page: Any, script: str, reached: Callable[[Any], bool]) -> Any:
    """Ask the page until it answers so; Playwright's own waiting would need eval in the page."""
    for _ in range(100):
        answer = page.evaluate(script)
        if reached(answer):
            return answer
        page.wait_for_timeout(100)
    raise AssertionError(f"after 10 s still {answer!r}: {script}")


@pytest.fixture
def map_room(browser_page: Open) -> Callable[..., Visit]:
    """Open the map room as commander and wait until streets are drawn."""

    def opened(query: str = "", viewport: dict[str, int] = DESK) -> Visit:
        visit = browser_page("commander", viewport=viewport)
        visit.page.goto(f"/maps?{query}")
        wait_until(visit.page, COLOURS_OF_TILES, lambda colours: colours > 20)
        return visit

    return opened


@pytest.mark.parametrize("viewport", [TABLET, DESK], ids=["768x1024", "1280x800"])
@pytest.mark.parametrize(
    "query",
    ["", "layer=density", f"dataset={INCIDENTS}", f"layer=density&dataset={INCIDENTS}"],
    ids=["referrals", "referral density", "incidents", "incident density"],
)
def test_the_map_is_drawn_from_this_host_and_everyone_can_read_it(
    map_room: Callable[..., Visit], viewport: dict[str, int], query: str
):
    visit = map_room(query, viewport)
    page = visit.page

    assert page.get_by_role("region", name="Map").is_visible()
    assert page.locator("table caption").is_visible()
    assert page.locator("path.zone-edge").count() == 1
    if "density" in query:
        assert page.locator("img.density-picture").evaluate("image => image.naturalWidth") > 100
    else:
        wait_until(page, DRAWN_CELLS, lambda paths: paths > 0)
    assert visit.outside_requests() == []
    assert visit.console_errors == []
    assert visit.axe_violations() == []
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= viewport["width"], "the page is wider than the window"


@pytest.mark.parametrize("theme", ["night", "red"])
def test_other_themes_redraw_the_map_and_stay_readable(map_room: Callable[..., Visit], theme: str):
    visit = map_room()

    visit.page.get_by_label("Display").select_option(theme)

    wait_until(visit.page, COLOURS_OF_TILES, lambda colours: colours > 5)
    assert visit.axe_violations() == []
    assert visit.console_errors == []


def test_open_groups_of_the_filter_bar_are_readable(map_room: Callable[..., Visit]):
    visit = map_room(f"dataset={INCIDENTS}", TABLET)

    for chip in visit.page.locator("form.filters details").all():
        chip.locator("summary").click()
        assert visit.axe_violations() == [], chip.get_attribute("data-chip")
        box = chip.locator(".pop").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= TABLET["width"]
        visit.page.keyboard.press("Escape")


def test_every_filter_is_reached_by_keyboard(map_room: Callable[..., Visit]):
    visit = map_room(f"dataset={INCIDENTS}")
    page = visit.page
    page.get_by_role("link", name="Maps").or_(page.locator("a.mark")).first.focus()
    reached = set()

    for _ in range(120):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "() => ({tag: document.activeElement.tagName, name: document.activeElement.name || '',"
            " inBar: !!document.activeElement.closest('form.filters'),"
            " isOpen: !!document.activeElement.closest('details')?.open})"
        )
        if focus["tag"] == "SUMMARY" and focus["inBar"] and not focus["isOpen"]:
            page.keyboard.press("Enter")
        reached.add(focus["name"])

    assert reached >= {
        *("dataset", "from", "to", "offence_category", "district", "district_set", "zone_status"),
        *("weekday", "hour_from", "hour_to", "cell_m", "exposure", "location_quality", "bbox"),
    }


def test_a_filter_set_by_keyboard_is_in_the_address(map_room: Callable[..., Visit]):
    page = map_room(f"dataset={INCIDENTS}").page

    page.locator("details[data-chip=weekday] summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**weekday=1**")

    asked = parse_qs(urlsplit(page.url).query)
    assert asked["weekday"] == ["1"]
    assert asked["dataset"] == [INCIDENTS]
    assert "from" not in asked
    assert page.locator("details[data-chip=weekday] summary").inner_text().split() == [
        *("Weekday", "Monday"),
    ]


def test_another_data_set_takes_back_what_only_the_first_knew(map_room: Callable[..., Visit]):
    page = map_room("kind=social_contact").page

    page.locator("details[data-chip=dataset] summary").click()
    page.get_by_label(INCIDENTS).first.check()
    page.locator("details[data-chip=dataset]").get_by_role("button", name="Show").click()
    page.wait_for_url(f"**dataset={INCIDENTS}**")

    assert "kind" not in page.url
    assert page.get_by_role("region", name="Map").is_visible()


def test_a_row_leads_to_its_cell(map_room: Callable[..., Visit]):
    page = map_room(f"dataset={INCIDENTS}").page
    before = page.evaluate(MIDDLE)

    page.get_by_role("button", name="Show cell 2 on the map").press("Enter")

    wait_until(page, MIDDLE, lambda middle: middle != before)
    assert page.locator("path.cell-marked").count() == 1
    numbers = page.locator(".cell-number").all_inner_texts()
    rows = page.locator("table.cells .key").all_inner_texts()
    assert numbers == rows


def test_the_map_moves_and_zooms_without_a_mouse(map_room: Callable[..., Visit]):
    page = map_room().page
    before = page.evaluate(MIDDLE)

    page.locator("#map_lead").focus()
    page.keyboard.press("ArrowLeft")

    wait_until(page, MIDDLE, lambda middle: middle[1] < before[1])
    page.get_by_role("button", name="City", exact=True).click()
    wait_until(page, "() => map_lead.getZoom()", lambda zoom: zoom <= 12)
    page.get_by_role("button", name="Zone", exact=True).click()
    wait_until(page, "() => map_lead.getZoom()", lambda zoom: zoom >= 14)


def test_neighbourhood_borders_are_switched_on_and_off(map_room: Callable[..., Visit]):
    page = map_room().page
    button = page.get_by_role("button", name="Neighbourhood borders")

    button.click()

    page.locator("path.neighbourhood-line").wait_for(state="attached")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    page.locator("path.neighbourhood-line").wait_for(state="detached")


def test_the_area_in_view_becomes_a_filter(map_room: Callable[..., Visit]):
    page = map_room(f"dataset={INCIDENTS}").page

    page.locator("details[data-chip=more] summary").click()
    page.get_by_role("button", name="Use the area in view").click()
    page.locator("details[data-chip=more]").get_by_role("button", name="Show").click()
    page.wait_for_url("**bbox=**")

    west, south, east, north = map(float, parse_qs(urlsplit(page.url).query)["bbox"][0].split(","))
    assert west < -76.62 < east
    assert south < 39.29 < north


def test_the_export_carries_the_filter(map_room: Callable[..., Visit]):
    page = map_room(f"dataset={INCIDENTS}&weekday=2").page
    page.locator("details[data-chip=export] summary").click()

    with page.expect_download() as download:
        page.get_by_role("link", name="GeoJSON").click()

    assert "weekday=2" in download.value.url
    assert download.value.suggested_filename.endswith(".geojson")


def test_nothing_is_asked_of_the_server_that_holds_a_record(map_room: Callable[..., Visit]):
    visit = map_room(f"dataset={INCIDENTS}")

    own = {urlsplit(url).path for url in visit.requests}
    data = {path for path in own if path.startswith("/maps")}
    assert data == {"/maps", "/maps/map.css", "/maps/map.js", "/maps/basemap.pmtiles"}
    assert not [path for path in own if path.startswith("/api/")]
