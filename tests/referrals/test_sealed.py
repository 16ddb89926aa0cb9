"""Rows that a tablet sealed: opened strictly, recorded for their author, exactly once."""

import base64
import json
import logging
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey
from sqlalchemy import text

from app.accounts import service as accounts
from app.accounts.shift_tickets import make_shift_ticket
from app.audit import service as audit
from app.audit.service import SYSTEM
from app.db import db, reading, unit_of_work
from app.referrals import service
from app.referrals.sealed import MAX_BYTES

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HEADER = {"alg": "ECDH-ES", "enc": "A256GCM"}
ANY_ALGORITHM = [
    "ECDH-ES", "ECDH-ES+A256KW", "dir", "A256GCM", "A128GCM", "A256CBC-HS512", "DEF",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _today(social, full):
    for body in (social, full):
        body["occurred_at"] = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()


@pytest.fixture
def officer(client_for):
    return client_for("officer")


@pytest.fixture
def colleague(client_for):
    """Somebody else who writes referrals."""
    return client_for("sergeant")


@pytest.fixture
def key(officer):
    """The public key that a tablet seals to today."""
    return officer.get("/api/v1/keys/outbox").json["keys"][0]


@pytest.fixture
def user_id(app, officer):
    """The numbers of the demonstration's people, by role."""

    def find(role):
        with app.app_context(), reading() as session:
            return accounts.get_user(session, f"{role}@demo.invalid").id

    return find


@pytest.fixture
def ticket(app, user_id):
    """A shift ticket of the person with a role; made two hours ago unless said otherwise."""

    def make(role="officer", ago=timedelta(hours=2)):
        person = user_id(role)
        with app.app_context(), reading() as session:
            return make_shift_ticket(session, person, now=datetime.now(UTC) - ago)

    return make


@pytest.fixture
def labelled(ticket, user_id):
    """A referral with whose it is, as the tablet of the officer writes it."""

    def make(body, role="officer", **members):
        device_time = (datetime.now(UTC) - timedelta(minutes=9)).isoformat()
        label = {
            "author": str(user_id(role)),
            "device_time": device_time,
            "shift_ticket": ticket(role),
        }
        return {**body, **label, **members}

    return make


@pytest.fixture
def tablet(officer, colleague, key, labelled, ticket, user_id):  # noqa: PLR0917
    """All of these, for tests that need most of them."""
    return SimpleNamespace(
        officer=officer,
        colleague=colleague,
        key=key,
        labelled=labelled,
        ticket=ticket,
        user_id=user_id,
    )


def seal(payload, key, **header):
    plain = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    protected = {**HEADER, "kid": key.get("kid"), **header}
    public = ECKey.import_key({name: key[name] for name in ("kty", "crv", "x", "y")})
    return jwe.encrypt_compact(protected, plain, public, algorithms=ANY_ALGORITHM)


def send(client, row, referral_uuid=None, content_type="application/jose"):
    return client.put(
        f"/api/v1/referrals/{referral_uuid or uuid4()}",
        data=row,
        content_type=content_type,
        headers=SAME_ORIGIN,
    )


def count_of(app, table="referral"):
    with app.app_context(), reading() as session:
        return session.scalar(text(f"SELECT count(*) FROM {table}"))


def events(app, action):
    with app.app_context(), reading() as session:
        assert audit.verify(session).is_whole
        found = [event for event in audit.events(session) if event.action == action]
        session.expunge_all()  # keep what was read when the session ends
        return found


def b64(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def test_a_sealed_referral_is_recorded_and_answered_like_a_plain_one(app, tablet, full, put):
    referral_uuid = uuid4()
    first = send(tablet.officer, seal(tablet.labelled(full), tablet.key), referral_uuid)
    plain = put(full, uuid4())

    assert first.status_code == 201
    assert first.headers["Cache-Control"] == "no-store"
    assert first.json["receipt_number"] == service.receipt_number(referral_uuid)
    assert {**first.json, "receipt_number": 0, "zone_check": 0} == {
        **plain.json,
        "receipt_number": 0,
        "zone_check": 0,
    }
    view = tablet.officer.get(f"/api/v1/referrals/{referral_uuid}").json
    assert view["person"] == full["person"]
    assert not {"author", "device_time", "shift_ticket"} & set(view)


def test_a_row_sealed_by_another_implementation_opens(officer, key, labelled, social):
    """RFC 7518, 4.6, written out once more with nothing but primitives."""
    numbers = ec.EllipticCurvePublicNumbers(
        *(int.from_bytes(base64.urlsafe_b64decode(key[name] + "=")) for name in "xy"),
        ec.SECP256R1(),
    )
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = ephemeral.public_key().public_numbers()
    epk = {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(point.x.to_bytes(32)).decode(),
        "y": b64(point.y.to_bytes(32)).decode(),
    }
    shared = ephemeral.exchange(ec.ECDH(), numbers.public_key())
    info = b"\0\0\0\7A256GCM" + bytes(8) + (256).to_bytes(4)
    content_key = ConcatKDFHash(SHA256(), 32, info).derive(shared)
    header = b64(json.dumps({**HEADER, "kid": key["kid"], "epk": epk}).encode())
    nonce = os.urandom(12)
    closed = AESGCM(content_key).encrypt(nonce, json.dumps(labelled(social)).encode(), header)
    row = b".".join((header, b"", b64(nonce), b64(closed[:-16]), b64(closed[-16:])))

    assert send(officer, row).status_code == 201


def test_anybody_who_refers_may_send_or_repeat_it_and_gets_the_same_answer(app, tablet, social):
    referral_uuid = uuid4()
    payload = tablet.labelled(social)
    row = seal(payload, tablet.key)
    answers = [
        send(tablet.colleague, row, referral_uuid),
        send(tablet.officer, row, referral_uuid),
        send(tablet.colleague, seal(payload, tablet.key), referral_uuid),
        send(tablet.officer, row, str(referral_uuid).upper()),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert all(answer.json == answers[0].json for answer in answers)
    assert count_of(app) == 1
    assert tablet.officer.get(f"/api/v1/referrals/{referral_uuid}").status_code == 200
    assert tablet.colleague.get(f"/api/v1/referrals/{referral_uuid}").status_code == 404
    moves = tablet.officer.get(f"/api/v1/referrals/{referral_uuid}/history").json["items"]
    assert {(move["actor"], move["role"]) for move in moves} == {
        (f"user:{tablet.user_id('officer')}", "officer")
    }


def test_the_sender_stands_in_the_audit_record_beside_the_author(app, tablet, social):
    referral_uuid = uuid4()
    payload = tablet.labelled(social)
    send(tablet.colleague, seal(payload, tablet.key), referral_uuid)
    send(tablet.officer, seal(payload, tablet.key), referral_uuid)
    (recorded,), (repeated,) = events(app, "referral.recorded"), events(app, "referral.repeated")

    for event, sender in ((recorded, "sergeant"), (repeated, "officer")):
        assert event.subject_id == str(referral_uuid)
        assert (event.actor_id, event.actor_roles) == (tablet.user_id(sender), sender)
        assert event.details["author_id"] == tablet.user_id("officer")
        assert datetime.fromisoformat(event.details["device_time"]) == datetime.fromisoformat(
            payload["device_time"]
        )


def test_plain_json_is_audited_as_before(app, put, social):
    put(social)
    (event,) = events(app, "referral.recorded")

    assert set(event.details) == {"kind", "criteria_version", "zone_version"}


def test_sealed_and_plain_are_the_same_content_in_either_order(app, tablet, full, put):
    sealed_first, plain_first = uuid4(), uuid4()
    row = seal(tablet.labelled(full), tablet.key)

    assert send(tablet.colleague, row, sealed_first).status_code == 201
    assert put(full, sealed_first).status_code == 200
    assert put(full, plain_first).status_code == 201
    assert send(tablet.colleague, row, plain_first).status_code == 200
    assert count_of(app) == 2


def test_sealed_again_at_another_time_under_another_ticket_is_the_same_content(
    officer, key, labelled, ticket, social
):
    referral_uuid = uuid4()
    send(officer, seal(labelled(social), key), referral_uuid)
    later = labelled(
        social,
        shift_ticket=ticket(ago=timedelta(hours=1)),
        device_time=datetime.now(UTC).isoformat(),
    )

    assert send(officer, seal(later, key), referral_uuid).status_code == 200


def test_other_content_is_409_whoever_sends_it(app, tablet, social):
    referral_uuid = uuid4()
    first = send(tablet.officer, seal(tablet.labelled(social), tablet.key), referral_uuid)
    for client in (tablet.officer, tablet.colleague):
        answer = send(
            client, seal(tablet.labelled(social, willing="no"), tablet.key), referral_uuid
        )
        assert (answer.status_code, answer.json["code"]) == (409, "different_content")
    assert (
        send(tablet.officer, seal(tablet.labelled(social), tablet.key), referral_uuid).json
        == first.json
    )
    assert count_of(app) == 1


def test_another_authors_uuid_is_404_by_the_author_inside(app, tablet, social):
    referral_uuid = uuid4()
    send(tablet.officer, seal(tablet.labelled(social), tablet.key), referral_uuid)
    for client in (tablet.officer, tablet.colleague):
        answer = send(client, seal(tablet.labelled(social, "sergeant"), tablet.key), referral_uuid)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    plain = tablet.colleague.put(
        f"/api/v1/referrals/{referral_uuid}", json=social, headers=SAME_ORIGIN
    )
    assert plain.status_code == 404
    assert count_of(app) == 1


def test_the_same_row_at_once_from_many_tablets_is_one_record(
    app, client_for, key, labelled, social
):
    referral_uuid = uuid4()
    row = seal(labelled(social), key)
    clients = [client_for(role) for role in ("officer", "sergeant") * 3]
    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(lambda client: send(client, row, referral_uuid), clients))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({json.dumps(answer.json, sort_keys=True) for answer in answers}) == 1
    assert count_of(app) == 1


def test_a_shifts_records_arrive_days_later_and_after_the_account_was_closed(app, tablet, social):
    ago = timedelta(days=8)
    at = (datetime.now(UTC) - ago + timedelta(hours=3)).isoformat()
    social["occurred_at"] = at
    row = seal(
        tablet.labelled(social, shift_ticket=tablet.ticket(ago=ago), device_time=at), tablet.key
    )
    with app.app_context(), unit_of_work() as session:
        accounts.disable(session, "officer@demo.invalid", actor=SYSTEM, now=datetime.now(UTC))

    assert send(tablet.colleague, row).status_code == 201


def test_a_row_sealed_before_the_key_was_rotated_opens(app, officer, key, labelled, social):
    old, new_uuid = seal(labelled(social), key), uuid4()
    with app.app_context(), unit_of_work() as session:
        service.rotate_key(session, actor=SYSTEM, now=datetime.now(UTC))
    keys = officer.get("/api/v1/keys/outbox").json["keys"]

    assert len(keys) == 1
    assert keys[0]["kid"] != key["kid"]
    assert send(officer, old).status_code == 201
    assert send(officer, seal(labelled(social), keys[0]), new_uuid).status_code == 201
    assert send(officer, seal(labelled(social), key), new_uuid).status_code == 200
    assert len(events(app, "outbox_key.made")) == 2


def _changed(row, part):
    parts = row.split(".")
    raw = bytearray(base64.urlsafe_b64decode(parts[part] + "=="))
    raw[len(raw) // 2] ^= 1
    parts[part] = b64(bytes(raw)).decode()
    return ".".join(parts)


def _with_header(row, **members):
    """The same row under a header that says something else."""
    first, rest = row.split(".", 1)
    header = {**json.loads(base64.urlsafe_b64decode(first + "==")), **members}
    kept = {name: value for name, value in header.items() if value is not ...}
    return b64(json.dumps(kept).encode()).decode() + "." + rest


P384 = ECKey.generate_key("P-384").as_dict(private=False)
OFF_CURVE = {"kty": "EC", "crv": "P-256", "x": b64(bytes(31) + b"\1").decode(), "y": "AQ"}
UNOPENED = {
    "empty": lambda row, key, inside: b"",
    "plain JSON": lambda row, key, inside: json.dumps(inside),
    "five parts of nothing": lambda row, key, inside: "....",
    "no text": lambda row, key, inside: b"\xff\xfe.\xff..\xff.",
    "a part too few": lambda row, key, inside: row.rpartition(".")[0],
    "JSON serialization": lambda row, key, inside: json.dumps({"ciphertext": row}),
    "changed key": lambda row, key, inside: _with_header(row, epk=P384),
    "point off the curve": lambda row, key, inside: _with_header(row, epk=OFF_CURVE),
    "no epk": lambda row, key, inside: _with_header(row, epk=...),
    "epk without a point": lambda row, key, inside: _with_header(row, epk={"kty": "EC"}),
    "epk a symmetric key": lambda row, key, inside: _with_header(
        row, epk={"kty": "oct", "k": "AA"}
    ),
    "epk a word": lambda row, key, inside: _with_header(row, epk="x"),
    "header a list": lambda row, key, inside: "W10." + row.partition(".")[2],
    "changed vector": lambda row, key, inside: _changed(row, 2),
    "changed text": lambda row, key, inside: _changed(row, 3),
    "changed tag": lambda row, key, inside: _changed(row, 4),
    "tag cut short": lambda row, key, inside: row[:-11],
    "header said again": lambda row, key, inside: _with_header(row, cty="JSON"),
    "unknown key": lambda row, key, inside: seal(inside, {**key, "kid": "x" * 43}),
    "no kid": lambda row, key, inside: _with_header(row, kid=...),
    "kid a number": lambda row, key, inside: _with_header(row, kid=1),
    "kid that is no text": lambda row, key, inside: _with_header(row, kid="\ud800"),
    "kid of another key": lambda row, key, inside: seal(
        inside, {**ECKey.generate_key("P-256").as_dict(private=False), "kid": key["kid"]}
    ),
    "wrapped key": lambda row, key, inside: seal(inside, key, alg="ECDH-ES+A256KW"),
    "alg none": lambda row, key, inside: _with_header(row, alg="none"),
    "alg a list": lambda row, key, inside: _with_header(row, alg=["ECDH-ES"]),
    "weaker enc": lambda row, key, inside: seal(inside, key, enc="A128GCM"),
    "enc of another mode": lambda row, key, inside: seal(inside, key, enc="A256CBC-HS512"),
    "compressed": lambda row, key, inside: seal(inside, key, zip="DEF"),
    "said to be compressed": lambda row, key, inside: _with_header(row, zip="DEF"),
    "critical": lambda row, key, inside: _with_header(row, crit=["exp"], exp=1),
    "key from elsewhere": lambda row, key, inside: _with_header(row, jku="https://x.invalid/"),
    "shared secret": lambda row, key, inside: jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM", "kid": key["kid"]},
        json.dumps(inside),
        OctKey.import_key(bytes(32)),
        algorithms=ANY_ALGORITHM,
    ),
}


@pytest.mark.parametrize("how", UNOPENED)
def test_what_does_not_open_is_refused_and_nothing_is_stored(app, tablet, full, how):
    inside = tablet.labelled(full)
    answer = send(tablet.officer, UNOPENED[how](seal(inside, tablet.key), tablet.key, inside))

    assert (answer.status_code, answer.json["code"]) == (422, "cannot_open")
    assert answer.content_type == "application/problem+json"
    assert "Planted" not in answer.text
    assert count_of(app) == 0


def test_a_row_is_limited_in_size_and_never_inflated(app, officer, key, labelled, social):
    for size in (MAX_BYTES + 1, 1_500_000):
        answer = send(officer, b"a" * size)
        assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert send(officer, b"a" * MAX_BYTES).status_code == 422
    bomb = zlib.compress(bytes(20_000_000))
    assert send(officer, seal(bomb, key, zip="DEF")).json["code"] == "cannot_open"
    assert count_of(app) == 0


@pytest.mark.parametrize("inside", [b"", b"{", b"\xff", b'{"lat": NaN}', b"[" * 20_000])
def test_what_is_inside_has_to_be_json(app, officer, key, inside):
    answer = send(officer, seal(inside, key))

    assert (answer.status_code, answer.json["code"]) == (400, "unreadable")
    assert count_of(app) == 0


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"willing": "maybe"}, "willing"),
        ({"lat": 91}, "lat"),
        ({"person": {"ssn": "Plantedssn"}}, "person.ssn"),
        ({"concern": None}, "concern"),
        ({"diagnosis": "Planteddiagnosis"}, "diagnosis"),
        ({"device_time": None}, "device_time"),
        ({"device_time": "2026-11-20"}, "device_time"),
        ({"author": 5}, "author"),
        ({"shift_ticket": ["x"]}, "shift_ticket"),
        ({"shift_ticket": "x" * 1001}, "shift_ticket"),
    ],
)
def test_what_is_inside_is_checked_like_plain_json(app, tablet, social, change, member):
    answer = send(tablet.officer, seal(tablet.labelled(social, **change), tablet.key))

    assert answer.status_code == 422
    assert member in answer.json["errors"]
    assert "Planted" not in answer.text
    assert count_of(app) == 0


