"""`zone find TEXT`."""

import json

import pytest

from app.audit import service as audit
from app.db import reading


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()
    return lambda *args: runner.invoke(args=["zone", "find", *args])


def test_one_place_is_shown_with_its_status(run):
    answer = run("Franklin & Paca")

    assert answer.exit_code == 0
    assert "W Franklin St and N Paca St" in answer.stdout
    assert "inside" in answer.stdout
    assert answer.stdout.splitlines()[-1] == "1 place."


def test_none_is_chosen_where_several_fit(run):
    answer = run("300 Lexington St")

    assert answer.stdout.splitlines()[-1] == "2 places fit: none is chosen."


def test_json_is_what_the_api_gives(run, client_for):
    answer = run("300 Lexington St", "--json")

    by_http = client_for("officer").post("/api/v1/places", json={"q": "300 Lexington St"})
    assert json.loads(answer.stdout) == by_http.json


def test_no_place_is_an_answer_with_a_reason(run):
    answer = run("Lexingtom & Eutaw")

    assert answer.exit_code == 0
    assert answer.stdout.startswith("No place found. No street of the city has that name.")


def test_an_empty_text_exits_2(run):
    assert run(" ").exit_code == 2


def test_the_look_up_is_audited_without_the_text(app, run):
    run("Franklin & Paca")

    with app.app_context(), reading() as session:
        last = list(audit.events(session))[-1]
        assert last.action == "place.looked_up"
        assert "Paca" not in json.dumps(audit.as_json(last))
