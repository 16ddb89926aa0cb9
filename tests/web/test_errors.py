"""Refusals: problem+json for programs, a page for people, nothing that was sent in a log."""

import logging

import pytest
from flask import Flask, request

from app.errors import CannotWriteNow, InvalidInput
from app.web.errors import PROBLEM, flatten, init_errors
from app.web.headers import init_headers
from app.web.json import StrictJson

SECRET = "Synthetic Planted"


@pytest.fixture
def broken():
    """A small application whose routes fail in every way we know."""
    app = Flask("broken", template_folder="../../app/templates")
    app.json = StrictJson(app)
    init_headers(app)
    init_errors(app)

    @app.post("/api/v1/read")
    def read():
        return {"got": request.get_json()}

    @app.post("/api/v1/crash")
    def crash():
        raise RuntimeError(f"could not store {SECRET}")

    @app.get("/api/v1/full")
    def full():
        raise CannotWriteNow("The record could not be stored just now.")

    @app.get("/api/v1/wrong")
    def wrong():
        raise InvalidInput("lat: Send a number.", errors={"lat": ["Send a number."]})

    return app.test_client()


@pytest.mark.parametrize("body", ['{"a": NaN}', '{"a": Infinity}', "{", "", "[" * 100_000])
def test_what_is_no_json_is_400(broken, body):
    answer = broken.post("/api/v1/read", data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.content_type == PROBLEM


def test_a_refusal_names_code_sentence_and_field(broken):
    answer = broken.get("/api/v1/wrong")

    assert answer.status_code == 422
    assert answer.json["code"] == "invalid_input"
    assert answer.json["errors"] == {"lat": ["Send a number."]}


def test_a_full_database_says_when_to_come_back(broken):
    answer = broken.get("/api/v1/full")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_an_unexpected_error_shows_and_logs_nothing_that_was_sent(broken, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = broken.post("/api/v1/crash", json={"name": SECRET})

    assert answer.status_code == 500
    assert SECRET not in answer.get_data(as_text=True)
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text


def test_unknown_addresses_and_methods_are_problems_under_api(broken):
    assert broken.get("/api/v1/nothing").json["code"] == "not_found"
    wrong_method = broken.get("/api/v1/read")
    assert wrong_method.status_code == 405
    assert "POST" in wrong_method.headers["Allow"]


def test_nested_messages_become_one_line_a_field():
    messages = {"json": {"person": {"birth_date": ["Send a date."]}, "kind": "Missing."}}

    assert flatten(messages) == {"person.birth_date": ["Send a date."], "kind": ["Missing."]}


def test_every_answer_carries_the_policy(broken):
    headers = broken.get("/api/v1/wrong").headers

    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_too_large_a_body_has_the_code_of_our_own_refusal(broken):
    broken.application.config["MAX_CONTENT_LENGTH"] = 10

    answer = broken.post(
        "/api/v1/read", data="[" + "1," * 20 + "1]", content_type="application/json"
    )

    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_a_host_name_that_is_not_ours_is_refused_plainly(client):
    answer = client.get("/", headers={"Host": "elsewhere.example"})

    assert answer.status_code == 400
    assert "host name" in answer.get_data(as_text=True)


def test_the_loopback_names_are_ours(client):
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        assert client.get("/", headers={"Host": host}).status_code == 200
