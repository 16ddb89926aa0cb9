"""What a referral says is put right beside it; what was first sent stays as it was."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.audit import service as audit
from app.db import db, reading
from app.errors import InvalidInput, NotFound
from app.filters import RecordFilter
from app.referrals import service
from app.referrals.content import plain
from app.referrals.models import Referral
from app.referrals.rules import Verification, initial_engagement
from app.referrals.service import Drug, Person, PriorInvolvement, TabletZoneCheck
from app.referrals.stored import content_of
from tests.referrals.samples import (
    LEXINGTON_MARKET,
    OFFICER,
    OTHER_OFFICER,
    PENN_STATION,
    actor_with,
)

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
PEER = actor_with("peer")
MOVED = {**PENN_STATION, "location_source": "map"}
PERSON = Person(family_name="Plantedfamily", birth_date=date(1990, 5, 17))


@pytest.fixture(autouse=True)
def _today(social, full):
    for body in (social, full):
        body["occurred_at"] = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()


@pytest.fixture
def officer(client_for):
    return client_for("officer")


@pytest.fixture
def sent(officer, put, full):
    """The uuid of an arrest diversion with every member, from the demonstration's officer."""
    referral_uuid = uuid4()
    assert put(full, referral_uuid).status_code == 201
    return referral_uuid


def post(client, referral_uuid, members, correction_id=None):
    return client.post(
        f"/api/v1/referrals/{referral_uuid}/corrections",
        json={"correction_id": str(correction_id or uuid4()), **members},
        headers=SAME_ORIGIN,
    )


def view_of(client, referral_uuid):
    return client.get(f"/api/v1/referrals/{referral_uuid}").json


def correct(session, referral_uuid, now, correction_id=None, actor=OFFICER, **members):
    return service.correct(
        session, referral_uuid, correction_id or uuid4(), members, actor=actor, now=now
    )


def count(session, table):
    return session.scalar(text(f"SELECT count(*) FROM {table}"))


def test_the_answer_is_like_a_receipt(officer, sent):
    correction_id = uuid4()
    answer = post(officer, sent, {"unit": "Central 12"}, correction_id)

    assert answer.status_code == 200
    assert set(answer.json) == {
        "correction_id",
        "receipt_number",
        "status",
        "changed",
        "zone_check",
        "screening",
    }
    assert answer.json["correction_id"] == str(correction_id)
    assert answer.json["receipt_number"] == service.receipt_number(sent)
    assert (answer.json["status"], answer.json["changed"]) == ("received", ["unit"])
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_referral_stays_as_it_was_sent(officer, put, full, sent):
    before = view_of(officer, sent)
    post(officer, sent, {"unit": "Central 12", "person": {"family_name": "Other"}, **MOVED})
    after = view_of(officer, sent)

    assert before["corrections"] == []
    assert after | {"corrections": []} == before
    assert put(full, sent).status_code == 200


def test_each_member_but_the_kind_can_be_put_right(officer, sent):
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    members = {
        "occurred_at": moment.isoformat(),
        **MOVED,
        "accuracy_m": 12,
        "zone_check": {"status": "outside", "zone_version": 1, "reason": "moved"},
        "willing": "wants_time",
        "person": {"family_name": "Other", "birth_date": "1991-02-03"},
        "offence_category": "paraphernalia",
        "concern": None,
        "unit": None,
        "hazards": ["dog"],
        "overdose_reversal": False,
        "incident_number": "26-0001",
        "charge_codes": [],
        "drug": {"kind": "heroin", "grams": 2.5},
        "handoff_place": "Front desk",
        "custody_released_at": moment.isoformat(),
        "prior_involvement": {"observed_on": "2026-01-02"},
        "usually_found": "By the market",
        "preferred_contact": "Her sister",
    }
    answer = post(officer, sent, members)
    [correction] = view_of(officer, sent)["corrections"]

    assert answer.status_code == 200, answer.json
    assert set(correction["changed"]) == set(members) == set(correction["values"])
    for name, value in members.items():
        shown = correction["values"][name]
        if name in ("occurred_at", "custody_released_at"):
            assert datetime.fromisoformat(shown) == moment
        else:
            assert shown == value, name


