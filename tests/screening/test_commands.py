"""`criteria load`, `publish`, `list`: one line of result, and what a program reads."""

import json
from pathlib import Path

import pytest
from flask import Flask

from app.audit import service as audit
from app.db import reading

BALTIMORE_2017 = Path(__file__).parents[2] / "data" / "criteria" / "bpd-806-2017.yaml"


@pytest.fixture
def run(app: Flask):
    runner = app.test_cli_runner()
    return lambda *args: runner.invoke(args=["criteria", *map(str, args)])


@pytest.fixture
def changed(tmp_path):
    path = tmp_path / "changed.yaml"
    text = BALTIMORE_2017.read_text(encoding="utf-8")
    path.write_text(text.replace("at_least: 18", "at_least: 21"), encoding="utf-8")
    return path


def test_load_then_publish_then_list(run, changed):
    loaded = run("load", changed, "--json")
    assert (loaded.exit_code, json.loads(loaded.stdout)["state"]) == (0, "draft")

    published = run("publish", "--json")
    assert (published.exit_code, json.loads(published.stdout)["state"]) == (0, "published")

    listed = json.loads(run("list", "--json").stdout)["versions"]
    label = json.loads(loaded.stdout)["label"]
    assert [version["state"] for version in listed if version["label"] == label] == ["published"]
    assert "published  from 2017-02-08" in run("list").stdout


def test_each_result_is_one_line(run, changed):
    for answer in (run("load", changed), run("publish")):
        assert answer.exit_code == 0
        assert len(answer.stdout.splitlines()) == 1


def test_a_mistake_in_the_file_exits_1_with_its_line(run, tmp_path):
    path = tmp_path / "wrong.yaml"
    text = BALTIMORE_2017.read_text(encoding="utf-8")
    path.write_text(text.replace("at_least: 18", "atleast: 18"), encoding="utf-8")
    answer = run("load", path)

    assert answer.exit_code == 1
    assert "rule ADULT" in answer.stderr
    assert answer.stdout == ""


def test_a_missing_file_exits_2(run, tmp_path):
    assert run("load", tmp_path / "none.yaml").exit_code == 2


def test_nothing_to_publish_exits_1(run):
    assert run("publish").exit_code == 1


def test_the_operator_is_audited(app, run, changed):
    run("load", changed)
    run("publish")

    with app.app_context(), reading() as session:
        acts = [(event.action, event.actor[:3]) for event in audit.events(session)]
    assert acts[-2:] == [("criteria.loaded", "os:"), ("criteria_publish", "os:")]
