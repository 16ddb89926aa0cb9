"""Numbers, ages, dates, states and what each audience sees of them."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.referrals import rules
from app.referrals.rules import Audience, Engagement, Verification

POLICE_WORDS = {"received", "checking", "handed_off", "not_proceeding"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("00000000-0000-0000-0000-000000000000", "6X3GHZZQ"),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", "BB3AB52Z"),
        ("3f2b8c1e-9d4a-4e6b-8f70-2a1c5d9e7b34", "E0NX4J2T"),
    ],
)
def test_the_receipt_number_of_fixed_uuids(text, number):
    assert rules.receipt_number(UUID(text)) == number


@given(st.uuids())
def test_a_receipt_number_is_8_crockford_characters(referral_uuid):
    number = rules.receipt_number(referral_uuid)

    assert len(number) == 8
    assert set(number) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@pytest.mark.parametrize(
    ("band", "bounds"),
    [
        ("18_24", (18, 24)),
        ("18-24", (18, 24)),
        ("18_plus", (18, 130)),
        ("65+", (65, 130)),
        ("18_or_over", (18, 130)),
        ("adult", (18, 130)),
        ("under_18", (0, 17)),
        ("minor", (0, 17)),
        ("unknown", (None, None)),
    ],
)
def test_age_bands_are_read(band, bounds):
    assert rules.age_bounds(band) == bounds


@pytest.mark.parametrize("band", ["", "young", "24_18", "18", "under_0", "18_900", "-5-9"])
def test_what_is_no_age_band_is_refused(band):
    with pytest.raises(ValueError, match="age band"):
        rules.age_bounds(band)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2000, 5, 17), date(2018, 5, 16), 17),
        (date(2000, 5, 17), date(2018, 5, 17), 18),
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 5, 17), date(2000, 5, 17), 0),
    ],
)
def test_a_year_is_completed_on_the_birthday(born, day, age):
    assert rules.age_on(born, day) == age


@pytest.mark.parametrize(
    ("earlier", "day", "months"),
    [
        (date(2024, 11, 20), date(2026, 11, 20), 24),
        (date(2024, 11, 19), date(2026, 11, 20), 25),
        (date(2026, 11, 20), date(2026, 11, 20), 0),
        (date(2026, 11, 19), date(2026, 11, 20), 1),
        (date(2026, 1, 31), date(2026, 2, 28), 1),
    ],
)
def test_a_month_begun_counts_whole(earlier, day, months):
    assert rules.months_since(earlier, day) == months


@pytest.mark.parametrize(
    ("server", "resolved", "inside"),
    [
        ("inside", None, True),
        ("inside", "outside", True),
        ("outside", None, False),
        ("outside", "inside", False),
        ("uncertain", None, None),
        ("uncertain", "inside", True),
        ("uncertain", "outside", False),
    ],
)
def test_the_officer_decides_only_where_the_server_is_uncertain(server, resolved, inside):
    assert rules.is_inside(server, resolved) is inside


@pytest.mark.parametrize(
    ("willing", "engagement", "police_sees"),
    [
        ("yes", "handoff_pending", "received"),
        ("wants_time", "wants_time", "received"),
        ("no", "declined", "not_proceeding"),
    ],
)
def test_willing_starts_the_engagement(willing, engagement, police_sees):
    started = rules.initial_engagement(willing)

    assert started == engagement
    assert (
        rules.display_status(
            Verification.UNCHECKED, started, was_handed_off=False, audience=Audience.POLICE
        )
        == police_sees
    )


def test_only_an_arrest_opens_a_charge_hold():
    assert rules.initial_charge_hold("arrest_diversion") == "hold_opened"
    assert rules.initial_charge_hold("social_contact") == "none"


def test_every_state_has_a_status_for_every_audience_and_police_know_four():
    for audience in Audience:
        assert rules.known_statuses(audience) <= set(rules.STATUS_WORDS)
    assert rules.known_statuses(Audience.POLICE) == POLICE_WORDS


@pytest.mark.parametrize("verification", list(Verification))
@pytest.mark.parametrize("engagement", list(Engagement))
def test_after_the_hand_off_police_see_nothing_further(verification, engagement):
    shown = rules.display_status(
        verification, engagement, was_handed_off=True, audience=Audience.POLICE
    )

    assert shown == "handed_off"


@pytest.mark.parametrize("engagement", sorted(rules.AFTER_HANDOFF | rules.ENDED_ENGAGEMENT))
def test_after_the_hand_off_lawyers_see_only_that_it_proceeds_or_not(engagement):
    shown = rules.display_status(
        Verification.PARTNER_REVIEW, engagement, was_handed_off=True, audience=Audience.LEGAL
    )

    assert shown in {"handed_off", "not_proceeding"}


@pytest.mark.parametrize(
    ("verification", "engagement", "shown"),
    [
        ("unchecked", "wants_time", "submitted"),
        ("records_check", "wants_time", "screening"),
        ("sao_review", "waitlisted", "awaiting_verification"),
        ("partner_review", "wants_time", "awaiting_partners"),
        ("unchecked", "handoff_pending", "handoff_pending"),
        ("records_check", "intake_done", "intake_done"),
        ("accepted", "active", "active"),
        ("accepted", "inactive", "inactive"),
        ("accepted", "closed", "closed"),
        ("ineligible", "active", "not_proceeding"),
        ("duplicate", "handoff_pending", "not_proceeding"),
        ("records_check", "declined", "not_proceeding"),
        ("records_check", "not_located", "not_proceeding"),
        ("records_check", "intake_expired", "not_proceeding"),
    ],
)
def test_what_the_case_team_sees(verification, engagement, shown):
    assert (
        rules.display_status(
            Verification(verification),
            Engagement(engagement),
            was_handed_off=False,
            audience=Audience.CASE_TEAM,
        )
        == shown
    )


@pytest.mark.parametrize("audience", list(Audience))
def test_filtering_by_status_and_showing_it_agree(audience):
    for status in rules.known_statuses(audience):
        for verification, engagement, handed_off in rules.states_showing([status], audience):
            shown = rules.display_status(
                verification, engagement, was_handed_off=handed_off, audience=audience
            )
            assert shown == status


@pytest.mark.parametrize(
    ("roles", "audience"),
    [
        ((), Audience.POLICE),
        (("officer",), Audience.POLICE),
        (("commander",), Audience.POLICE),
        (("planner",), Audience.POLICE),
        (("officer", "prosecutor"), Audience.LEGAL),
        (("records_checker",), Audience.LEGAL),
        (("partner",), Audience.LEGAL),
        (("peer",), Audience.CASE_TEAM),
        (("programme_manager", "commander"), Audience.CASE_TEAM),
    ],
)
def test_roles_give_an_audience(roles, audience):
    assert rules.audience_of(roles) is audience


def test_the_blind_index_joins_spellings_and_needs_the_birth_date():
    born = date(1990, 5, 17)

    assert rules.person_index_text("Núñez-O'Hara", born) == rules.person_index_text(
        "NUNEZ OHARA", born
    )
    assert rules.person_index_text("Nunez", born) != rules.person_index_text("Nunez", date.max)
    assert rules.person_index_text("Nunez", None) is None
    assert rules.person_index_text(None, born) is None
    assert rules.person_index_text("--", born) is None