def test_only_members_that_say_something_else_are_named(officer, sent):
    answer = post(officer, sent, {"unit": "Plantedunit", "hazards": ["dog"]})

    assert answer.json["changed"] == ["hazards"]


def test_a_correction_builds_on_the_one_before(session, store, now):
    referral_uuid = store(unit="1", handoff_place="A")
    correct(session, referral_uuid, now, unit="2")
    correct(session, referral_uuid, now, handoff_place="B")
    with pytest.raises(service.NothingChanged):
        correct(session, referral_uuid, now, unit="2", handoff_place="B")
    back = correct(session, referral_uuid, now, unit="1")
    corrections = service.get_for(session, referral_uuid, actor=OFFICER, now=now)["corrections"]

    assert back.changed == ("unit",)
    assert [item["values"] for item in corrections] == [
        {"unit": "2"},
        {"handoff_place": "B"},
        {"unit": "1"},
    ]


PLACE_AS_SENT = ("lat", "lon", "accuracy_m", "location_source", "zone_check")


@pytest.mark.parametrize("names", [(), ("unit",), PLACE_AS_SENT, ("occurred_at", "person")])
def test_what_changes_nothing_is_refused(officer, sent, full, names):
    answer = post(officer, sent, {name: full[name] for name in names})

    assert (answer.status_code, answer.json["code"]) == (422, "nothing_changed")


def test_a_repeat_answers_the_same_and_adds_nothing(app, officer, sent):
    correction_id = uuid4()
    members = {"unit": "Central 12", "drug": {"grams": 8}}
    first = post(officer, sent, members, correction_id)
    post(officer, sent, {"unit": "Central 13"})
    again = post(officer, sent, {"drug": {"grams": 8.0, "kind": None}, "unit": "Central 12"},
                 str(correction_id).upper())  # fmt: skip

    assert (first.status_code, again.status_code, again.json) == (200, 200, first.json)
    with app.app_context(), reading() as session:
        assert count(session, "referral_correction") == 2
        lines = [event for event in audit.events(session) if event.action == "referral.corrected"]
        assert [event.details["changed"] for event in lines] == [["unit", "drug"], ["unit"]]
        assert {event.subject_id for event in lines} == {str(sent)}
        assert audit.verify(session).is_whole


def test_the_same_correction_at_once_from_many_threads_is_one(app, client_for, sent):
    correction_id = uuid4()
    clients = [client_for("officer") for _ in range(6)]

    def send(client):
        return post(client, sent, {"willing": "no"}, correction_id)

    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(send, clients))

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.text for answer in answers}) == 1
    with app.app_context(), reading() as session:
        assert count(session, "referral_correction") == 1
        assert count(session, "screening_evaluation") == 2


@pytest.mark.parametrize("other", [{"unit": "Central 13"}, {"unit": None}, {}])
def test_a_used_correction_id_with_other_content_is_409(officer, sent, other):
    correction_id = uuid4()
    post(officer, sent, {"unit": "Central 12"}, correction_id)
    answer = post(officer, sent, other, correction_id)

    assert (answer.status_code, answer.json["code"]) == (409, "different_content")
    assert len(view_of(officer, sent)["corrections"]) == 1


def test_a_correction_id_belongs_to_one_referral(session, store, now):
    first, second, correction_id = store(), store(), uuid4()
    correct(session, first, now, correction_id, unit="2")
    with pytest.raises(service.DifferentContent):
        correct(session, second, now, correction_id, unit="2")


def test_a_new_place_gets_a_new_verdict_and_a_new_evaluation(officer, sent):
    answer = post(officer, sent, MOVED)
    view = view_of(officer, sent)
    [correction] = view["corrections"]

    assert answer.json["zone_check"]["status"] == correction["zone_status"] == "outside"
    assert correction["zone_check"]["lat"] == PENN_STATION["lat"]
    assert answer.json["screening"]["outcome"] == "ineligible"
    assert "IN_OUT_OF_ZONE" in {reason["code"] for reason in answer.json["screening"]["reasons"]}
    assert correction["screening"] == answer.json["screening"]
    assert view["screening"]["outcome"] == "needs_verification"
    assert view["zone_check"]["status"] == "inside"
    # what the tablet measured and said at the old place says nothing about the new one
    assert set(answer.json["changed"]) >= {"lat", "lon", "accuracy_m", "zone_check"}
    assert correction["values"]["accuracy_m"] is None
    assert correction["values"]["zone_check"] is None