def test_what_is_inside_has_to_be_an_object(officer, key):
    for inside in (b"null", b"[]", b'"text"', b"5"):
        assert send(officer, seal(inside, key)).status_code == 422


def test_a_time_that_has_not_come_is_refused_as_in_plain_json(officer, key, labelled, social):
    social["occurred_at"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    answer = send(officer, seal(labelled(social), key))

    assert (answer.status_code, answer.json["code"]) == (422, "in_the_future")


@pytest.mark.parametrize(
    "author", [None, "", "0", "999999", "officer@demo.invalid", "9" * 90, "-1", "٣", "\ud800"]
)
def test_a_row_that_names_no_author_is_refused(app, tablet, social, author):
    answer = send(tablet.officer, seal(tablet.labelled(social, author=author), tablet.key))

    assert (answer.status_code, answer.json["code"]) == (422, "unknown_author")
    assert count_of(app) == 0


@pytest.mark.parametrize("text", [None, "", "x", "é", "e30=." + "0" * 64])
def test_a_row_without_a_ticket_of_ours_is_refused(app, tablet, social, text):
    answer = send(tablet.officer, seal(tablet.labelled(social, shift_ticket=text), tablet.key))

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_shift_ticket")
    assert count_of(app) == 0


def test_nobody_seals_a_record_for_somebody_else(app, tablet, social):
    mine = tablet.labelled(social, "sergeant", author=str(tablet.user_id("officer")))
    for client in (tablet.officer, tablet.colleague):
        answer = send(client, seal(mine, tablet.key))
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_shift_ticket")
    assert count_of(app) == 0


@pytest.mark.parametrize(("ago", "status"), [(11, 201), (13, 422), (-1, 422)])
def test_a_record_belongs_into_the_twelve_hours_of_its_ticket(tablet, social, ago, status):
    old = tablet.ticket(ago=timedelta(hours=ago))
    assert (
        send(
            tablet.officer, seal(tablet.labelled(social, shift_ticket=old), tablet.key)
        ).status_code
        == status
    )


def test_the_label_in_plain_json_is_refused_as_before(put, social, labelled):
    answer = put(labelled(social))

    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"author", "device_time", "shift_ticket"}


