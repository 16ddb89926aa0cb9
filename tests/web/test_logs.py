"""The log: one JSON object a line, with codes and numbers, and nothing that was sent in."""

import io
import json
import logging
from uuid import uuid4

import pytest

from app.web.logs import JsonLines, write_logs
from tests.referrals.samples import LEXINGTON_MARKET

SECRET = "Zyxwvplant"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
LAT, LON = "39.2916", "-76.6216"


@pytest.fixture
def restored():
    """Loggers as they were before the test."""
    loggers = [logging.getLogger(name) for name in (None, "app", "gunicorn.error")]
    before = [(one, one.handlers[:], one.level, one.propagate) for one in loggers]
    yield
    for one, handlers, level, propagate in before:
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


@pytest.fixture
def written(restored, monkeypatch):
    """Gives every line written so far, after the service's logs were switched on."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    write_logs()
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def formatted(name: str, message: str, *values, error: Exception | None = None, **extra) -> str:
    caught = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, values, caught)
    vars(record).update(extra)
    return JsonLines().format(record)


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_a_line_holds_time_in_utc_level_logger_message_and_code():
    line = json.loads(formatted("app.web.errors", "request refused", code="not_found"))

    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "error",
        "logger": "app.web.errors",
        "message": "request refused",
        "code": "not_found",
    }


def test_an_extra_that_is_not_listed_is_left_out():
    assert SECRET not in formatted("app.x", "request refused", family_name=SECRET)


@pytest.mark.parametrize("name", ["waitress", "gunicorn.error", "app"])
def test_a_librarys_message_goes_without_its_values(name):
    text = formatted(name, "Error handling request %s", f"/maps?q={SECRET}")

    assert json.loads(text)["message"] == "Error handling request %s"


@pytest.mark.parametrize("name", ["waitress", "app", "app.web.errors"])
def test_of_an_exception_the_kind_and_the_place_are_written(name):
    text = formatted(name, f"Exception on /{SECRET}", error=raised(ValueError(SECRET)))

    line = json.loads(text)
    assert line["message"] == "unexpected ValueError"
    assert "in raised" in line["where"]
    assert SECRET not in text
    assert "\n" not in text


def test_a_request_is_one_line_that_names_its_route_and_user(client_for, written):
    officer = client_for("officer")
    answer = officer.get(f"/api/v1/places?q={SECRET}")

    line = written()[-1]
    assert isinstance(line.pop("ms"), float)
    assert isinstance(line.pop("user"), int)
    assert line.pop("time")
    assert line == {
        "level": "info",
        "logger": "app.access",
        "message": "request",
        "request_id": answer.headers["X-Request-Id"],
        "method": "GET",
        "route": "/api/v1/places",
        "status": 200,
    }


def test_an_unknown_address_and_caller_are_dashes(client, written):
    client.open(f"/{SECRET}?name={SECRET}", method=SECRET.upper())

    line = written()[-1]
    assert (line["method"], line["route"], line["user"]) == ("-", "-", "-")


def test_a_refusal_and_its_request_share_an_id(client_for, written):
    officer = client_for("officer")
    uuid = uuid4()
    first = officer.get(f"/api/v1/referrals/{uuid}").headers["X-Request-Id"]
    second = officer.get("/api/v1/zones/current").headers["X-Request-Id"]

    lines = written()[-3:]
    assert [line["request_id"] for line in lines] == [first, first, second]
    assert lines[0]["code"] == "not_found"
    assert lines[1]["route"] == "/api/v1/referrals/<referral_uuid>"
    assert str(uuid) not in json.dumps(lines)


def test_nothing_that_was_sent_is_written(client_for, written):
    officer = client_for("officer")
    place = {**LEXINGTON_MARKET, "accuracy_m": 8}
    asked = [
        ("POST", "/api/v1/zone-checks", place),
        ("POST", "/api/v1/zone-checks", {"lat": SECRET, "lon": SECRET}),
        ("POST", "/api/v1/zone-checks", {"lat": float(LON), "lon": float(LAT)}),
        ("POST", "/api/v1/places", {"q": f"{SECRET} & Eutaw"}),
        ("GET", f"/api/v1/zones/{SECRET}", None),
        ("PUT", f"/api/v1/referrals/{uuid4()}", {"person": {"family_name": SECRET}, **place}),
        ("PUT", f"/api/v1/referrals/{SECRET}", {"person": {"family_name": SECRET}, **place}),
        ("GET", f"/api/v1/referrals?status={SECRET}&bbox={LON},{LAT},-76.6,39.3", None),
        ("GET", f"/maps?dataset={SECRET}", None),
        ("GET", f"/static/{SECRET}.css", None),
        ("POST", "/sign-in", None),
    ]
    for method, path, body in asked:
        officer.open(path, method=method, json=body, headers=SAME_ORIGIN)

    text = json.dumps(written())
    assert text.count('"app.access"') == len(asked) + 1  # the sign-in of the fixture, too
    for secret in (SECRET, SECRET.lower(), LAT, LON):
        assert secret not in text


def test_importing_and_building_an_application_leaves_the_loggers_alone(app):
    assert not any(isinstance(h.formatter, JsonLines) for h in logging.getLogger().handlers)
