"""The two forms in a real Chromium: by tap, by keyboard, with answers missing."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.field_page import (
    PENN_STATION,
    choose,
    fill_social_contact,
    near_the_line,
    puts_of,
    receipt_number_of,
    stored,
    verdict,
)


def test_a_social_contact_takes_at_most_six_taps(officer):
    visit = officer()
    page = visit.page
    sent = puts_of(page)
    page.evaluate("""() => {
      window.taps = 0;
      const count = (event) => { if (event.isTrusted && event.detail) window.taps += 1; };
      addEventListener('click', count, true);
    }""")
    page.get_by_role("button", name="Social contact").click()
    for group in ("Concern", "Person", "Willing"):
        page.get_by_role("group", name=re.compile(f"^{group}")).get_by_role("radio").first.click()
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    assert page.evaluate("window.taps") <= 6

    uuid, content = sent[0]
    assert len(sent) == 1
    assert content["person"] is None
    assert content["willing"] == "yes"
    assert content["location_source"] == "gps"
    assert content["zone_check"]["status"] == "inside"
    expect(page.locator("#receipt-number")).to_have_text(receipt_number_of(uuid))
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    expect(page.locator("#receipt-outcome")).to_have_text("Needs checking")
    assert page.locator("#receipt-reasons li").count() > 0
    expect(page.locator("#counter")).to_have_text("All sent")
    assert stored(visit, uuid)["kind"] == "social_contact"

    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="My referrals").click()
    row = page.locator("#list-rows li").filter(has_text=receipt_number_of(uuid))
    expect(row).to_contain_text("Social contact")
    expect(row).to_contain_text("Received")
    assert visit.outside_requests() == []
    assert visit.console_errors == []


def test_nothing_is_preset_and_the_names_hold(officer):
    page = officer().page
    page.get_by_role("button", name="Social contact").click()
    assert page.locator("input:checked").count() == 0
    person = page.get_by_role("group", name=re.compile("^Person")).get_by_role("radio")
    expect(person.first).to_have_accessible_name("Not given")
    willing = page.get_by_role("group", name=re.compile("^Willing")).get_by_role("radio")
    expect(willing.first).to_have_accessible_name("Yes")
    assert page.locator("fieldset[data-required]").count() == 3
    expect(page.get_by_text("The person may say no")).to_be_visible()


def test_missing_answers_are_listed_with_links_and_save_stays_usable(officer):
    page = officer().page
    page.get_by_role("button", name="Social contact").click()
    choose(page, "Concern", "Prostitution")
    save = page.get_by_role("button", name="Save referral")
    expect(save).to_be_enabled()
    save.click()
    summary = page.locator(".summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("2 answers missing")
    summary.get_by_role("link").last.click()
    focused = page.evaluate("document.activeElement.name")
    assert focused == "willing"
    expect(save).to_be_enabled()
    choose(page, "Person", "Not given")
    choose(page, "Willing", "Wants time")
    save.click()
    expect(page.locator("#receipt-number")).to_be_visible()


def test_an_arrest_referral_with_its_details(officer):
    visit = officer()
    page = visit.page
    sent = puts_of(page)
    page.get_by_role("button", name="Arrest referral").click()
    choose(page, "Offence category", "Drug possession")
    choose(page, "Person", "Name or description")
    page.get_by_label("First name").fill("Testa")
    page.get_by_label("Last name").fill("Beispiel")
    page.get_by_label("Birth date").first.fill("1990-05-17")
    choose(page, "Willing", "Yes")
    page.get_by_label("Incident number").fill("26 0001")
    page.get_by_label("Charge codes").fill("CR 5-601, CR 5-619")
    choose(page, "Drug Not required", "Heroin or fentanyl")
    page.get_by_label("Grams", exact=False).first.fill("0,5")
    choose(page, "Grams are", "Estimated")
    page.get_by_label("Where is the hand-off?").fill("Central District")
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    uuid, content = sent[0]
    assert content["offence_category"] == "drug_possession"
    assert content["charge_codes"] == ["CR 5-601", "CR 5-619"]
    assert content["drug"] == {"kind": "heroin_fentanyl", "grams": 0.5, "measured": "estimated"}
    assert content["person"]["birth_date"] == "1990-05-17"
    assert content["handoff_place"] == "Central District"
    assert stored(visit, uuid)["kind"] == "arrest_diversion"
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="My referrals").click()
    expect(page.locator("#list-rows li").first).to_be_visible()
    assert "Beispiel" not in page.locator("body").inner_text()


def test_wrong_answers_are_told_beside_the_field_before_anything_is_sent(officer):
    page = officer().page
    sent = puts_of(page)
    page.get_by_role("button", name="Arrest referral").click()
    choose(page, "Offence category", "Drug possession")
    choose(page, "Person", "Name or description")
    choose(page, "Willing", "Yes")
    page.get_by_label("First name").fill("Testa")
    for name, wrong in (("Birth date", "17/5/1990"), ("Grams", "-3"), ("Charge codes", "x" * 61)):
        page.get_by_label(name).first.fill(wrong)
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator(".summary").get_by_role("link")).to_have_count(3)
    birth_date = page.get_by_label("Birth date").first
    expect(birth_date).to_have_accessible_description(re.compile("Write the birth date like"))
    assert sent == []
    page.get_by_label("Grams").first.fill("0,5")
    page.get_by_label("Charge codes").fill("CR 5-601")
    birth_date.fill("1990-02-31")  # only the service knows the calendar
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator(".summary")).to_contain_text("Not saved. Put these right.")
    expect(page.locator(".summary").get_by_role("link")).to_have_text(re.compile("^Birth date: "))


def test_hostile_text_stays_text(officer):
    visit = officer()
    page = visit.page
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.get_by_label("Place").fill(hostile)
    page.get_by_label("Place").press("Enter")
    expect(page.locator("#found-note")).to_contain_text(hostile)
    fill_social_contact(page)
    choose(page, "Person", "Name or description")
    for name in ("person.given_name", "person.descriptor", "usually_found", "preferred_contact"):
        page.locator(f"#form [name='{name}']").fill(hostile)
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    assert page.locator("main img, main script").count() == 0
    assert visit.console_errors == []


def test_a_wrong_choice_that_is_not_required_can_be_taken_back(officer):
    page = officer().page
    sent = puts_of(page)
    fill_social_contact(page)
    choose(page, "How do you know", "I saw it")
    choose(page, "How do you know", "Don't know")
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    assert "prior_involvement" not in sent[0][1]
    expect(page.locator("#receipt")).not_to_contain_text("SEED")


def test_too_close_to_call_is_decided_with_a_reason_or_left_open(officer):
    visit = officer(near_the_line(12, 30))
    page = visit.page
    sent = puts_of(page)
    fill_social_contact(page)
    choose(page, "Too close to call", "In the zone")
    page.get_by_label("Why?").fill("Standing on the corner of the edge street")
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    check = sent[0][1]["zone_check"]
    assert (check["status"], check["resolved_status"]) == ("uncertain", "inside")
    assert check["reason"] == "Standing on the corner of the edge street"

    page.get_by_role("button", name="Done").click()
    fill_social_contact(page)
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    assert "resolved_status" not in sent[1][1]["zone_check"]


def test_another_place_can_be_taken_for_a_form_and_answers_stay(officer):
    page = officer(PENN_STATION).page
    sent = puts_of(page)
    fill_social_contact(page)
    page.get_by_role("button", name="Change").click()
    page.get_by_label("Place").fill("39.2916, -76.6216")
    page.get_by_label("Place").press("Enter")
    expect(verdict(page)).to_have_text(re.compile("^In the zone"))
    page.get_by_role("button", name="Use this location").click()
    expect(page.locator(".where")).to_contain_text("In the zone.")
    expect(page.locator(".progress")).to_contain_text("3 of 3")
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    assert sent[0][1]["location_source"] == "address"
    assert sent[0][1]["lat"] == 39.2916


def test_without_any_position_the_form_asks_where_it_was(browser_page):
    page = browser_page("officer").page
    fill_social_contact(page)
    page.get_by_role("button", name="Save referral").click()
    expect(page.locator(".summary")).to_contain_text("Say where it was")


def test_back_keeps_what_was_answered(officer):
    page = officer().page
    fill_social_contact(page)
    page.get_by_role("button", name="Back", exact=True).click()
    button = page.get_by_role("button", name="Social contact")
    expect(button).to_have_accessible_description("Not finished. Tap to go on.")
    page.get_by_role("button", name="Social contact").click()
    expect(page.locator(".progress")).to_contain_text("3 of 3")
    page.go_back()
    expect(verdict(page)).to_be_visible()


def test_a_social_contact_by_keyboard_alone(officer):
    page = officer().page

    def tab_to(element_id=None, name=None):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(
                "([id, name]) => (id ? document.activeElement.id === id : false) || "
                "(name ? document.activeElement.name === name : false)",
                [element_id, name],
            ):
                width = page.evaluate(
                    "getComputedStyle(document.activeElement.closest('.tile') "
                    "|| document.activeElement).outlineWidth"
                )
                assert width == "4px"
                return
        raise AssertionError(f"{element_id or name} is not reached by Tab")

    tab_to("new-social_contact")
    page.keyboard.press("Enter")
    for name in ("concern", "person", "willing"):
        tab_to(name=name)
        page.keyboard.press("Space")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.includes('Save referral')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#receipt-number")).to_be_visible()
