"""The officer's page in every theme and size, and the script's pure parts."""

import re
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.field_page import (
    PENN_STATION,
    SIZES,
    SMALL_TARGETS,
    choose,
    receipt_number_of,
)


def test_the_receipt_number_is_the_servers(officer):
    page = officer().page
    uuids = [str(uuid4()) for _ in range(50)] + ["0" * 8 + "-0000-0000-0000-" + "0" * 12]
    numbers = page.evaluate(
        """(uuids) => import('/static/field/receipt-number.js')
          .then((module) => Promise.all(uuids.map(module.receiptNumber)))""",
        uuids,
    )
    assert numbers == [receipt_number_of(uuid) for uuid in uuids]


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("2026-11-20T10:30", "2026-11-20T15:30:00.000Z"),
        ("2026-07-01T23:59", "2026-07-02T03:59:00.000Z"),
        ("2026-03-08T03:30", "2026-03-08T07:30:00.000Z"),
        ("2026-11-01T00:30", "2026-11-01T04:30:00.000Z"),
    ],
)
def test_wall_times_are_the_sites_whatever_the_tablets_zone_is(officer, wall, utc):
    page = officer(timezone_id="Asia/Tokyo").page
    there, back = page.evaluate(
        """(wall) => import('/static/field/times.js')
          .then(({fromWall, toWall}) => [fromWall(wall), toWall(new Date(fromWall(wall)))])""",
        wall,
    )
    assert there == utc
    assert back == wall


def faint_texts(page):
    """Texts whose contrast with their ground is under 7 to 1 (4.5 where large)."""
    options = {"runOnly": ["color-contrast-enhanced"]}
    found = Axe().run(page, options=options).response["violations"]
    return [node["html"][:160] for violation in found for node in violation["nodes"]]


@SIZES
@pytest.mark.parametrize("theme", ["light", "night", "red"])
def test_every_screen_is_accessible_and_large_enough(officer, viewport, theme):
    visit = officer(PENN_STATION, viewport=viewport)
    page = visit.page
    expect(page.locator("path.zone-line")).to_be_visible()
    page.get_by_label("Display").select_option(theme)
    assert page.locator("html").get_attribute("data-theme") == theme

    def look_at(screen):
        assert visit.axe_violations() == [], screen
        assert faint_texts(page) == [], screen
        assert page.evaluate(SMALL_TARGETS) == [], screen
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], screen

    look_at("check")
    page.get_by_role("button", name="Social contact").click()
    page.get_by_role("button", name="Save referral").click()
    choose(page, "Person", "Name or description")
    look_at("social form with missing answers")
    page.get_by_role("button", name="Back", exact=True).click()
    page.get_by_role("button", name="Arrest referral").click()
    look_at("arrest form")
    for group in ("Offence category", "Person", "Willing"):
        page.get_by_role("group", name=re.compile(f"^{group}")).get_by_role("radio").first.check()
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    look_at("receipt")
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="My referrals").click()
    expect(page.locator("#list-rows li").first).to_be_visible()
    look_at("list")
    assert visit.outside_requests() == []
    assert visit.console_errors == []


@SIZES
def test_text_at_twice_the_size_loses_nothing(officer, viewport):
    page = officer(viewport=viewport).page
    page.evaluate("""() => {
      document.documentElement.style.fontSize = '200%';
      dispatchEvent(new Event('resize'));
    }""")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.get_by_role("button", name="Social contact").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    covered = page.evaluate("""() => [...document.querySelectorAll('#head, .dock')]
      .filter((bar) => getComputedStyle(bar).position === 'sticky' && bar.offsetHeight)
      .reduce((sum, bar) => sum + bar.offsetHeight, 0) / innerHeight""")
    assert covered <= 2 / 3


CUT_WORDS = """() => [...document.querySelectorAll('.tile > span:last-child')]
  .filter((words) => words.offsetParent !== null)
  .filter((words) => {
    const probe = words.cloneNode(true);
    probe.style.cssText = 'position:absolute;width:min-content;overflow-wrap:normal';
    words.parentElement.append(probe);
    const longest_px = probe.offsetWidth;
    probe.remove();
    return longest_px > words.parentElement.clientWidth - words.offsetLeft;
  })
  .map((words) => words.textContent)"""


@SIZES
def test_no_word_of_a_choice_is_broken(officer, viewport):
    page = officer(viewport=viewport).page
    for kind in ("Social contact", "Arrest referral"):
        page.get_by_role("button", name=kind).click()
        choose(page, "Person", "Name or description")
        assert page.evaluate(CUT_WORDS) == []
        page.get_by_role("button", name="Back", exact=True).click()


@SIZES
def test_save_and_both_kinds_are_in_sight_without_scrolling(officer, viewport):
    page = officer(viewport=viewport).page
    for name in ("Social contact", "Arrest referral"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Social contact").click()
    expect(page.get_by_role("button", name="Save referral")).to_be_in_viewport(ratio=1)
    expect(page.locator("#counter")).to_be_in_viewport(ratio=1)
