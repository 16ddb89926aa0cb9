"""What each role may read: whose referrals, which words, which names."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from app.audit import service as audit
from app.errors import NotFound
from app.filters import InvalidFilter, RecordFilter
from app.referrals import service
from app.referrals.service import Drug, Person
from tests.referrals.samples import (
    LEXINGTON_MARKET,
    OFFICER,
    OTHER_OFFICER,
    PENN_STATION,
    actor_with,
)

PERSON = Person(family_name="Plantedfamily", birth_date=date(1990, 5, 17))
CASE_ROLES = ("case_manager", "peer", "case_supervisor", "programme_manager")


def uuids(session, actor, **filters):
    found = service.list_for(session, RecordFilter(**filters), actor=actor, page_size=200)
    assert found.total == len(found.items)
    return {item.uuid for item in found.items}


@pytest.fixture
def three(store):
    """The officer's social contact, the officer's arrest, another officer's social contact."""
    return (
        store(person=PERSON),
        store(kind="arrest_diversion", person=PERSON, drug=Drug(kind="Planteddrug")),
        store(OTHER_OFFICER, person=PERSON, usually_found="Plantedfound"),
    )


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        (OFFICER, {0, 1}),
        (replace(OFFICER, roles=("sergeant",)), {0, 1}),
        (OTHER_OFFICER, {2}),
        (replace(OFFICER, roles=("planner",)), set()),
        (actor_with("officer"), set()),
        (actor_with("commander"), set()),
        (actor_with("evaluator"), set()),
        (actor_with("admin"), set()),
        (actor_with("prosecutor"), {1}),
        (replace(OTHER_OFFICER, roles=("officer", "prosecutor")), {1, 2}),
        (actor_with("records_checker"), {0, 1, 2}),
        (actor_with("partner"), {0, 1, 2}),
        *((actor_with(role), {0, 1, 2}) for role in CASE_ROLES),
    ],
)
def test_whose_referrals_a_role_reaches(session, now, three, actor, seen):
    assert uuids(session, actor) == {three[number] for number in seen}
    for number, referral_uuid in enumerate(three):
        if number in seen:
            assert service.get_for(session, referral_uuid, actor=actor, now=now)
            assert service.history_for(session, referral_uuid, actor=actor)
        else:
            with pytest.raises(NotFound):
                service.get_for(session, referral_uuid, actor=actor, now=now)
            with pytest.raises(NotFound):
                service.history_for(session, referral_uuid, actor=actor)


@pytest.mark.parametrize("role", [*CASE_ROLES, "records_checker", "partner", "prosecutor"])
def test_lists_and_histories_hold_no_word_that_was_typed(session, three, role):
    actor = actor_with(role)
    listed = service.list_for(session, RecordFilter(), actor=actor)
    moves = [service.history_for(session, item.uuid, actor=actor) for item in listed.items]

    assert "Planted" not in repr(listed) + repr(moves)


@pytest.mark.parametrize(
    ("role", "reads_person"),
    [
        ("case_manager", True),
        ("records_checker", True),
        ("prosecutor", True),
        ("partner", False),
    ],
)
def test_who_reads_who_the_person_is(session, now, three, role, reads_person):
    view = service.get_for(session, three[1], actor=actor_with(role), now=now)

    assert ("Plantedfamily" in repr(view)) is reads_person
    assert ("Planteddrug" in repr(view)) is reads_person
    assert ("lat" in view) is reads_person


def test_authors_read_their_own_words_back(session, now, three):
    view = service.get_for(session, three[2], actor=OTHER_OFFICER, now=now)

    assert view["person"]["family_name"] == "Plantedfamily"
    assert view["usually_found"] == "Plantedfound"


