"""Bad networks, lost answers, sessions that are over: nothing is lost, nothing arrives twice."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from tests.browser.field_page import (
    LEXINGTON_MARKET,
    PENN_STATION,
    REFERRAL,
    fill_social_contact,
    puts_of,
    receipt_number_of,
    stored,
    verdict,
)


def test_a_dead_network_keeps_the_form_and_sending_again_makes_one_record(officer):
    visit = officer()
    page = visit.page
    sent = puts_of(page)
    fill_social_contact(page)
    page.get_by_role("textbox", name="Unit").fill("112")
    page.route(REFERRAL, lambda route: route.abort())
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#counter")).to_have_text("1 waiting")
    expect(page.get_by_text("Not sent yet.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Unit")).to_have_value("112")
    assert page.locator("input[name=willing]:checked").count() == 1

    page.unroute(REFERRAL)
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    expect(page.locator("#counter")).to_have_text("All sent")
    assert len(sent) >= 2
    assert all(pair == sent[0] for pair in sent), "the same uuid and the same content each time"
    assert stored(visit, sent[0][0])["receipt_number"] == receipt_number_of(sent[0][0])


def test_a_lost_answer_is_answered_again_and_stored_once(officer):
    visit = officer()
    page = visit.page
    sent = puts_of(page)
    total = visit.page.context.request.get("/api/v1/referrals").json()["total"]
    fill_social_contact(page)

    def lose_the_answer(route):
        assert route.fetch().status == 201
        route.abort()

    page.route(REFERRAL, lose_the_answer, times=1)
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#counter")).to_have_text("1 waiting")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#receipt-number")).to_have_text(receipt_number_of(sent[0][0]))
    assert visit.page.context.request.get("/api/v1/referrals").json()["total"] == total + 1


def test_a_page_in_between_is_not_taken_for_the_service(officer):
    page = officer().page
    fill_social_contact(page)
    captive = {"status": 200, "content_type": "text/html", "body": "<h1>Accept the terms</h1>"}
    page.route(REFERRAL, lambda route: route.fulfill(**captive))
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#counter")).to_have_text("1 waiting")


def test_it_is_sent_by_itself_when_the_network_is_back(officer):
    page = officer().page
    fill_social_contact(page)
    page.route(REFERRAL, lambda route: route.abort(), times=1)
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#queue-next")).to_have_text(re.compile(r"Next try in \d s\."))
    expect(page.locator("#receipt-number")).to_be_visible(timeout=12_000)


def test_a_session_that_is_over_keeps_all_and_asks_to_sign_in(officer):
    visit = officer()
    page = visit.page
    fill_social_contact(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#counter")).to_have_text("Sign in to send 1")
    assert page.locator("input[name=concern]:checked").count() == 1

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    other = opened.value
    other.get_by_role("button", name="Sign in as officer", exact=True).click()
    other.wait_for_url("**/field")
    page.bring_to_front()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    expect(page.locator("#counter")).to_have_text("All sent")


def test_what_the_server_refuses_goes_back_into_the_form(officer):
    page = officer().page
    fill_social_contact(page)
    later = datetime.now() + timedelta(days=3)  # noqa: DTZ005 - the field holds a wall clock
    page.get_by_label("When", exact=False).last.fill(later.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Save referral").click()
    summary = page.locator(".summary")
    expect(summary).to_contain_text("Not saved.")
    expect(page.locator("#counter")).to_have_text("All sent")
    page.get_by_label("When", exact=False).last.fill("2026-01-05T10:00")
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()


def test_without_network_the_zone_is_said_to_be_unknown(browser_page):
    visit = browser_page("officer")
    page = visit.page
    page.route("**/api/v1/zone-checks", lambda route: route.abort())
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation(LEXINGTON_MARKET)
    page.get_by_role("button", name="Use my location").click()
    expect(page.locator("#verdict-key")).to_contain_text("The zone cannot be checked: no network.")
    assert verdict(page).text_content() == ""


def test_far_from_the_last_answer_no_verdict_and_no_old_place_is_kept(officer):
    page = officer().page
    sent = puts_of(page)
    page.route("**/api/v1/zone-checks", lambda route: route.abort())
    page.context.set_geolocation(PENN_STATION)
    expect(page.locator("#verdict-key")).to_contain_text("The zone cannot be checked: no network.")
    assert verdict(page).text_content() == ""
    fill_social_contact(page)
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    assert sent[0][1]["lat"] == PENN_STATION["latitude"]
    assert "zone_check" not in sent[0][1]


def test_a_typed_place_is_asked_about_again_when_the_network_is_back(officer):
    page = officer(PENN_STATION).page
    page.route("**/api/v1/zone-checks", lambda route: route.abort())
    page.get_by_label("Place").fill("39.2916, -76.6216")
    page.get_by_label("Place").press("Enter")
    expect(page.locator("#verdict-key")).to_contain_text("no network")
    page.unroute("**/api/v1/zone-checks")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(verdict(page)).to_have_text(re.compile("^In the zone"))


def test_while_it_is_sent_the_page_says_so_and_a_second_tap_sends_nothing_more(officer):
    page = officer().page
    sent = puts_of(page)
    fill_social_contact(page)
    held = []

    def hold(route):
        held.append(route)

    page.route(REFERRAL, hold, times=1)
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator(".progress")).to_have_text("Sending now")
    expect(page.locator("#counter")).to_have_text("1 waiting")
    page.get_by_role("button", name="Save referral").click()
    assert len(sent) == 1
    held[0].continue_()
    expect(page.locator("#receipt-number")).to_be_visible()
    assert len(sent) == 1


def test_the_next_person_can_be_recorded_while_one_waits(officer):
    visit = officer()
    page = visit.page
    sent = puts_of(page)
    page.route(REFERRAL, lambda route: route.abort())
    for _ in range(2):
        fill_social_contact(page)
        page.get_by_role("button", name="Save referral").click()
        expect(page.get_by_text("Not sent yet").first).to_be_visible()
        page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator("#counter")).to_have_text("2 waiting")
    page.locator("#counter").click()
    expect(page.locator("#list-rows li").filter(has_text="Waiting")).to_have_count(2)

    page.unroute(REFERRAL)
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#counter")).to_have_text("All sent")
    uuids = {uuid for uuid, _ in sent}
    assert len(uuids) == 2
    for uuid in uuids:
        assert stored(visit, uuid)["status_word"] == "Received"


def test_leaving_with_unsent_answers_is_asked_about(officer):
    page = officer().page
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    fill_social_contact(page)
    page.evaluate("location.href = '/help'")
    expect(page.locator(".progress")).to_contain_text("3 of 3")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/field")


def test_a_signed_out_officer_is_told_at_the_verdict(officer):
    page = officer().page
    page.context.clear_cookies()
    page.context.set_geolocation(PENN_STATION)
    expect(page.get_by_text("Sign in to check the zone.")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
