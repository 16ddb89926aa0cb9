"""An officer takes a referral back before anybody decides on it, and finds it by its number."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.audit import service as audit
from app.db import reading, unit_of_work
from app.errors import NotFound
from app.filters import RecordFilter
from app.referrals import rules, service
from app.referrals.rules import Verification
from tests.referrals.samples import OFFICER, OTHER_OFFICER, actor_with

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
BEFORE_REVIEW = ("unchecked", "records_check", "needs_verification")
SYSTEM_PEER = actor_with("peer")


@pytest.fixture(autouse=True)
def _today(social):
    social["occurred_at"] = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()


@pytest.fixture
def officer(client_for):
    return client_for("officer")


@pytest.fixture
def sent(officer, put, social):
    """The uuid of a referral the demonstration's officer sent."""
    referral_uuid = uuid4()
    assert put(social, referral_uuid).status_code == 201
    return referral_uuid


def withdraw(client, referral_uuid, body=None):
    return client.post(
        f"/api/v1/referrals/{referral_uuid}/withdrawal", json=body or {}, headers=SAME_ORIGIN
    )


def move(session, referral_uuid, field, to, now):
    service.set_state(
        session,
        referral_uuid,
        field,
        to,
        actor=SYSTEM_PEER,
        role="peer",
        reason="test",
        now=now,
    )


def take_back(session, referral_uuid, now, actor=OFFICER, reason="wrong_person"):
    return service.withdraw(session, referral_uuid, reason=reason, actor=actor, now=now)


def withdrawals(history):
    return [item for item in history if item["to"] == "withdrawn_by_officer"]


def test_the_author_takes_a_referral_back(officer, sent):
    answer = withdraw(officer, sent, {"reason": "entered_by_mistake"})

    assert answer.status_code == 200
    assert answer.json == {
        "receipt_number": service.receipt_number(sent),
        "status": "not_proceeding",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert officer.get(f"/api/v1/referrals/{sent}").json["status"] == "not_proceeding"


def test_the_history_shows_the_author_their_own_withdrawal(officer, sent):
    withdraw(officer, sent, {"reason": "entered_by_mistake"})
    items = officer.get(f"/api/v1/referrals/{sent}/history").json["items"]

    [withdrawal] = withdrawals(items)
    assert (withdrawal["field"], withdrawal["from"], withdrawal["role"], withdrawal["reason"]) == (
        "verification_state",
        "unchecked",
        "officer",
        "entered_by_mistake",
    )
    assert withdrawal["zone_version"] == 1
    assert withdrawal["criteria_version"].startswith("bpd-806-2017")


def test_a_repeat_is_200_and_adds_nothing(app, officer, sent):
    first = withdraw(officer, sent)
    second = withdraw(officer, sent, {"reason": None})

    assert (first.status_code, second.status_code, first.json) == (200, 200, second.json)
    with app.app_context(), reading() as session:
        lines = [
            event.details for event in audit.events(session) if event.action == "status_change"
        ]
    assert lines == [
        {"field": "verification_state", "to": "withdrawn_by_officer", "reason": "not_said"}
    ]
    assert len(withdrawals(officer.get(f"/api/v1/referrals/{sent}/history").json["items"])) == 1


def test_the_same_withdrawal_at_once_from_many_threads_is_one_move(client_for, officer, sent):
    clients = [client_for("officer") for _ in range(6)]
    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(lambda client: withdraw(client, sent), clients))

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len(withdrawals(officer.get(f"/api/v1/referrals/{sent}/history").json["items"])) == 1


def test_another_reason_does_not_replace_the_first(officer, sent):
    withdraw(officer, sent, {"reason": "wrong_person"})
    answer = withdraw(officer, sent, {"reason": "entered_twice"})

    assert (answer.status_code, answer.json["code"]) == (409, "different_content")
    [withdrawal] = withdrawals(officer.get(f"/api/v1/referrals/{sent}/history").json["items"])
    assert withdrawal["reason"] == "wrong_person"


def test_a_withdrawn_referral_sent_again_keeps_its_receipt(officer, put, social, sent):
    withdraw(officer, sent)
    again = put(social, sent)

    assert (again.status_code, again.json["status"]) == (200, "not_proceeding")


@pytest.mark.parametrize("state", list(Verification))
def test_it_ends_with_the_state_attorneys_review(session, store, now, state):
    referral_uuid = store(kind="arrest_diversion")
    move(session, referral_uuid, "verification_state", state, now)
    if state in BEFORE_REVIEW:
        assert take_back(session, referral_uuid, now).status == "not_proceeding"
    elif state == "withdrawn_by_officer":
        with pytest.raises(service.DifferentContent):
            take_back(session, referral_uuid, now)
    else:
        with pytest.raises(service.NotFromHere):
            take_back(session, referral_uuid, now)


@pytest.mark.parametrize("then", ["handed_off", "active", "closed", "not_located"])
def test_it_ends_with_the_hand_off_whatever_followed(session, store, now, then):
    """The answer after a hand-off is one and the same, so that nothing is learnt from it."""
    referral_uuid = store()
    for to in ("handed_off", then):
        move(session, referral_uuid, "engagement_state", to, now)
    before = take_back_refusal(session, referral_uuid, now)
    move(session, referral_uuid, "verification_state", "sao_review", now)

    assert take_back_refusal(session, referral_uuid, now) == before