def test_each_look_at_a_person_is_audited_with_no_name(session, now, three):
    before = audit.head(session).sequence
    service.get_for(session, three[0], actor=actor_with("case_manager"), now=now)
    service.get_for(session, three[0], actor=actor_with("partner"), now=now)
    after = list(audit.events(session))[before:]

    assert [(event.action, event.subject_id) for event in after] == [("record_view", str(three[0]))]
    assert "Planted" not in repr([audit.as_json(event) for event in after])


def test_states_are_shown_to_those_who_work_with_them(session, now, three):
    def states(role):
        view = service.get_for(session, three[1], actor=actor_with(role), now=now)
        return {name for name in view if name.endswith("_state")}

    assert states("case_manager") == {
        "verification_state",
        "engagement_state",
        "charge_hold_state",
    }
    assert states("prosecutor") == {"verification_state", "charge_hold_state"}
    own = service.get_for(session, three[1], actor=OFFICER, now=now)
    assert not [name for name in own if name.endswith("_state")]


def test_after_the_hand_off_nothing_changes_for_the_officer(session, now, three):
    session.execute(text("UPDATE referral SET was_handed_off = 1, engagement_state = 'handed_off'"))
    session.expire_all()
    before = service.get_for(session, three[0], actor=OFFICER, now=now)
    listed = service.list_for(session, RecordFilter(), actor=OFFICER)
    for engagement in ("intake_done", "active", "closed", "not_located", "intake_expired"):
        session.execute(text("UPDATE referral SET engagement_state = :to"), {"to": engagement})
        session.expire_all()
        assert service.get_for(session, three[0], actor=OFFICER, now=now) == before
        assert service.list_for(session, RecordFilter(), actor=OFFICER) == listed
        assert uuids(session, OFFICER, status=("handed_off",)) == {three[0], three[1]}
        assert uuids(session, OFFICER, status=("not_proceeding",)) == set()


def test_history_shows_police_their_submission_only(session, now, three):
    session.execute(
        text(
            "INSERT INTO referral_transition (referral_id, field, from_value, to_value, actor, "
            "role, at_utc, reason, criteria_version, zone_version) SELECT id, "
            "'engagement_state', 'handoff_pending', 'handed_off', 'user:5', 'case_manager', "
            "'2026-11-20 16:00:00', 'met', 'x-v1', 1 FROM referral"
        )
    )
    session.execute(
        text(
            "INSERT INTO referral_transition (referral_id, field, from_value, to_value, actor, "
            "role, at_utc, reason, criteria_version, zone_version) SELECT id, "
            "'verification_state', 'unchecked', 'records_check', 'user:6', 'records_checker', "
            "'2026-11-20 16:00:00', 'started', 'x-v1', 1 FROM referral"
        )
    )

    def moves(actor):
        return [
            (move["field"], move["to"])
            for move in service.history_for(session, three[1], actor=actor)
        ][3:]

    assert moves(OFFICER) == []
    assert moves(actor_with("prosecutor")) == [("verification_state", "records_check")]
    assert moves(actor_with("peer")) == [
        ("engagement_state", "handed_off"),
        ("verification_state", "records_check"),
    ]


def test_the_first_history_says_who_submitted_what(session, store):
    referral_uuid = store(kind="arrest_diversion")
    moves = service.history_for(session, referral_uuid, actor=OFFICER)

    assert [(move["field"], move["from"], move["to"]) for move in moves] == [
        ("verification_state", None, "unchecked"),
        ("engagement_state", None, "handoff_pending"),
        ("charge_hold_state", None, "hold_opened"),
    ]
    assert {(move["actor"], move["role"], move["reason"]) for move in moves} == {
        ("user:901", "officer", "submitted")
    }
    assert {move["zone_version"] for move in moves} == {1}
    assert all(move["criteria_version"].startswith("bpd-806-2017") for move in moves)


FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # 10:00 on a Friday in Baltimore


