"""The officer's page: what it says of where the tablet is, and of another place."""

import re

from playwright.sync_api import expect

from tests.browser.field_page import (
    LEXINGTON_MARKET,
    PENN_STATION,
    fill_social_contact,
    near_the_line,
    verdict,
)


def test_at_lexington_market_it_is_in_the_zone(officer):
    visit = officer()
    assert visit.page.url.endswith("/field")
    assert verdict(visit.page).inner_text().startswith("In the zone")
    card = visit.page.get_by_role("region", name="Zone", exact=True)
    expect(card).to_contain_text(re.compile(r"\d+ m inside\. Nearest edge: \w+"))
    expect(card).to_contain_text("Good to 8 m")
    expect(card).to_contain_text("Zone version 1, since 8 Feb 2017")
    expect(card).to_contain_text("Lexington St")
    expect(visit.page.get_by_text("does not meet the 2017 criteria")).to_be_hidden()
    assert visit.outside_requests() == []
    assert visit.console_errors == []


def test_at_penn_station_it_is_outside_with_metres_and_street(officer):
    page = officer(PENN_STATION).page
    assert verdict(page).inner_text().startswith("Outside the zone")
    expect(page.locator("#verdict-key")).to_have_text(re.compile(r"^1,\d{3} m beyond \w+"))
    expect(page.locator("#verdict-key")).to_contain_text("St")
    note = "Here a social contact can go on. An arrest referral does not meet the 2017 criteria."
    expect(page.get_by_text(note)).to_be_visible()


def test_twelve_metres_from_the_line_with_thirty_metres_accuracy_is_too_close(officer):
    page = officer(near_the_line(12, 30)).page
    assert verdict(page).inner_text().startswith("Too close to call")
    key = page.locator("#verdict-key")
    expect(key).to_have_text(
        re.compile(r"^The edge, .+, is 12 m away\. Your location is good to 30 m\.$")
    )
    expect(page.get_by_text("Step into the open")).to_be_visible()


def test_the_status_is_silent_while_the_officer_walks_about_in_the_zone(officer):
    page = officer().page
    said = verdict(page).text_content()
    page.evaluate("""() => {
      window.changes = 0;
      const watch = new MutationObserver((list) => { window.changes += list.length; });
      const status = document.querySelector('[role=status]');
      watch.observe(status, {childList: true, characterData: true, subtree: true});
    }""")
    key = page.locator("#verdict-key").text_content()
    page.context.set_geolocation({**LEXINGTON_MARKET, "latitude": 39.2919})
    expect(page.locator("#verdict-key")).not_to_have_text(key)
    assert page.evaluate("window.changes") == 0
    assert verdict(page).text_content() == said

    page.context.set_geolocation(PENN_STATION)
    expect(verdict(page)).to_have_text(re.compile("^Outside the zone"))
    assert page.evaluate("window.changes") > 0


def test_the_position_is_asked_for_by_a_tap_the_first_time(browser_page):
    visit = browser_page("officer")
    page = visit.page
    button = page.get_by_role("button", name="Use my location")
    expect(button).to_be_visible()
    assert verdict(page).text_content() == ""
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation(LEXINGTON_MARKET)
    button.click()
    expect(verdict(page)).to_have_text(re.compile("^In the zone"))
    expect(button).to_be_hidden()


def test_a_refused_position_leaves_place_and_map(browser_page):
    page = browser_page("officer", permissions=[]).page
    page.evaluate("""() => {
      navigator.geolocation.watchPosition = (took, failed) => { failed({code: 1}); return 1; };
    }""")
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_text("Location is switched off for this page.")).to_be_visible()


def test_an_old_position_says_so(officer):
    page = officer().page
    page.evaluate("() => { navigator.geolocation.getCurrentPosition = () => {}; }")
    expect(page.get_by_text("This position is old")).to_be_hidden()
    page.evaluate("""() => {
      const now = Date.now;
      Date.now = () => now() + 45000;
    }""")
    expect(page.get_by_text(re.compile(r"^This position is old: \d+ s ago"))).to_be_visible()
    expect(page.locator("#meta-sure")).to_have_text(re.compile(r"^Good to 8 m, 4\d s ago$"))


