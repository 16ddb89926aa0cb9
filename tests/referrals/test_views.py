"""Referrals over HTTP: the contract's answers, and a clear refusal for everything else."""

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from app.db import reading
from app.referrals.service import CATEGORIES, receipt_number
from tests.referrals.samples import PENN_STATION

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def _today(social, full):
    """What the samples send happened a few minutes ago."""
    for body in (social, full):
        body["occurred_at"] = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()


def count_of(app, table="referral"):
    from sqlalchemy import text

    with app.app_context(), reading() as session:
        return session.scalar(text(f"SELECT count(*) FROM {table}"))


def test_the_answer_has_what_the_contract_names(put, social):
    referral_uuid = uuid4()
    answer = put(social, referral_uuid)

    assert answer.status_code == 201
    assert set(answer.json) == {"receipt_number", "status", "zone_check", "screening"}
    assert answer.json["receipt_number"] == receipt_number(referral_uuid)
    assert answer.json["status"] == "received"
    assert set(answer.json["zone_check"]) == {
        "status",
        "distance_to_boundary_m",
        "nearest_street",
        "lat",
        "lon",
        "accuracy_m",
        "zone",
        "checked_at",
    }
    assert set(answer.json["zone_check"]["zone"]) == {"id", "name", "version", "effective_from"}
    assert answer.json["zone_check"]["status"] == "inside"
    assert answer.json["screening"]["outcome"] == "needs_verification"
    assert answer.json["screening"]["criteria_version"] == "bpd-806-2017-v1"
    assert {frozenset(reason) for reason in answer.json["screening"]["reasons"]} == {
        frozenset({"code", "text", "source"})
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_member_of_the_contract_is_taken_and_given_back(put, full, client_for):
    referral_uuid = uuid4()
    assert put(full, referral_uuid).status_code == 201
    view = client_for("officer").get(f"/api/v1/referrals/{referral_uuid}").json

    for name, sent in full.items():
        stored = view["tablet_zone_check"] if name == "zone_check" else view[name]
        if name in ("occurred_at", "custody_released_at"):
            assert datetime.fromisoformat(stored) == datetime.fromisoformat(sent)
        elif name == "zone_check":
            assert stored | {"checked_at": None} == sent | {"checked_at": None}
        else:
            assert stored == sent, name


def test_a_repeat_is_200_with_the_same_receipt_however_it_is_written(put, social):
    referral_uuid = uuid4()
    first = put(social | {"accuracy_m": 8}, referral_uuid)
    rewritten = {
        "accuracy_m": 8.0,
        **dict(reversed(social.items())),
        "drug": None,
        "hazards": [],
        "unit": None,
    }
    second = put(rewritten, str(referral_uuid).upper())

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json


@pytest.mark.parametrize(
    "change",
    [
        {"willing": "no"},
        {"lat": 39.2917},
        {"person": {}},
        {"person": {"given_name": "A"}},
        {"unit": "7"},
        {"accuracy_m": 8.5},
        {"overdose_reversal": False},
    ],
)
def test_other_content_is_409_and_changes_nothing(put, social, change):
    referral_uuid = uuid4()
    first = put(social, referral_uuid)
    answer = put(social | change, referral_uuid)

    assert (answer.status_code, answer.json["code"]) == (409, "different_content")
    assert put(social, referral_uuid).json == first.json


def test_another_officers_uuid_is_404(app, put, social, client_for):
    referral_uuid = uuid4()
    put(social, referral_uuid)
    sergeant = client_for("sergeant")
    for body in (social, social | {"willing": "no"}):
        answer = sergeant.put(f"/api/v1/referrals/{referral_uuid}", json=body, headers=SAME_ORIGIN)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert sergeant.get(f"/api/v1/referrals/{referral_uuid}").status_code == 404
    assert sergeant.get(f"/api/v1/referrals/{referral_uuid}/history").status_code == 404
    assert count_of(app) == 1


def test_the_same_uuid_at_once_from_many_threads_is_one_record(app, client_for, social):
    referral_uuid = uuid4()
    client_for("officer")
    clients = [client_for("officer") for _ in range(6)]

    def send(client):
        return client.put(f"/api/v1/referrals/{referral_uuid}", json=social, headers=SAME_ORIGIN)

    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(send, clients))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({json.dumps(answer.json, sort_keys=True) for answer in answers}) == 1
    assert count_of(app) == 1
    assert count_of(app, "screening_evaluation") == 1


