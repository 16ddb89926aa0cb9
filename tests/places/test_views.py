"""Places over HTTP, as INTERFACE section 3 has them."""

import pytest

from app.accounts.roles import Role


@pytest.fixture
def officer(client_for):
    return client_for("officer")


def test_get_and_post_give_the_same_answer(officer):
    by_query = officer.get("/api/v1/places", query_string={"q": "franklin/paca"})
    by_body = officer.post("/api/v1/places", json={"q": "franklin/paca"})

    assert by_query.status_code == by_body.status_code == 200
    assert by_query.json == by_body.json
    [place] = by_body.json["results"]
    assert by_body.json["ambiguous"] is False
    assert by_body.json["note"] is None
    assert place.pop("lat") == pytest.approx(39.294838, abs=1e-5)
    assert place.pop("lon") == pytest.approx(-76.622626, abs=1e-5)
    assert place == {
        "label": "W Franklin St and N Paca St",
        "kind": "intersection",
        "precision": "exact",
        "zone_status": "inside",
    }


def test_an_ambiguous_text_returns_each_reading(officer):
    answer = officer.post("/api/v1/places", json={"q": "400 Lexington St"}).json

    assert answer["ambiguous"] is True
    assert [(one["kind"], one["precision"]) for one in answer["results"]] == [
        ("block", "exact"),
        ("block", "estimated"),
    ]


def test_what_was_left_out_is_said(officer):
    answer = officer.post("/api/v1/places", json={"q": "300 N Lexington St"}).json

    assert len(answer["results"]) == 2
    assert "direction was left out" in answer["note"]


def test_no_such_place_is_an_answer(officer):
    answer = officer.post("/api/v1/places", json={"q": "Nowhere & Neverland"})

    assert answer.status_code == 200
    assert answer.json["results"] == []
    assert answer.json["ambiguous"] is False
    assert answer.json["note"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"q": None},
        {"q": 5},
        {"q": ["x"]},
        {"q": ""},
        {"q": "x" * 201},
        {"q": "a", "z": 1},
        [],
        7,
    ],
)
def test_what_cannot_be_a_place_is_422_with_a_sentence(officer, body):
    answer = officer.post("/api/v1/places", json=body)

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json["detail"]


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "🙂 & 🙂",
        "'; DROP TABLE zone; --",
        "<script>alert(1)</script>",
        "%00%ff",
        "٣٠٠ Lexington",
    ],
)
def test_hostile_text_is_answered_calmly(officer, text):
    for answer in (
        officer.post("/api/v1/places", json={"q": text}),
        officer.get("/api/v1/places", query_string={"q": text}),
        officer.post("/api/v1/places/suggest", json={"q": text}),
    ):
        assert answer.status_code in (200, 422)


def test_a_query_without_text_is_422(officer):
    assert officer.get("/api/v1/places").status_code == 422


def test_broken_json_is_400(officer):
    answer = officer.post("/api/v1/places", data="{", content_type="application/json")

    assert answer.status_code == 400


def test_suggestions(officer):
    answer = officer.post("/api/v1/places/suggest", json={"q": "eut"})

    assert answer.json == {"labels": ["Eutaw Pl", "N Eutaw St", "S Eutaw St"]}
    assert officer.post("/api/v1/places/suggest", json={"q": "eu"}).json == {"labels": []}


def test_the_nearest_corner(officer):
    answer = officer.post("/api/v1/places/nearest", json={"lat": 39.2916, "lon": -76.6216})

    assert answer.json == {"label": "N Eutaw St and W Lexington St"}


def test_far_away_there_is_no_corner(officer):
    answer = officer.post("/api/v1/places/nearest", json={"lat": 0, "lon": 0})

    assert (answer.status_code, answer.json) == (200, {"label": None})


@pytest.mark.parametrize(
    "body",
    [
        {"lat": 39.29},
        {"lat": "39.29", "lon": -76.6},
        {"lat": 99, "lon": -76.6},
        {"lat": True, "lon": 1},
    ],
)
def test_a_point_that_is_none_is_422(officer, body):
    assert officer.post("/api/v1/places/nearest", json=body).status_code == 422


def test_who_is_not_signed_in_gets_401(client):
    assert client.get("/api/v1/places", query_string={"q": "Eutaw & Lex"}).status_code == 401
    assert client.post("/api/v1/places", json={"q": "Eutaw & Lex"}).status_code == 401


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.PARTNER, Role.ADMIN])
def test_every_role_may_ask(client_for, role):
    answer = client_for(role.value).get("/api/v1/places", query_string={"q": "Eutaw & Lex"})

    assert answer.status_code == 200


def test_no_text_reaches_a_log(officer, caplog):
    with caplog.at_level("DEBUG"):
        officer.post("/api/v1/places", json={"q": "1234 W Lexington St"})
        officer.post("/api/v1/places", json={"q": "1234 W Lexington St" * 20})

    assert "Lexington" not in caplog.text
