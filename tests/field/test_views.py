"""The officer's page as the server sends it."""

import re

import pytest

from app.field import words
from app.field.rules import outside_note
from app.geo.coords import SERVICE_AREA
from app.referrals import content
from app.screening import service as screening


@pytest.fixture
def page(client_for):
    answer = client_for("officer").get("/field")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_officers_and_sergeants_open_the_page_and_nobody_else(client, client_for):
    assert client_for("sergeant").get("/field").status_code == 200
    for role in ("commander", "case_manager", "prosecutor", "admin"):
        assert client_for(role).get("/field").status_code == 403
    assert client.get("/field").status_code == 302


def test_the_page_keeps_the_names_that_others_rely_on(page):
    assert re.search(r'<label for="place">Place</label>', page)
    for kind in ("Social contact", "Arrest referral"):
        assert re.search(rf"<button[^>]*>\s*<svg.*?</svg>\s*<span>{kind}</span>", page, re.DOTALL)
    legends = re.findall(r"<legend>(\w+)", page)
    assert [legends.index(name) for name in ("Concern", "Person", "Willing")] == sorted(
        legends.index(name) for name in ("Concern", "Person", "Willing")
    )
    assert re.search(r'role="status"[^>]*></p>', page), "no verdict before the zone was asked"


def test_nothing_inline_and_no_outside_host(page):
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.findall(r"https?://", page)


def test_nothing_is_chosen_before_the_officer_chooses(page):
    assert not re.search(r"<input[^>]*\bchecked\b", page)


def test_the_script_learns_the_citys_envelope_from_the_server(page):
    west, south, east, north = SERVICE_AREA
    assert f'data-service-area="{west},{south},{east},{north}"' in page


def test_the_receipt_has_words_for_every_outcome():
    assert (
        set(words.OUTCOMES) == set(words.NEXT) == {outcome.value for outcome in screening.Outcome}
    )


def test_what_police_never_collect_is_not_asked(page):
    text = re.sub(r"<[^>]+>", " ", page).lower()
    for word in ("diagnos", "treatment", "immigration", "associate", "informant", "photo"):
        assert word not in text


def test_the_outside_sentence_is_that_of_the_criteria_in_force(page, session, now):
    criteria = screening.criteria_in_force(session, now).criteria
    sentence = outside_note(criteria.location_rule, effective_from=criteria.effective_from)
    assert "2017" in sentence
    assert sentence in page


@pytest.mark.parametrize(
    ("offered", "known"),
    [
        (words.CONCERNS, content.CATEGORIES),
        (words.OFFENCES, content.CATEGORIES),
        (words.WILLING, content.WILLING),
        (words.BASES, content.INVOLVEMENT_BASES),
        (words.MEASURED, content.MEASURED),
        (words.HAZARDS, content.HAZARDS),
        (words.DECISIONS, content.RESOLVED_STATUSES),
    ],
)
def test_every_choice_is_one_that_a_referral_can_hold(offered, known):
    codes = [code for code, _ in offered if code]
    assert set(codes) <= set(known)
    assert len(set(codes)) == len(codes)
