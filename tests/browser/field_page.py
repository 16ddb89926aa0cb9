"""What the tests of the officer's page share: places, answers, and the page with a verdict."""

import json
import re
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import shapely
from playwright.sync_api import expect

from app.geo.coords import to_local_m, to_wgs84
from app.referrals.rules import receipt_number

ROOT = Path(__file__).resolve().parents[2]
TABLET = {"width": 768, "height": 1024}
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SIZES = pytest.mark.parametrize("viewport", [TABLET, DESK, PHONE], ids=["tablet", "desk", "phone"])

LEXINGTON_MARKET = {"latitude": 39.2916, "longitude": -76.6216, "accuracy": 8}
PENN_STATION = {"latitude": 39.3073, "longitude": -76.6156, "accuracy": 10}
REFERRAL = re.compile(r".*/api/v1/referrals/[0-9a-f-]{36}$")

SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary')]
  .filter((element) => element.offsetParent !== null && element.type !== 'hidden')
  .filter((element) => !element.closest('.skip'))
  .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
  .filter(([, box]) => box.height < 48 || box.width < 48)
  .map(([html, box]) => `${html} ${box.width} x ${box.height}`)"""


def near_the_line(distance_m, accuracy_m):
    """A position outside the middle of the zone's northern side, so many metres from the line."""
    zone = json.loads((ROOT / "data/pilot_zone.geojson").read_text())
    feature = zone["features"][0] if "features" in zone else zone
    outline = shapely.geometry.shape(feature["geometry"]).segmentize(1e-5)
    outline_m = shapely.transform(
        outline, lambda xy: np.column_stack(to_local_m().transform(xy[:, 0], xy[:, 1]))
    )
    middle = outline_m.centroid
    ray = shapely.LineString([middle, (middle.x, middle.y + 5_000)])
    crossing = shapely.intersection(ray, outline_m.exterior)
    low, high = crossing.y, crossing.y + 200
    for _ in range(60):
        y = (low + high) / 2
        is_near = shapely.Point(crossing.x, y).distance(outline_m.exterior) < distance_m
        low, high = (y, high) if is_near else (low, y)
    lon, lat = to_wgs84().transform(crossing.x, low)
    return {"latitude": float(lat), "longitude": float(lon), "accuracy": accuracy_m}


def verdict(page):
    return page.get_by_role("status")


def choose(page, group, label):
    named = page.get_by_role("group", name=re.compile(f"^{group}"))
    named.get_by_role("radio", name=label, exact=True).check()


def fill_social_contact(page):
    page.get_by_role("button", name="Social contact").click()
    choose(page, "Concern", "Drug possession")
    choose(page, "Person", "Not given")
    choose(page, "Willing", "Yes")


def stored(visit, uuid):
    answer = visit.page.context.request.get(f"/api/v1/referrals/{uuid}")
    assert answer.status == 200, answer.text()
    return answer.json()


def receipt_number_of(uuid):
    return receipt_number(UUID(uuid))


def puts_of(page):
    """Every PUT of a referral this page sends from now on, as (uuid, content)."""
    sent = []

    def note(request):
        if request.method == "PUT" and REFERRAL.match(request.url):
            sent.append((request.url.rsplit("/", 1)[1], request.post_data_json))

    page.on("request", note)
    return sent


def open_officer(browser_page, geolocation=LEXINGTON_MARKET, **context):
    """The officer's page at a position, once it has its verdict."""
    visit = browser_page("officer", geolocation=geolocation, **context)
    expect(verdict(visit.page)).to_have_text(re.compile(r"^(In|Outside|Too)"))
    return visit
