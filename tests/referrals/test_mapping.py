"""What maps get: places and persons of exactly the referrals that the filter leaves."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from sqlalchemy import text

from app.filters import InvalidFilter, RecordFilter
from app.referrals.service import Person, records_for_map
from tests.referrals.samples import OTHER_OFFICER, PENN_STATION

COMMANDER = ("commander",)
LEXINGTON_X_M, LEXINGTON_Y_M = 432_643.6, 180_445.6


def test_places_are_metres_and_days_local(session, store):
    store(at=datetime(2026, 11, 20, 4, 30, tzinfo=UTC))
    records = records_for_map(session, RecordFilter(), COMMANDER)

    assert records.n == 1
    assert records.x_m[0] == pytest.approx(LEXINGTON_X_M, abs=0.1)
    assert records.y_m[0] == pytest.approx(LEXINGTON_Y_M, abs=0.1)
    assert records.occurred_on.tolist() == [date(2026, 11, 19)]
    assert records.unmapped == {}


def test_one_person_has_one_key_and_the_unknown_each_their_own(session, store):
    known = Person(family_name="Núñez", birth_date=date(1990, 5, 17))
    store(person=known)
    store(OTHER_OFFICER, person=Person(family_name="NUNEZ", birth_date=date(1990, 5, 17)))
    store(person=Person(family_name="Nunez", birth_date=date(1991, 5, 17)))
    store(person=Person(family_name="Nunez"))
    store(person=Person(family_name="Nunez"))
    store()
    keys = records_for_map(session, RecordFilter(), COMMANDER).person_key

    assert keys[0] == keys[1]
    assert len(np.unique(keys)) == 5


def test_the_filter_counts_and_its_bbox_does_not(session, store):
    store()
    store(kind="arrest_diversion", **PENN_STATION)
    far_away = (-76.70, 39.36, -76.69, 39.37)

    def n(**filters):
        return records_for_map(session, RecordFilter(**filters), COMMANDER).n

    assert n(bbox=far_away) == 2
    assert n(kind=("arrest_diversion",)) == 1
    assert n(zone_status=("outside",)) == 1
    assert n(status=("received",)) == 2


def test_the_whole_sets_days_are_told_whatever_the_filter(session, store):
    store(at=datetime(2024, 3, 1, 17, tzinfo=UTC))
    store(at=datetime(2026, 3, 1, 17, tzinfo=UTC))
    records = records_for_map(session, RecordFilter(from_date=date(2026, 1, 1)), COMMANDER)

    assert (records.n, records.first_on, records.last_on) == (
        1,
        date(2024, 3, 1),
        date(2026, 3, 1),
    )


def test_without_any_referral_there_is_nothing_to_map(session):
    records = records_for_map(session, RecordFilter(), COMMANDER)

    assert (records.n, records.first_on, records.last_on) == (0, None, None)


def test_the_version_follows_the_records_and_not_what_police_may_not_know(session, store):
    store()
    first = records_for_map(session, RecordFilter(status=("received",)), COMMANDER)
    assert first.data_version == (
        records_for_map(session, RecordFilter(status=("received",)), COMMANDER).data_version
    )
    store()
    second = records_for_map(session, RecordFilter(status=("received",)), COMMANDER)
    assert second.data_version != first.data_version

    handed_off = RecordFilter(status=("handed_off",))
    session.execute(text("UPDATE referral SET was_handed_off = 1, engagement_state = 'active'"))
    before = records_for_map(session, handed_off, COMMANDER)
    session.execute(text("UPDATE referral SET engagement_state = 'closed'"))
    after = records_for_map(session, handed_off, COMMANDER)
    assert (
        (before.n, before.data_version) == (after.n, after.data_version) == (2, before.data_version)
    )


def test_a_commander_cannot_ask_for_words_of_the_case_team(session):
    with pytest.raises(InvalidFilter):
        records_for_map(session, RecordFilter(status=("intake_done",)), COMMANDER)
    assert (
        records_for_map(session, RecordFilter(status=("intake_done",)), ("programme_manager",)).n
        == 0
    )
