"""The API describes itself: valid OpenAPI 3.1, with what the answers really are."""

import re

import jsonschema_rs
import pytest
import schemathesis

from app.accounts.access import access_of

PROBLEM = "application/problem+json"
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


@pytest.fixture
def document(client):
    return client.get("/api/v1/openapi.json").json


def operations(document):
    for path, item in document["paths"].items():
        for method in {"get", "post", "put", "patch", "delete"} & set(item):
            yield path, method, item[method]


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    schemas = document["components"]["schemas"]
    assert len(schemas) > 10
    for schema in schemas.values():
        jsonschema_rs.meta.validate({"$schema": JSON_SCHEMA, **schema})


def test_the_check_of_schemas_sees_a_type_named_twice():
    wrong = {"$schema": JSON_SCHEMA, "properties": {"code": {"type": ["null", "null"]}}}
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.meta.validate(wrong)


def test_every_refusal_is_described_as_the_problem_that_is_sent(client, document):
    refusals = document["components"]["responses"]
    assert refusals
    for refusal in refusals.values():
        schema = refusal["content"][PROBLEM]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}
        assert set(refusal["content"]) == {PROBLEM}
    described = document["components"]["schemas"]["Problem"]["properties"]
    answer = client.post("/api/v1/zone-checks", json={})
    assert answer.content_type == PROBLEM
    assert set(answer.json) <= set(described)
    assert described["code"]["type"] == "string"


def test_every_call_names_the_scope_that_its_route_asks_for(app, document):
    adapter = app.url_map.bind("localhost")
    found = {}
    for path, method, operation in operations(document):
        sample = re.sub(r"{\w+_id}", "1", path)
        endpoint, _ = adapter.match(re.sub(r"{\w+}", "sample", sample), method=method.upper())
        scope = access_of(app, endpoint, method.upper()).scope
        assert operation["security"] == [{"token": [scope]}, {"session": []}]
        found[method, path] = scope
    assert found["put", "/api/v1/referrals/{referral_uuid}"] == "referrals:write"
    assert found["get", "/api/v1/referrals/{referral_uuid}"] == "referrals:read"


def test_what_is_sent_of_a_referral_is_described(client_for, document):
    officer = client_for("officer")
    described = document["components"]["schemas"]["ReferralAnswer"]["properties"]
    sent = document["components"]["schemas"]["ReferralBody"]["properties"]
    body = {
        "kind": "social_contact",
        "occurred_at": "2026-11-01T10:00:00-05:00",
        "lat": 39.2916,
        "lon": -76.6216,
        "location_source": "gps",
        "willing": "yes",
        "person": {"age_band": "18_plus"},
        "concern": "drug_possession",
        "unit": "C1",
        "usually_found": "at the market",
        "zone_check": {"status": "inside"},
    }
    url = "/api/v1/referrals/0b9f8f0e-3a52-4b0e-9a52-1f0f0a3f7c11"
    assert officer.put(url, json=body).status_code == 201

    answer = officer.get(url).json

    assert set(body) <= set(sent)
    assert set(answer) <= set(described)


def test_the_page_for_people_lists_every_call_with_its_scope(client, document):
    page = client.get("/api/v1/docs").get_data(as_text=True)

    for path, method, _ in operations(document):
        assert f"{method.upper()} {path}" in page
    assert "<code>zones:read</code>" in page
