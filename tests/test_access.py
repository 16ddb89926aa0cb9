"""Every route names who may use it, and only those may."""

import pytest
from flask import Flask

from app import create_app
from app.accounts.access import access_of
from app.accounts.roles import LANDING, Role
from app.config import Settings

SAMPLES = {"role": "officer", "layer": "hotspots", "suffix": "csv", "number": "1", "name": "zones"}
SAMPLE_UUID = "0b9f8f0e-3a52-4b0e-9a52-1f0f0a3f7c11"
FETCH = {"Sec-Fetch-Site": "same-origin"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Every (endpoint, method, sample path) of the URL map."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        values = {name: _sample(rule, name) for name in rule.arguments}
        path = adapter.build(rule.endpoint, values, force_external=False)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append((rule.endpoint, method, path))
    return found


def _sample(rule, name):
    converter = type(rule._converters[name]).__name__
    if converter == "UUIDConverter":
        return SAMPLE_UUID
    if converter == "IntegerConverter":
        return 1
    if converter == "AnyConverter":
        return sorted(rule._converters[name].items)[0]
    return SAMPLES.get(name, "sample")


def routes_without_access(app: Flask) -> list[str]:
    """The routes that name nobody."""
    return [
        f"{method} {path}"
        for endpoint, method, path in routes(app)
        if access_of(app, endpoint, method) is None
    ]


def closed_routes(app: Flask) -> list[tuple[str, str, frozenset[Role]]]:
    """(method, path, roles) of every route that is not public."""
    found = []
    for endpoint, method, path in routes(app):
        access = access_of(app, endpoint, method)
        if access is not None and not access.is_public:
            found.append((method, path, access.roles))
    return found


def test_every_route_names_who_may_use_it(app):
    assert routes_without_access(app) == []


def test_the_walk_finds_a_route_that_names_nobody(tmp_path):
    bare = create_app(
        Settings(
            mode="demonstration",
            database_url=f"sqlite:///{tmp_path}/lead.sqlite3",
            root_key=bytes(range(32)),
            instance_dir=tmp_path,
            testing=True,
        )
    )
    bare.add_url_rule("/bare", "bare", lambda: "nobody said who may see this")
    assert routes_without_access(bare) == ["GET /bare"]
    assert bare.test_client().get("/bare").status_code == 403


def test_a_stranger_reaches_nothing_but_public_routes(app, client):
    assert len(closed_routes(app)) > 8
    for method, path, _ in closed_routes(app):
        answer = client.open(path, method=method, headers=FETCH)
        is_sent_away = answer.status_code in (302, 303) and answer.headers["Location"][:2] in (
            "/",
            "/?",
        )
        assert answer.status_code == 401 or is_sent_away, f"{method} {path}: {answer.status_code}"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_nothing_that_does_not_name_it(app, client_for, role):
    signed_in = client_for(role.value)
    for method, path, roles in closed_routes(app):
        if role not in roles:
            status = signed_in.open(path, method=method, headers=FETCH).status_code
            assert status in (403, 404), f"{method} {path} as {role}: {status}"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_its_own_page(app, client_for, role):
    assert client_for(role.value).get(LANDING[role]).status_code == 200