def test_an_officers_decision_does_not_follow_to_another_place(session, store, now):
    resolved = TabletZoneCheck("uncertain", resolved_status="inside")
    referral_uuid = store(zone_check=resolved, kind="arrest_diversion", accuracy_m=5000.0)
    moved = correct(
        session,
        referral_uuid,
        now,
        lat=39.2917,
        lon=-76.6217,
        location_source="map",
        accuracy_m=5000.0,
    )

    assert moved.zone_check["status"] == "uncertain"
    assert "NV_LOCATION" in {reason.code for reason in moved.screening.reasons}


def test_an_evaluation_is_added_only_where_a_fact_changed(session, store, now):
    referral_uuid = store(person=PERSON)
    first = correct(session, referral_uuid, now, unit="2", person=Person(family_name="Other"))
    assert count(session, "screening_evaluation") == 2  # the age is not known any more
    second = correct(session, referral_uuid, now, usually_found="x", hazards=("dog",))
    assert count(session, "screening_evaluation") == 2
    assert second.screening == first.screening
    third = correct(session, referral_uuid, now, person=Person(birth_date=date(2012, 1, 1)))

    assert count(session, "screening_evaluation") == 3
    assert third.screening.outcome == "ineligible"


def test_a_corrected_time_is_judged_by_its_own_zone_and_criteria(session, store, now):
    referral_uuid = store(at=now)
    corrected = correct(session, referral_uuid, now, occurred_at=now - timedelta(days=1))

    assert corrected.changed == ("occurred_at",)
    assert count(session, "screening_evaluation") == 2


@pytest.mark.parametrize(
    ("was", "willing"),
    [("yes", "no"), ("no", "yes"), ("yes", "wants_time")],
)
def test_a_corrected_willingness_moves_the_engagement(session, store, now, was, willing):
    engagement = initial_engagement(willing)
    referral_uuid = store(willing=was)
    correct(session, referral_uuid, now, willing=willing)
    view = service.get_for(session, referral_uuid, actor=PEER, now=now)
    last = service.history_for(session, referral_uuid, actor=OFFICER)[-1]

    assert view["engagement_state"] == engagement
    assert (last["field"], last["to"], last["reason"]) == (
        "engagement_state",
        engagement,
        "corrected",
    )


def test_an_engagement_that_the_case_team_moved_stays(session, store, now):
    referral_uuid = store()
    move(session, referral_uuid, "engagement_state", "waitlisted", now)
    correct(session, referral_uuid, now, willing="no")

    assert service.get_for(session, referral_uuid, actor=PEER, now=now)["engagement_state"] == (
        "waitlisted"
    )


def move(session, referral_uuid, field, to, now):
    service.set_state(
        session, referral_uuid, field, to, actor=PEER, role="peer", reason="test", now=now
    )


@pytest.mark.parametrize("state", list(Verification))
def test_corrections_end_with_the_state_attorneys_review(session, store, now, state):
    referral_uuid = store()
    move(session, referral_uuid, "verification_state", state, now)
    if state in ("unchecked", "records_check", "needs_verification"):
        assert correct(session, referral_uuid, now, unit="2").changed == ("unit",)
    else:
        with pytest.raises(service.NotFromHere):
            correct(session, referral_uuid, now, unit="2")
        assert count(session, "referral_correction") == 0


def test_corrections_end_with_the_hand_off_but_a_repeat_is_still_answered(session, store, now):
    referral_uuid, correction_id = store(), uuid4()
    first = correct(session, referral_uuid, now, correction_id, unit="2")
    move(session, referral_uuid, "engagement_state", "handed_off", now)
    again = correct(session, referral_uuid, now, correction_id, unit="2")

    assert (again.changed, again.screening) == (first.changed, first.screening)
    with pytest.raises(service.NotFromHere):
        correct(session, referral_uuid, now, unit="3")