def test_a_text_with_several_readings_lists_them_and_chooses_none(officer):
    page = officer(PENN_STATION).page
    page.get_by_label("Place").fill("300 Lexington St")
    page.get_by_label("Place").press("Enter")
    found = page.locator("#found-list")
    readings = found.get_by_role("button")
    expect(readings.filter(has_text="W Lexington").first).to_contain_text("In the zone")
    expect(readings.filter(has_text="E Lexington").first).to_contain_text("Outside the zone")
    assert verdict(page).inner_text().startswith("Outside the zone")
    assert "1," in page.locator("#verdict-key").inner_text(), "still Penn Station's verdict"

    readings.filter(has_text="W Lexington").first.click()
    expect(verdict(page)).to_have_text(re.compile("^In the zone"))
    expect(page.locator("#meta-where")).to_contain_text("W Lexington St")
    expect(page.locator("#meta-sure")).to_contain_text("Typed")


def test_suggestions_come_under_the_field_while_typing(officer):
    page = officer(PENN_STATION).page
    page.get_by_label("Place").press_sequentially("Eutaw & Lex")
    suggestion = page.locator("#found-list").get_by_role("button").first
    expect(suggestion).to_contain_text("Eutaw")
    page.keyboard.press("ArrowDown")
    expect(suggestion).to_be_focused()
    page.keyboard.press("Enter")
    expect(verdict(page)).to_have_text(re.compile("^In the zone"))


def test_what_is_not_a_place_says_what_to_do(officer):
    page = officer().page
    page.get_by_label("Place").fill("qqqq zzzz")
    page.get_by_label("Place").press("Enter")
    expect(page.get_by_text("Nothing found for")).to_be_visible()
    assert verdict(page).inner_text().startswith("In the zone")


def test_a_typed_pair_is_checked_and_a_swapped_one_is_told(officer):
    page = officer().page
    page.get_by_label("Place").fill("39.3073, -76.6156")
    page.get_by_label("Place").press("Enter")
    expect(verdict(page)).to_have_text(re.compile("^Outside the zone"))
    page.get_by_label("Place").fill("-76.6216, 39.2916")
    page.get_by_label("Place").press("Enter")
    expect(page.locator("#verdict-key")).to_contain_text("swapped")
    assert verdict(page).text_content() == ""


def test_a_place_outside_the_city_is_said_in_words_and_no_referral_is_about_it(officer):
    visit = officer()
    page = visit.page
    page.get_by_label("Place").fill("38.9, -77.03")
    page.get_by_label("Place").press("Enter")
    expect(page.locator("#verdict-key")).to_have_text(
        re.compile("^This place is outside Baltimore")
    )
    fill_social_contact(page)
    expect(page.locator(".where")).to_contain_text("Outside Baltimore City.")
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator(".summary")).to_contain_text("Say where it was")
    assert visit.console_errors == []


def test_a_corner_on_the_edge_says_so(officer):
    page = officer().page
    page.get_by_label("Place").fill("Franklin & Paca")
    page.get_by_label("Place").press("Enter")
    expect(page.get_by_text("This place is on the zone edge.")).to_be_visible()


def test_the_map_shows_the_zone_whole_whatever_stands_above_it(officer):
    page = officer(PENN_STATION).page
    line = page.locator("path.far")
    expect(page.get_by_text("does not meet the 2017 criteria")).to_be_visible()
    expect(line).to_be_visible()
    page.wait_for_timeout(300)
    area = page.locator("#map").bounding_box()
    far = line.bounding_box()
    assert far["y"] >= area["y"]
    assert far["y"] + far["height"] <= area["y"] + area["height"]

    page.get_by_role("button", name="Zoom in").click()
    before = page.locator("#scale").inner_text()
    page.set_viewport_size({"width": 768, "height": 900})
    page.wait_for_timeout(300)
    assert page.locator("#scale").inner_text() == before, "a map that was moved is left alone"


def test_a_tap_on_the_map_checks_that_place_and_the_button_leads_back(officer):
    page = officer().page
    area = page.get_by_role("region", name="Map", exact=True)
    expect(area.locator("path.zone-line")).to_be_visible()
    box = area.bounding_box()
    page.mouse.click(box["x"] + 12, box["y"] + box["height"] - 12)
    expect(verdict(page)).to_have_text(re.compile("^Outside the zone"))
    expect(page.locator("#meta-sure")).to_have_text("Tapped on the map")
    page.get_by_role("button", name="Back to my location").click()
    expect(verdict(page)).to_have_text(re.compile("^In the zone"))


def test_the_map_works_by_keyboard(officer):
    page = officer(PENN_STATION).page
    area = page.get_by_role("region", name="Map", exact=True)
    expect(area.locator("path.zone-line")).to_be_visible()
    area.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#meta-sure")).to_have_text("Tapped on the map")
    for name in ("Zoom in", "Zoom out", "Back to my location"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert min(box["width"], box["height"]) >= 52