@pytest.mark.parametrize(
    ("filters", "seen"),
    [
        ({}, {"friday", "thursday", "old"}),
        ({"from_date": date(2026, 11, 19)}, {"friday", "thursday"}),
        ({"from_date": date(2026, 11, 20)}, {"friday"}),
        ({"to_date": date(2026, 11, 19)}, {"thursday", "old"}),
        ({"to_date": date(2022, 12, 31)}, {"old"}),
        ({"kind": ("arrest_diversion",)}, {"thursday"}),
        ({"kind": ("arrest_diversion", "social_contact")}, {"friday", "thursday", "old"}),
        ({"offence_category": ("prostitution",)}, {"thursday", "old"}),
        ({"zone_status": ("outside",)}, {"thursday"}),
        ({"zone_status": ("inside",)}, {"friday", "old"}),
        ({"status": ("not_proceeding",)}, {"old"}),
        ({"status": ("received",)}, {"friday", "thursday"}),
        ({"status": ("received", "not_proceeding")}, {"friday", "thursday", "old"}),
        ({"weekday": (5,)}, {"friday"}),
        ({"weekday": (4,)}, {"thursday"}),
        ({"hour_from": 10, "hour_to": 10}, {"friday"}),
        ({"hour_from": 22, "hour_to": 2}, {"thursday"}),
        ({"bbox": (-76.63, 39.285, -76.618, 39.295)}, {"friday", "old"}),
    ],
)
def test_each_filter_leaves_what_it_names(session, store, filters, seen):
    named = {
        "friday": store(at=FRIDAY),
        "thursday": store(
            kind="arrest_diversion",
            offence_category="prostitution",
            at=datetime(2026, 11, 20, 4, 30, tzinfo=UTC),  # 23:30 on Thursday
            **PENN_STATION,
        ),
        "old": store(
            concern="prostitution", willing="no", at=datetime(2022, 12, 31, 17, tzinfo=UTC)
        ),
    }

    assert uuids(session, OFFICER, **filters) == {named[name] for name in seen}


def test_the_district_is_that_of_the_layer_in_force_on_the_day(session, now, store):
    old = store(at=datetime(2022, 12, 31, 17, tzinfo=UTC), **PENN_STATION)
    new = store(at=datetime(2023, 1, 1, 17, tzinfo=UTC), **PENN_STATION)
    rows = session.execute(
        text("SELECT uuid, district, district_1959, district_2023 FROM referral")
    ).all()
    by_uuid = {row.uuid: row for row in rows}

    assert by_uuid[str(old)].district == by_uuid[str(old)].district_1959
    assert by_uuid[str(new)].district == by_uuid[str(new)].district_2023
    number = by_uuid[str(new)].district_2023
    assert uuids(session, OFFICER, district=(number,), district_set="2023") == {old, new}


@pytest.mark.parametrize(
    "filters",
    [
        {"kind": ("transfer_in",)},
        {"offence_category": ("murder",)},
        {"status": ("intake_done",)},
        {"status": ("submitted",)},
        {"dataset": "arrests"},
    ],
)
def test_a_word_the_caller_cannot_know_is_refused(session, filters):
    with pytest.raises(InvalidFilter):
        service.list_for(session, RecordFilter(**filters), actor=OFFICER)


def test_case_teams_filter_by_their_own_words(session, store):
    store()
    found = uuids(session, actor_with("peer"), status=("handoff_pending",))

    assert len(found) == 1


def test_pages_hold_each_referral_once_newest_first(session, now, store):
    made = [store(at=now - timedelta(days=day)) for day in range(5)]
    pages = [
        service.list_for(session, RecordFilter(), actor=OFFICER, page=number, page_size=2)
        for number in (1, 2, 3, 4)
    ]

    assert [item.uuid for page in pages for item in page.items] == made
    assert {page.total for page in pages} == {5}


def test_officers_read_the_status_in_words(session, store):
    store(**LEXINGTON_MARKET)
    [item] = service.list_for(session, RecordFilter(), actor=OFFICER).items

    assert (item.status, item.status_word) == ("received", "Received")