def test_another_officers_referral_is_not_there(session, store, now):
    for other in (store(OTHER_OFFICER), uuid4()):
        with pytest.raises(NotFound):
            correct(session, other, now, unit="2")


def test_another_user_gets_404(client_for, sent):
    assert post(client_for("sergeant"), sent, {"unit": "2"}).status_code == 404


@pytest.mark.parametrize(
    "role", ["prosecutor", "records_checker", "partner", "case_manager", "commander", "admin"]
)
def test_only_who_refers_corrects(client_for, sent, role):
    assert post(client_for(role), sent, {"unit": "2"}).status_code == 403


def test_who_is_not_signed_in_corrects_nothing(client, sent):
    assert post(client, sent, {"unit": "2"}).status_code == 401


@pytest.mark.parametrize(
    ("role", "reads_values"),
    [("case_manager", True), ("records_checker", True), ("prosecutor", True), ("partner", False)],
)
def test_who_reads_what_was_corrected(client_for, officer, sent, role, reads_values):
    post(officer, sent, {"person": {"family_name": "Plantednew"}})
    answer = client_for(role).get(f"/api/v1/referrals/{sent}")
    [correction] = answer.json["corrections"]

    assert correction["changed"] == ["person"]
    assert datetime.fromisoformat(correction["at"]).tzinfo is not None
    assert ("values" in correction) is reads_values
    assert ("Plantednew" in answer.text) is reads_values
    assert ("zone_check" in correction) is reads_values