def test_different_uuids_at_once_are_all_kept(app, client_for, social):
    client = client_for("officer")
    uuids = [uuid4() for _ in range(12)]

    def send(referral_uuid):
        return app.test_client(use_cookies=False).put(
            f"/api/v1/referrals/{referral_uuid}",
            json=social,
            headers={**SAME_ORIGIN, "Cookie": cookie},
        )

    cookie = "; ".join(f"{c.key}={c.value}" for c in client._cookies.values())
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, uuids))

    assert [answer.status_code for answer in answers] == [201] * 12
    assert count_of(app) == 12
    assert count_of(app, "referral_transition") == 36


REQUIRED = ["kind", "occurred_at", "lat", "lon", "location_source", "willing", "person", "concern"]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_member_is_named(app, put, social, name):
    del social[name]
    answer = put(social)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [name]
    assert name in answer.json["detail"]
    assert count_of(app) == 0


def test_an_arrest_needs_its_offence(put, full):
    del full["offence_category"]
    answer = put(full)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["offence_category"]


BAD = [
    ("kind", "burglary"),
    ("kind", "community"),
    ("kind", 5),
    ("occurred_at", "2026-11-20"),
    ("occurred_at", "2026-11-20T10:20:00"),
    ("occurred_at", "yesterday"),
    ("occurred_at", "0001-01-01T00:00:00+14:00"),
    ("occurred_at", "9999-12-31T23:59:59-14:00"),
    ("occurred_at", "2999-01-01T00:00:00Z"),
    ("occurred_at", 1_700_000_000),
    ("lat", "39.29"),
    ("lat", True),
    ("lat", [39.29]),
    ("lat", 91),
    ("lat", 1e400),
    ("lat", 10**400),
    ("lon", None),
    ("location_source", "guess"),
    ("willing", True),
    ("willing", "maybe"),
    ("person", "Somebody"),
    ("person", []),
    ("person", {"ssn": "1"}),
    ("person", {"birth_date": "17 May 1990"}),
    ("person", {"birth_date": "1990-02-30"}),
    ("person", {"birth_date": "1790-02-20"}),
    ("person", {"age_band": "youngish"}),
    ("person", {"family_name": 5}),
    ("person", {"family_name": "x" * 101}),
    ("person", {"family_name": " "}),
    ("person", {"family_name": "a\u0000b"}),
    ("person", {"family_name": "\ud800"}),
    ("concern", "murder"),
    ("accuracy_m", -1),
    ("accuracy_m", "8"),
    ("zone_check", {"status": "maybe"}),
    ("zone_check", {}),
    ("zone_check", {"status": "inside", "zone_version": "1"}),
    ("zone_check", {"status": "inside", "zone_version": 1.5}),
    ("zone_check", {"status": "uncertain", "resolved_status": "uncertain"}),
    ("hazards", ["knows a dealer called Bob"]),
    ("hazards", "dog"),
    ("overdose_reversal", "yes"),
    ("charge_codes", [5]),
    ("charge_codes", ["1"] * 31),
    ("drug", {"grams": -1}),
    ("drug", {"grams": "2"}),
    ("drug", {"measured": "guessed"}),
    ("prior_involvement", {"basis": "hunch"}),
    ("prior_involvement", {"in_zone": "yes"}),
    ("diagnosis", "x"),
    ("associates", ["x"]),
    ("photo", "x"),
    ("immigration_status", "x"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_wrong_member_is_refused_and_named(app, put, social, name, value):
    answer = put(social | {name: value})

    assert answer.status_code in (400, 422)
    assert answer.content_type == "application/problem+json"
    assert answer.json["detail"]
    if answer.status_code == 422 and "errors" in answer.json:
        assert any(field.split(".")[0] == name for field in answer.json["errors"])
    assert count_of(app) == 0


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"lat": -76.6216, "lon": 39.2916}, "swapped"),
        ({"lat": 38.9, "lon": -77.03}, "outside Baltimore"),
        ({"lat": 0, "lon": 0}, "outside Baltimore"),
    ],
)
def test_a_place_elsewhere_is_refused(app, put, social, place, words):
    answer = put(social | place)

    assert (answer.status_code, answer.json["code"]) == (422, "outside_service_area")
    assert words in answer.json["detail"]
    assert count_of(app) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"lat": NaN}',
        b'{"lat": Infinity}',
        b"[" * 100_000,
        b"null",
        b"[]",
        b'"text"',
    ],
)
def test_what_is_no_referral_at_all_is_refused(app, client_for, body):
    answer = client_for("officer").put(
        f"/api/v1/referrals/{uuid4()}",
        data=body,
        content_type="application/json",
        headers=SAME_ORIGIN,
    )

    assert answer.status_code in (400, 422)
    assert answer.json["code"]
    assert count_of(app) == 0


