from datetime import UTC, datetime, timedelta

import pytest

from app.accounts import service, tokens
from app.accounts.models import ApiToken
from app.accounts.roles import Role, Scope
from app.audit.service import SYSTEM
from app.db import unit_of_work
from app.errors import InvalidInput, NotFound

PASSWORD = "violet tram orchard gravity"
EMAIL = "casey@example.org"


def bearer(token):
    return {"Authorization": f"Bearer {token.text}"}


@pytest.fixture
def today():
    return datetime.now(UTC)


def test_only_a_hash_is_stored(session, now):
    service.create_person(
        session, EMAIL, name="C", roles=[Role.OFFICER], password=PASSWORD, actor=SYSTEM, now=now
    )
    token = tokens.create_token(session, EMAIL, [Scope.ZONES_READ], days=90, actor=SYSTEM, now=now)
    row = session.query(ApiToken).one()
    assert token.text.startswith(f"lead_{row.prefix}_")
    assert token.text.removeprefix(f"lead_{row.prefix}_") not in repr(row.__dict__)
    assert row.expires_at_utc == now + timedelta(days=90)

    holder = tokens.find_token_holder(session, token.text, now=now + timedelta(days=89))
    assert holder is not None
    assert holder.scopes == {Scope.ZONES_READ}
    assert tokens.find_token_holder(session, token.text, now=now + timedelta(days=90)) is None
    assert tokens.find_token_holder(session, token.text[:-1] + "~", now=now) is None


@pytest.mark.parametrize(
    "text", ["", "lead_", "lead__", "lead_abc", "x" * 5000, "lead_é_é", "a_b_c"]
)
def test_what_is_no_token_is_nobody(session, now, text):
    assert tokens.find_token_holder(session, text, now=now) is None


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_lives_one_to_366_days(session, now, days):
    with pytest.raises(InvalidInput):
        tokens.create_token(session, EMAIL, [Scope.ZONES_READ], days=days, actor=SYSTEM, now=now)


def test_revoking_what_is_not_there_says_so(session, now):
    with pytest.raises(NotFound):
        tokens.revoke_token(session, "abc", actor=SYSTEM, now=now)


def test_a_token_acts_for_its_user_without_cookie_or_csrf(probe, add_person, add_token, today):
    person = add_person(EMAIL, Role.OFFICER, to=probe)
    token = add_token(EMAIL, Scope.REFERRALS_WRITE, now=today)
    answer = probe.test_client().put("/api/v1/probe", json={"a": 1}, headers=bearer(token))
    assert answer.status_code == 200
    assert answer.json == {
        "user": person.id,
        "roles": ["officer"],
        "actor": f"user:{person.id}",
        "channel": "api",
        "body": {"a": 1},
    }


def test_a_tokens_roles_are_only_those_its_scope_acts_for(probe, add_person, add_token, today):
    add_person(EMAIL, Role.OFFICER, Role.COMMANDER, to=probe)
    token = add_token(EMAIL, Scope.REFERRALS_WRITE, now=today)
    answer = probe.test_client().get("/api/v1/probe", headers=bearer(token))
    assert answer.json["roles"] == ["officer"]


def test_a_scope_that_the_users_roles_do_not_allow_grants_nothing(
    probe, add_person, add_token, today
):
    add_person(EMAIL, Role.COMMANDER, to=probe)
    token = add_token(EMAIL, Scope.REFERRALS_WRITE, now=today)
    answer = probe.test_client().get("/api/v1/probe", headers=bearer(token))
    assert answer.status_code == 403
    assert answer.json["code"] == "not_allowed"


@pytest.mark.parametrize("path", ["/api/v1/probe", "/api/v1/probe-without-scope"])
def test_a_token_without_the_scope_is_refused(probe, add_person, add_token, today, path):
    add_person(EMAIL, Role.OFFICER, to=probe)
    token = add_token(EMAIL, Scope.ZONES_READ, now=today)
    assert probe.test_client().get(path, headers=bearer(token)).status_code == 403


@pytest.mark.parametrize("fate", ["unknown", "expired", "revoked", "closed"])
def test_a_dead_token_is_401_with_the_scheme(probe, add_person, add_token, today, fate):
    add_person(EMAIL, Role.OFFICER, to=probe)
    made = today - timedelta(days=91) if fate == "expired" else today
    token = add_token(EMAIL, Scope.REFERRALS_WRITE, now=made)
    with probe.app_context(), unit_of_work() as session:
        if fate == "revoked":
            tokens.revoke_token(session, token.prefix, actor=SYSTEM, now=today)
        if fate == "closed":
            service.disable(session, EMAIL, actor=SYSTEM, now=today)
    text = "lead_000000000000_nothing" if fate == "unknown" else token.text
    answer = probe.test_client().get("/api/v1/probe", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_bad_token_is_not_helped_by_a_good_cookie(probe, now):
    with probe.app_context(), unit_of_work() as session:
        service.ensure_demo_people(session, now=now)
    client = probe.test_client()
    client.post("/demonstration/sign-in/officer", headers={"Sec-Fetch-Site": "same-origin"})
    assert client.get("/api/v1/probe").status_code == 200
    answer = client.get("/api/v1/probe", headers={"Authorization": "Bearer lead_0_0"})
    assert answer.status_code == 401


def test_failed_tokens_are_limited_and_good_ones_are_not(probe, add_person, add_token, today):
    add_person(EMAIL, Role.OFFICER, to=probe)
    token = add_token(EMAIL, Scope.REFERRALS_WRITE, now=today)
    client = probe.test_client()
    wrong = {"Authorization": "Bearer lead_000000000000_nothing"}
    codes = [client.get("/api/v1/probe", headers=wrong).status_code for _ in range(62)]
    assert codes == [401] * 60 + [429] * 2
    late = client.get("/api/v1/probe", headers=wrong)
    assert 1 <= int(late.headers["Retry-After"]) <= 62
    assert client.get("/api/v1/probe", headers=bearer(token)).status_code == 200


@pytest.mark.slow
def test_a_signed_in_caller_is_not_limited_to_less_than_1200_a_minute(
    probe, add_person, add_token, today
):
    add_person(EMAIL, Role.OFFICER, to=probe)
    token = add_token(EMAIL, Scope.REFERRALS_WRITE, now=today)
    client = probe.test_client()
    codes = {client.get("/api/v1/probe", headers=bearer(token)).status_code for _ in range(1250)}
    assert codes == {200}