def take_back_refusal(session, referral_uuid, now):
    with pytest.raises(service.NotFromHere) as refusal:
        take_back(session, referral_uuid, now)
    return refusal.value.code, refusal.value.status, refusal.value.detail


def test_too_late_is_409_over_http_and_changes_nothing(app, officer, sent, now):
    with app.app_context(), unit_of_work() as session:
        move(session, sent, "verification_state", "sao_review", now)
    answer = withdraw(officer, sent)

    assert (answer.status_code, answer.json["code"]) == (409, "not_from_here")
    assert officer.get(f"/api/v1/referrals/{sent}").json["status"] == "checking"


def test_only_the_verification_moves(session, store, now):
    referral_uuid = store(kind="arrest_diversion")
    take_back(session, referral_uuid, now)
    view = service.get_for(session, referral_uuid, actor=SYSTEM_PEER, now=now)

    assert (view["verification_state"], view["engagement_state"], view["charge_hold_state"]) == (
        "withdrawn_by_officer",
        "handoff_pending",
        "hold_opened",
    )
    assert view["status"] == "not_proceeding"


def test_another_officers_referral_is_not_there(session, store, now):
    referral_uuid = store(OTHER_OFFICER)
    for other in (referral_uuid, uuid4()):
        with pytest.raises(NotFound):
            take_back(session, other, now)


def test_another_user_gets_404(client_for, sent):
    answer = withdraw(client_for("sergeant"), sent)

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "role", ["prosecutor", "records_checker", "partner", "case_manager", "commander", "admin"]
)
def test_only_who_refers_withdraws(client_for, sent, role):
    assert withdraw(client_for(role), sent).status_code == 403


def test_who_is_not_signed_in_withdraws_nothing(client, sent):
    assert withdraw(client, sent).status_code == 401


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"reason": "Plantedname changed her mind"}, "reason"),
        ({"reason": 5}, "reason"),
        ({"reason": ""}, "reason"),
        ({"note": "x"}, "note"),
    ],
)
def test_a_reason_is_a_code_of_the_list(officer, sent, body, member):
    answer = withdraw(officer, sent, body)

    assert (answer.status_code, list(answer.json["errors"])) == (422, [member])
    assert officer.get(f"/api/v1/referrals/{sent}").json["status"] == "received"


def test_what_is_wrong_in_the_body_comes_before_whose_it_is(officer):
    assert withdraw(officer, uuid4(), {"reason": "x"}).status_code == 422
    assert withdraw(officer, uuid4()).status_code == 404
    assert withdraw(officer, "x").status_code == 422


def test_the_withdrawal_is_described(client):
    document = client.get("/api/v1/openapi.json").json
    call = document["paths"]["/api/v1/referrals/{referral_uuid}/withdrawal"]["post"]
    body = document["components"]["schemas"]["WithdrawalBody"]

    assert {"200", "404", "409", "422"} <= set(call["responses"])
    assert set(service.WITHDRAWAL_REASONS) <= set(body["properties"]["reason"]["enum"])
    listed = document["paths"]["/api/v1/referrals"]["get"]["parameters"]
    assert "receipt" in {parameter["name"] for parameter in listed}


def test_a_referral_is_found_by_its_receipt_however_it_is_typed(officer, put, social, sent):
    put(social)
    number = service.receipt_number(sent)
    spoken = number.lower().replace("1", "l").replace("0", "o")
    for text in (number, spoken, spoken.replace("l", "i"), f" {number[:4]}-{number[4:]} "):
        found = officer.get("/api/v1/referrals", query_string={"receipt": text}).json
        assert [item["uuid"] for item in found["items"]] == [str(sent)]
        assert found["total"] == 1


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "ABCDEFGU", "abc_defg", "é2345678"])
def test_what_is_no_receipt_number_is_refused(officer, text):
    answer = officer.get("/api/v1/referrals", query_string={"receipt": text})

    assert (answer.status_code, list(answer.json["errors"])) == (422, ["receipt"])


def test_nobody_finds_anothers_referral_by_its_receipt(session, store):
    mine, theirs = store(), store(OTHER_OFFICER)

    def found(actor, referral_uuid):
        number = service.receipt_number(referral_uuid)
        page = service.list_for(session, RecordFilter(), actor=actor, receipt=number)
        return [item.uuid for item in page.items]

    assert found(OFFICER, mine) == [mine]
    assert found(OFFICER, theirs) == []
    assert found(actor_with("case_manager"), mine) == []


def test_a_receipt_and_a_filter_hold_together(session, store):
    number = service.receipt_number(store())
    filtered = RecordFilter(zone_status=("outside",))

    assert service.list_for(session, filtered, actor=OFFICER, receipt=number).total == 0


@pytest.mark.parametrize(
    ("text", "receipt"),
    [("ol1i-2345", "01112345"), ("abcd efgh", "ABCDEFGH"), ("01234567", "01234567")],
)
def test_a_receipt_number_is_read_as_crockford_says(text, receipt):
    assert rules.normal_receipt(text) == receipt
