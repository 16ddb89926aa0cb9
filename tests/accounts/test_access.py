"""The check in front of every route: cookies, tokens, other sites."""

import pytest

from app.accounts import service
from app.accounts.access import PUBLIC, access_of, allows, may_open, safe_next
from app.accounts.models import User
from app.accounts.roles import Role
from app.db import unit_of_work

API = "/api/v1/probe"


@pytest.fixture
def officer(probe, now):
    with probe.app_context(), unit_of_work() as session:
        service.ensure_demo_people(session, now=now)
    client = probe.test_client()
    client.post("/demonstration/sign-in/officer", headers={"Sec-Fetch-Site": "same-origin"})
    return client


def test_a_route_that_names_nobody_is_refused_to_everybody(probe, officer):
    assert access_of(probe, "probe_bare", "GET") is None
    assert probe.test_client().get("/probe-bare").status_code == 403
    assert officer.get("/probe-bare").status_code == 403


def test_naming_no_role_is_a_mistake():
    with pytest.raises(ValueError, match="at least one role"):
        allows()


def test_programs_are_told_401_and_403_as_problems(probe, officer, now):
    sergeant = probe.test_client()
    sergeant.post("/demonstration/sign-in/sergeant", headers={"Sec-Fetch-Site": "same-origin"})
    for client, status, code in (
        (probe.test_client(), 401, "not_signed_in"),
        (sergeant, 403, "not_allowed"),
    ):
        answer = client.get(API)
        assert answer.status_code == status
        assert answer.content_type == "application/problem+json"
        assert answer.json["code"] == code


def test_pages_redirect_strangers_and_refuse_the_wrong_role(probe, officer):
    assert probe.test_client().get("/probe-page").headers["Location"] == "/?next=%2Fprobe-page"
    refused = officer.get("/probe-page")
    assert refused.status_code == 403
    assert "Not open to you" in refused.get_data(as_text=True)
    assert probe.test_client().post("/sign-out").headers["Location"] == "/"


def test_an_unknown_address_is_404_for_everybody(probe, officer):
    assert probe.test_client().get("/api/v1/nothing").status_code == 404
    assert officer.get("/nothing").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "https://localhost"}, 200),
        ({"Origin": "http://[broken"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_another_sites_page_cannot_borrow_the_cookie(officer, headers, status):
    answer = officer.put(API, json={}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json["code"] == "cross_site"
    assert officer.get(API, headers=headers).status_code == 200


def test_flask_securitys_own_tokens_open_nothing(probe, officer):
    with probe.test_request_context(), unit_of_work() as session:
        user = session.query(User).filter_by(email="officer@demo.invalid").one()
        token = user.get_auth_token()
    client = probe.test_client()
    assert client.get(API, headers={"Authentication-Token": token}).status_code == 401
    assert client.get(f"{API}?auth_token={token}").status_code == 401
    assert client.put(API, json={"auth_token": token}).status_code == 401


def test_static_files_and_public_routes_are_open(probe):
    assert access_of(probe, "static", "GET") is PUBLIC
    with probe.test_client().get("/static/css/base.css") as answer:
        assert answer.status_code == 200
    assert probe.test_client().get("/probe-public").get_data(as_text=True) == "open"


@pytest.mark.parametrize(
    ("path", "role", "opens"),
    [
        ("/unit", Role.SERGEANT, True),
        ("/unit", Role.PEER, False),
        ("/", Role.SERGEANT, False),
        ("/sign-out", Role.SERGEANT, False),
        ("/nothing", Role.SERGEANT, False),
    ],
)
def test_may_open_knows_pages_and_roles(probe, path, role, opens):
    with probe.test_request_context():
        assert may_open(probe, path, [role]) is opens


@pytest.mark.parametrize("target", [None, "", "unit", "//x", "/\\x", "/a\\b", "/a\nb", "http://x/"])
def test_what_leads_elsewhere_is_no_next_page(target):
    assert safe_next(target) is None


def test_outside_the_demonstration_no_button_and_a_secure_cookie(production):
    client = production.test_client()
    for role in Role:
        answer = client.post(
            f"/demonstration/sign-in/{role}", headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code == 404
    answer = client.get("/", base_url="https://localhost")
    page = answer.get_data(as_text=True)
    assert "Sign in as" not in page
    assert "Demonstration" not in page
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-lead=")
    assert "Secure" in cookie