WRONG = [
    ({"kind": "social_contact"}, "kind"),
    ({"diagnosis": "x"}, "diagnosis"),
    ({"willing": "maybe"}, "willing"),
    ({"willing": None}, "willing"),
    ({"occurred_at": "yesterday"}, "occurred_at"),
    ({"occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
    ({"offence_category": None}, "offence_category"),
    ({"person": {"ssn": "1"}}, "person.ssn"),
    ({"person": {"birth_date": "2199-01-01"}}, "person.birth_date"),
    ({"prior_involvement": {"observed_on": "2199-01-01"}}, "prior_involvement.observed_on"),
    ({"zone_check": {}}, "zone_check.status"),
    ({"hazards": ["x"]}, "hazards.0"),
    ({"accuracy_m": 5}, "lat"),
    ({"location_source": "map"}, "lat"),
    ({"lat": 39.3, "lon": -76.6}, "location_source"),
    ({**MOVED, "lat": "39.3"}, "lat"),
    ({**MOVED, "lat": None}, "lat"),
    ({"correction_id": "x", "unit": "2"}, "correction_id"),
    ({"correction_id": None, "unit": "2"}, "correction_id"),
]


@pytest.mark.parametrize(("members", "named"), WRONG)
def test_the_rules_of_a_referral_hold(app, officer, sent, members, named):
    answer = post(officer, sent, members)

    assert answer.status_code == 422, answer.json
    assert named in answer.json["errors"]
    with app.app_context(), reading() as session:
        assert count(session, "referral_correction") == 0
        assert count(session, "screening_evaluation") == 1


def test_a_place_elsewhere_is_refused(officer, sent):
    swapped = MOVED | {"lat": MOVED["lon"], "lon": MOVED["lat"]}
    answer = post(officer, sent, swapped)

    assert (answer.status_code, answer.json["code"]) == (422, "outside_service_area")
    assert "swapped" in answer.json["detail"]


def test_a_birth_date_after_a_corrected_time_is_refused(session, store, now):
    referral_uuid = store(person=Person(birth_date=now.date()))
    with pytest.raises(InvalidInput):
        correct(session, referral_uuid, now, occurred_at=now - timedelta(days=2))


def test_lists_filters_and_maps_go_by_the_corrected_referral(session, store, now):
    moved, other = store(person=PERSON), store(person=PERSON)
    members = {**MOVED, "concern": "prostitution", "occurred_at": now - timedelta(days=40)}
    correct(session, moved, now, **LEXINGTON_MARKET, location_source="map", unit="first")
    correct(session, moved, now, **members)

    def listed(**filters):
        found = service.list_for(session, RecordFilter(**filters), actor=OFFICER)
        assert found.total == len(found.items)
        return [item.uuid for item in found.items]

    assert listed() == [other, moved]
    assert listed(zone_status=("outside",)) == listed(offence_category=("prostitution",)) == [moved]
    assert listed(zone_status=("inside",)) == [other]
    assert listed(to_date=(now - timedelta(days=30)).date()) == [moved]
    assert listed(bbox=(-76.62, 39.3, -76.61, 39.31)) == [moved]
    number = service.list_for(session, RecordFilter(), actor=OFFICER).items[1].district
    assert moved in listed(district=(number,), district_set="2023")

    records = service.records_for_map(session, RecordFilter(), ("commander",))
    assert len(records.x_m) == 2
    assert records.y_m[0] - records.y_m[1] == pytest.approx(1743, abs=20)
    assert records.first_on == (now - timedelta(days=40)).date()
    assert len(set(records.person_key.tolist())) == 1
    correct(session, moved, now, person=Person(family_name="Other", birth_date=date(1990, 5, 17)))
    records = service.records_for_map(session, RecordFilter(), ("commander",))
    assert len(set(records.person_key.tolist())) == 2


def test_what_is_stored_reads_back_as_it_was_said(session, store, now):
    members = {
        "kind": "arrest_diversion",
        "person": PERSON,
        "accuracy_m": 8.0,
        "zone_check": TabletZoneCheck("inside", 1, 2.5, now, "inside", "because"),
        "unit": "7",
        "hazards": ("dog",),
        "overdose_reversal": False,
        "charge_codes": ("1", "2"),
        "drug": Drug("heroin", 2.0, "lab"),
        "custody_released_at": now,
        "prior_involvement": PriorInvolvement("professional_report", date(2026, 1, 2), False),
        "usually_found": "x",
    }
    referral_uuid = store(**members)
    row = session.query(Referral).filter_by(uuid=str(referral_uuid)).one()
    said = content_of(session, row, row)

    for name, value in members.items():
        assert getattr(said, name) == value, name
    assert plain(content_of(session, row, row)) == plain(said)


def test_no_corrected_word_lies_in_the_database_or_its_wal(app, officer, sent):
    planted = {
        "person": {"family_name": "Zyxwv01Q", "contact": "Zyxwv02Q", "birth_date": "1971-03-09"},
        "unit": "Zyxwv03Q",
        "usually_found": "Zyxwv04Q",
        "drug": {"kind": "Zyxwv05Q"},
        "charge_codes": ["Zyxwv06Q"],
        "zone_check": {"status": "inside", "reason": "Zyxwv07Q"},
    }
    correction_id = uuid4()
    assert post(officer, sent, planted, correction_id).status_code == 200
    assert post(officer, sent, planted, correction_id).status_code == 200
    assert post(officer, sent, planted | {"unit": "Zyxwv08Q"}, correction_id).status_code == 409
    assert "Zyxwv01Q" in officer.get(f"/api/v1/referrals/{sent}").text

    folder = app.extensions["lead"].settings.instance_dir
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert str(correction_id).encode() in stored
    for word in ("Zyxwv", "1971-03-09"):
        assert word.encode() not in stored
        assert word.encode("utf-16-le") not in stored


def test_a_sealed_correction_moved_to_another_does_not_open(app, officer, sent):
    for name in ("One", "Two"):
        post(officer, sent, {"person": {"family_name": name}})
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE referral_correction SET person_sealed = (SELECT person_sealed "
                "FROM referral_correction ORDER BY id LIMIT 1)"
            )
        )
    answer = officer.get(f"/api/v1/referrals/{sent}")

    assert (answer.status_code, answer.json["code"]) == (500, "cannot_unseal")


def test_corrections_are_described(client):
    document = client.get("/api/v1/openapi.json").json
    call = document["paths"]["/api/v1/referrals/{referral_uuid}/corrections"]["post"]
    name = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    body = document["components"]["schemas"][name]

    assert {"200", "404", "409", "422"} <= set(call["responses"])
    assert body["required"] == ["correction_id"]
    assert "kind" not in body["properties"]
    assert {"lat", "person", "zone_check", "hazards"} <= set(body["properties"])
    referral = document["components"]["schemas"]["ReferralAnswer"]["properties"]
    assert referral["corrections"]["type"] == "array"
