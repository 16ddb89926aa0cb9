"""Exactly once, in one transaction, with everything the criteria and the zone said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.audit import service as audit
from app.audit.service import SYSTEM
from app.errors import InvalidInput, NotAllowed, NotFound
from app.geo.coords import OutsideServiceArea
from app.referrals import service
from app.referrals.service import (
    Drug,
    Person,
    PriorInvolvement,
    ReferralContent,
    TabletZoneCheck,
    record,
)
from app.screening import service as screening
from app.zones.service import NoZoneInForce
from tests.referrals.samples import LEXINGTON_MARKET, OFFICER, OTHER_OFFICER, PENN_STATION

OCCURRED = datetime(2026, 11, 20, 15, 20, tzinfo=UTC)
ARREST = ReferralContent(
    kind="arrest_diversion",
    occurred_at=OCCURRED,
    location_source="gps",
    willing="yes",
    offence_category="drug_possession",
    person=Person(family_name="Plantedfamily", birth_date=date(1990, 5, 17)),
    drug=Drug(kind="Heroin", grams=1.5, measured="weighed"),
    **LEXINGTON_MARKET,
)
SOCIAL = ReferralContent(
    kind="social_contact",
    occurred_at=OCCURRED,
    location_source="map",
    willing="yes",
    concern="drug_possession",
    person=Person(age_band="18_plus"),
    prior_involvement=PriorInvolvement("direct_police_observation", date(2026, 10, 1), True),
    **LEXINGTON_MARKET,
)


def rows(session, table):
    return session.scalar(text(f"SELECT count(*) FROM {table}"))


def codes(recorded):
    return {reason.code for reason in recorded.receipt.screening.reasons}


def test_the_first_send_records_and_a_second_gives_the_same_receipt(session, now):
    referral_uuid = uuid4()
    first = record(session, referral_uuid, ARREST, actor=OFFICER, now=now)
    second = record(session, referral_uuid, ARREST, actor=OFFICER, now=now + timedelta(days=30))

    assert (first.created, second.created) == (True, False)
    assert first.receipt == second.receipt
    assert rows(session, "referral") == 1
    assert rows(session, "screening_evaluation") == 1


def test_record_evaluation_states_and_audit_line_come_together(session, now):
    before = rows(session, "audit_event")
    referral_uuid = uuid4()
    recorded = record(session, referral_uuid, ARREST, actor=OFFICER, now=now)

    assert rows(session, "referral_transition") == 3
    assert rows(session, "audit_event") == before + 1
    event = list(audit.events(session))[-1]
    assert (event.action, event.subject_id) == ("referral.recorded", str(referral_uuid))
    assert recorded.receipt.zone_check["zone"]["version"] == 1
    assert audit.verify(session).is_whole


def test_other_content_under_the_same_uuid_is_refused_and_changes_nothing(session, now):
    referral_uuid = uuid4()
    first = record(session, referral_uuid, ARREST, actor=OFFICER, now=now)
    with pytest.raises(service.DifferentContent):
        record(session, referral_uuid, replace(ARREST, unit="7"), actor=OFFICER, now=now)

    assert record(session, referral_uuid, ARREST, actor=OFFICER, now=now).receipt == first.receipt


def test_another_users_uuid_is_not_there_whatever_is_sent(session, now):
    referral_uuid = uuid4()
    record(session, referral_uuid, ARREST, actor=OFFICER, now=now)
    for content in (ARREST, SOCIAL):
        with pytest.raises(NotFound):
            record(session, referral_uuid, content, actor=OTHER_OFFICER, now=now)


def test_a_referral_needs_a_person_who_made_it(session, now):
    with pytest.raises(NotAllowed):
        record(session, uuid4(), ARREST, actor=SYSTEM, now=now)


@pytest.mark.parametrize(
    ("place", "accuracy_m", "status"),
    [
        (LEXINGTON_MARKET, 8.0, "inside"),
        (PENN_STATION, 8.0, "outside"),
        (PENN_STATION, 5000.0, "uncertain"),
        (LEXINGTON_MARKET, None, "inside"),
    ],
)
def test_the_server_gives_its_own_zone_verdict(session, now, place, accuracy_m, status):
    content = replace(ARREST, **place, accuracy_m=accuracy_m)
    recorded = record(session, uuid4(), content, actor=OFFICER, now=now)

    assert recorded.receipt.zone_check["status"] == status


def test_the_servers_verdict_outweighs_the_tablets(session, now):
    content = replace(ARREST, **PENN_STATION, zone_check=TabletZoneCheck("inside", 1))
    recorded = record(session, uuid4(), content, actor=OFFICER, now=now)

    assert recorded.receipt.screening.outcome == "ineligible"
    assert "IN_OUT_OF_ZONE" in codes(recorded)


@pytest.mark.parametrize(
    ("resolved", "code"),
    [("outside", "IN_OUT_OF_ZONE"), (None, "NV_LOCATION"), ("inside", None)],
)
def test_too_close_to_call_takes_the_officers_decision(session, now, resolved, code):
    content = replace(
        ARREST,
        accuracy_m=5000.0,
        zone_check=TabletZoneCheck("uncertain", 1, resolved_status=resolved),
    )
    found = codes(record(session, uuid4(), content, actor=OFFICER, now=now))

    assert found & {"IN_OUT_OF_ZONE", "NV_LOCATION"} == ({code} if code else set())


@pytest.mark.parametrize(
    ("content", "code", "outcome"),
    [
        (ARREST, "NV_CRITERION_UNSET", "needs_verification"),
        (SOCIAL, "NV_CRITERION_UNSET", "needs_verification"),
        (replace(ARREST, person=None), "NV_ID", "needs_verification"),
        (replace(ARREST, person=Person(age_band="under_18")), "IN_MINOR", "ineligible"),
        (
            replace(ARREST, person=Person(birth_date=date(2008, 11, 21), age_band="adult")),
            "IN_MINOR",
            "ineligible",
        ),
        (replace(ARREST, offence_category="weapon"), "IN_OFFENCE", "ineligible"),
        (replace(ARREST, willing="no"), "declined", "needs_verification"),
    ],
)
def test_the_2017_set_as_loaded(session, now, content, code, outcome):
    recorded = record(session, uuid4(), content, actor=OFFICER, now=now)

    assert recorded.receipt.screening.outcome == outcome
    assert code in codes(recorded)


def test_the_facts_kept_with_the_evaluation_hold_the_age_and_no_name(session, now):
    recorded = record(session, uuid4(), ARREST, actor=OFFICER, now=now)
    facts = screening.inputs_of(session, recorded.receipt.screening.id)

    assert facts["age_years"] == 36
    assert facts["drug_kind"] == "heroin"
    assert "Plantedfamily" not in str(facts)
    assert "1990" not in str(facts)


def test_a_time_that_has_not_come_is_refused_but_a_clock_may_be_a_little_ahead(session, now):
    ahead = replace(ARREST, occurred_at=now + timedelta(minutes=5))
    assert record(session, uuid4(), ahead, actor=OFFICER, now=now).created
    with pytest.raises(service.InTheFuture):
        record(
            session,
            uuid4(),
            replace(ARREST, occurred_at=now + timedelta(minutes=5, seconds=1)),
            actor=OFFICER,
            now=now,
        )


def test_before_the_first_zone_there_is_nothing_to_refer_into(session, now):
    with pytest.raises(NoZoneInForce):
        record(
            session,
            uuid4(),
            replace(ARREST, occurred_at=datetime(2017, 2, 7, tzinfo=UTC)),
            actor=OFFICER,
            now=now,
        )
    assert rows(session, "referral") == 0
    assert rows(session, "screening_evaluation") == 0


def test_swapped_coordinates_are_refused_with_the_hint(session, now):
    swapped = replace(ARREST, lat=-76.6216, lon=39.2916)
    with pytest.raises(OutsideServiceArea, match="swapped"):
        record(session, uuid4(), swapped, actor=OFFICER, now=now)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (replace(ARREST, person=Person(birth_date=date(2026, 11, 21))), "person.birth_date"),
        (
            replace(SOCIAL, prior_involvement=PriorInvolvement(observed_on=date(2026, 11, 21))),
            "prior_involvement.observed_on",
        ),
    ],
)
def test_a_day_after_the_referral_is_refused(session, now, content, field):
    with pytest.raises(InvalidInput) as caught:
        record(session, uuid4(), content, actor=OFFICER, now=now)

    assert list(caught.value.errors) == [field]


def test_local_day_weekday_and_hour_are_those_of_the_site(session, now):
    content = replace(ARREST, occurred_at=datetime(2026, 11, 20, 4, 59, tzinfo=UTC))
    record(session, uuid4(), content, actor=OFFICER, now=now)
    stored = session.execute(text("SELECT occurred_on, weekday, hour FROM referral")).one()

    assert tuple(stored) == ("2026-11-19", 4, 23)


def test_the_three_states_start_as_the_programme_says(session, now):
    record(session, uuid4(), ARREST, actor=OFFICER, now=now)
    record(session, uuid4(), replace(SOCIAL, willing="no"), actor=OFFICER, now=now)
    states = session.execute(
        text(
            "SELECT verification_state, engagement_state, charge_hold_state "
            "FROM referral ORDER BY id"
        )
    ).all()

    assert [tuple(row) for row in states] == [
        ("unchecked", "handoff_pending", "hold_opened"),
        ("unchecked", "declined", "none"),
    ]


def test_equal_values_are_equal_content():
    same = replace(
        ARREST,
        drug=Drug(kind="Heroin", grams=1.5, measured="weighed"),
        accuracy_m=None,
        occurred_at=OCCURRED.astimezone(tz=None),
    )
    assert same.canonical() == ARREST.canonical()
    assert replace(ARREST, accuracy_m=8).canonical() == replace(ARREST, accuracy_m=8.0).canonical()


@given(
    st.sampled_from(["unit", "incident_number", "handoff_place", "usually_found"]),
    st.text(min_size=1, max_size=20),
)
def test_any_other_text_is_other_content(field, words):
    changed = replace(ARREST, **{field: words})

    assert changed.canonical() != ARREST.canonical()