def test_a_sealed_row_needs_its_content_type_and_a_uuid(officer, key, labelled, social):
    row = seal(labelled(social), key)

    assert send(officer, row, content_type="application/json").status_code == 400
    assert send(officer, row, content_type="text/plain").status_code == 400
    assert send(officer, row, content_type="application/jose; charset=utf-8").status_code == 201
    assert send(officer, row, "not-a-uuid").json["code"] == "invalid_uuid"


@pytest.mark.parametrize("role", ["prosecutor", "case_manager", "commander", "admin"])
def test_who_refers_nobody_sends_no_row_and_gets_no_key(client_for, key, labelled, social, role):
    other = client_for(role)

    assert send(other, seal(labelled(social), key)).status_code == 403
    assert other.get("/api/v1/keys/outbox").status_code == 403


def test_a_stranger_sends_no_row_and_gets_no_key(client, key, labelled, social):
    assert send(client, seal(labelled(social), key)).status_code == 401
    assert client.get("/api/v1/keys/outbox").status_code == 401


def test_another_sites_page_sends_no_row(officer, key, labelled, social):
    answer = officer.put(
        f"/api/v1/referrals/{uuid4()}",
        data=seal(labelled(social), key),
        content_type="application/jose",
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert (answer.status_code, answer.json["code"]) == (403, "cross_site")


def test_the_key_is_made_once_and_given_out_without_its_private_part(app, officer, colleague):
    first = officer.get("/api/v1/keys/outbox")
    (key,) = first.json["keys"]

    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "enc", "ECDH-ES")
    assert key["kid"] == ECKey.import_key(key).thumbprint()
    assert first.headers["Cache-Control"] == "private, max-age=300"
    assert colleague.get("/api/v1/keys/outbox").json == first.json
    assert count_of(app, "outbox_key") == 1
    assert len(events(app, "outbox_key.made")) == 1