def test_a_form_is_not_json(client_for):
    answer = client_for("officer").put(
        f"/api/v1/referrals/{uuid4()}", data={"kind": "x"}, headers=SAME_ORIGIN
    )

    assert answer.status_code == 400
    assert "application/json" in answer.json["detail"]


@pytest.mark.parametrize("name", ["1", "not-a-uuid", "3f2b8c1e9d4a4e6b8f702a1c5d9e7b34"])
def test_an_address_without_a_uuid_is_refused(put, social, name):
    answer = put(social, name)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_uuid")


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_of_the_vocabulary_is_taken(put, social, full, category):
    assert put(social | {"concern": category}).status_code == 201
    assert put(full | {"offence_category": category}).status_code == 201


@pytest.mark.parametrize("role", ["prosecutor", "case_manager", "commander", "planner", "admin"])
def test_only_officers_and_sergeants_refer(client_for, social, role):
    answer = client_for(role).put(f"/api/v1/referrals/{uuid4()}", json=social, headers=SAME_ORIGIN)

    assert answer.status_code == 403


def test_who_is_not_signed_in_reads_and_writes_nothing(client, social):
    path = f"/api/v1/referrals/{uuid4()}"

    assert client.put(path, json=social, headers=SAME_ORIGIN).status_code == 401
    assert client.get(path).status_code == 401
    assert client.get("/api/v1/referrals").status_code == 401


@pytest.mark.parametrize("role", ["commander", "planner", "evaluator", "admin"])
def test_roles_without_referrals_get_none(client_for, role):
    assert client_for(role).get("/api/v1/referrals").status_code == 403


def test_the_list_is_paged_and_filtered_and_holds_no_name(put, social, full, client_for):
    for body in (social, full, social | PENN_STATION):
        assert put(body).status_code == 201
    officer = client_for("officer")
    everything = officer.get("/api/v1/referrals")
    assert everything.headers["Cache-Control"] == "no-store"
    assert "Planted" not in everything.text
    assert (everything.json["total"], everything.json["page"]) == (3, 1)

    second = officer.get("/api/v1/referrals?page=2&page_size=2").json
    assert (len(second["items"]), second["total"], second["page_size"]) == (1, 3, 2)
    outside = officer.get("/api/v1/referrals?zone_status=outside&kind=social_contact").json
    assert [item["zone_status"] for item in outside["items"]] == ["outside"]
    prosecutor = client_for("prosecutor").get("/api/v1/referrals").json
    assert [item["kind"] for item in prosecutor["items"]] == ["arrest_diversion"]


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=x", "page_size=1000", "colour=red", "kind=x", "from=soon", "status=active"],
)
def test_a_wrong_query_is_refused(client_for, query):
    answer = client_for("officer").get(f"/api/v1/referrals?{query}")

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [query.split("=")[0]]