def test_the_private_key_is_sealed_for_its_row(app, officer, key, labelled, social):
    row = seal(labelled(social), key)
    with app.app_context():
        with unit_of_work() as session:
            service.rotate_key(session, actor=SYSTEM, now=datetime.now(UTC))
        with db.engine.begin() as connection:
            sealed = connection.scalar(text("SELECT private_sealed FROM outbox_key LIMIT 1"))
            assert b'"d"' not in sealed
            connection.execute(
                text(
                    "UPDATE outbox_key SET private_sealed = "
                    "(SELECT private_sealed FROM outbox_key WHERE retired_at_utc IS NULL)"
                )
            )
    answer = send(officer, row)

    assert (answer.status_code, answer.json["code"]) == (500, "cannot_unseal")
    assert count_of(app) == 0


def test_nothing_of_a_row_lies_readable_in_the_database_or_a_log(app, tablet, full, caplog):
    payload = tablet.labelled(full)
    refused = {**payload, "willing": "Plantedwilling"}
    with caplog.at_level(logging.DEBUG):
        assert send(tablet.colleague, seal(payload, tablet.key)).status_code == 201
        assert send(tablet.colleague, seal(refused, tablet.key)).status_code == 422
    folder = app.extensions["lead"].settings.instance_dir
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    logs = caplog.text + repr([record.__dict__ for record in caplog.records])

    for name in ("Planted", payload["shift_ticket"]):
        assert name.encode() not in stored
        assert name not in logs


def test_the_document_describes_both_ways_to_send(client):
    document = client.get("/api/v1/openapi.json").json
    call = document["paths"]["/api/v1/referrals/{referral_uuid}"]["put"]["requestBody"]

    assert set(call["content"]) == {"application/json", "application/jose"}
    assert call["content"]["application/json"]["schema"]["$ref"].endswith("/ReferralBody")
    assert "shift_ticket" in call["content"]["application/jose"]["schema"]["description"]
    assert "/api/v1/keys/outbox" in document["paths"]