def test_a_list_has_an_etag_too_and_it_changes_with_what_is_shown(put, social, client_for):
    officer = client_for("officer")
    first = officer.get("/api/v1/referrals")
    known = {"If-None-Match": first.headers["ETag"]}
    assert officer.get("/api/v1/referrals", headers=known).status_code == 304

    put(social)

    again = officer.get("/api/v1/referrals", headers=known)
    assert (again.status_code, again.headers["Cache-Control"]) == (200, "no-store")
    assert again.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    ("change", "member", "sentence"),
    [
        ({"diagnosis": "x"}, "diagnosis", "There is no member of this name; see /api/v1/docs."),
        ({"person": {"ssn": "x"}}, "person.ssn", "There is no member of this name"),
        ({"person": "x"}, "person", "Send a JSON object."),
        ({"willing": None}, "willing", "Send a value, not null."),
        ({"zone_check": {}}, "zone_check.status", "Send this member."),
    ],
)
def test_a_refusal_says_what_to_send_instead(put, social, change, member, sentence):
    answer = put({**social, **change})

    assert answer.status_code == 422
    assert answer.json["errors"][member][0].startswith(sentence)
    assert answer.json["detail"].startswith(f"{member}: {sentence}")


def test_the_etag_answers_304_until_what_is_shown_changes(put, social, client_for):
    referral_uuid = uuid4()
    put(social, referral_uuid)
    officer = client_for("officer")
    first = officer.get(f"/api/v1/referrals/{referral_uuid}")
    again = officer.get(
        f"/api/v1/referrals/{referral_uuid}", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-store"
    assert again.status_code == 304
    other = client_for("case_manager").get(f"/api/v1/referrals/{referral_uuid}")
    assert other.headers["ETag"] != first.headers["ETag"]


def test_the_history_names_field_from_to_actor_role_and_reason(put, social, client_for):
    referral_uuid = uuid4()
    put(social, referral_uuid)
    items = client_for("officer").get(f"/api/v1/referrals/{referral_uuid}/history").json["items"]

    assert [item["field"] for item in items] == [
        "verification_state",
        "engagement_state",
        "charge_hold_state",
    ]
    assert set(items[0]) == {
        "field",
        "from",
        "to",
        "actor",
        "role",
        "at",
        "reason",
        "criteria_version",
        "zone_version",
    }
    assert datetime.fromisoformat(items[0]["at"]).tzinfo is not None


def test_the_sent_body_is_not_changed_by_sending(put, full):
    sent = copy.deepcopy(full)
    put(full)

    assert full == sent


def test_a_limit_changed_in_the_criteria_file_changes_the_outcome(app, put, full, tmp_path):
    """Unset, the gram limit sends everybody to a person; set, it decides. No code changes."""
    published = Path(app.root_path).parent / "data" / "criteria" / "bpd-806-2017.yaml"
    before = put(full).json["screening"]
    changed = tmp_path / "criteria.yaml"
    text = published.read_text(encoding="utf-8")
    changed.write_text(text.replace("      limit: null", "      limit: 1"), encoding="utf-8")
    runner = app.test_cli_runner()
    assert runner.invoke(args=["criteria", "load", str(changed)]).exit_code == 0
    assert put(full).json["screening"]["outcome"] == before["outcome"]
    assert runner.invoke(args=["criteria", "publish"]).exit_code == 0
    after = put(full).json["screening"]

    assert before["outcome"] == "needs_verification"
    assert ("NV_CRITERION_UNSET", "GAP") in {(r["code"], r["source"]) for r in before["reasons"]}
    assert (after["outcome"], after["reasons"][0]["code"]) == ("ineligible", "IN_AMOUNT")
    assert after["criteria_version"] != before["criteria_version"]
