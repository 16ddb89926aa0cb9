"""`demo load` and `demo reset`."""

import json
import re

import pytest
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.audit import service as audit
from app.config import Settings
from app.db import db, reading
from app.incidents import service as incidents
from app.operations import preparing, service
from app.operations.models import SyntheticLoad
from app.operations.synthetic_referrals import FAMILY_ENDS, FAMILY_STARTS
from app.referrals.models import Referral, ReferralTransition
from app.web.context import Lead
from app.zones import service as zones

FEW = ("--referrals", "20", "--incidents", "300", "--seed", "5")


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["demo", *arguments])


def count(app, model) -> int:
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_load_fills_the_demonstration_and_the_chain_holds(app, run):
    result = run("load", *FEW, "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"referrals": 20, "incidents": 300, "seed": 5}
    assert count(app, Referral) == 20
    assert count(app, ReferralTransition) > 20 * 3
    with app.app_context(), reading() as session:
        info = incidents.dataset(session, "demo-incidents")
        assert (info.row_count, info.is_public_record, info.licence) == (300, True, "synthetic")
        assert audit.verify(session).is_whole
        assert len(accounts.people(session)) == 13


def test_loading_again_keeps_what_is_there(app, run):
    run("load", *FEW)
    again = run("load", *FEW)

    assert again.exit_code == 0
    assert "holds 20 synthetic referrals and 300 synthetic incidents (seed 5)" in again.stdout
    assert count(app, Referral) == 20


def test_other_numbers_need_a_reset_first(app, run):
    run("load", *FEW)
    refused = run("load", "--referrals", "30")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("exists: ")
    assert "demo reset" in refused.stderr
    assert count(app, Referral) == 20


def test_a_start_keeps_whatever_was_loaded(app, run):
    run("load", *FEW)
    with app.app_context():
        preparing.fill(preparing.DEFAULT_LOADS, actor=audit.SYSTEM)

    assert count(app, Referral) == 20


def test_reset_leaves_zone_criteria_and_people_only(app, run):
    run("load", *FEW)
    assert run("reset").exit_code == 0

    assert count(app, Referral) == count(app, SyntheticLoad) == 0
    with app.app_context(), reading() as session:
        assert incidents.datasets(session) == ()
        assert len(zones.versions(session)) == 1
        assert len(accounts.people(session)) == 13
        assert audit.verify(session).is_whole
    assert run("load", "--referrals", "5", "--incidents", "50").exit_code == 0


def test_a_load_that_fails_leaves_nothing(app, run, monkeypatch):
    def fail(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(service, "_note_load", fail)
    assert run("load", *FEW).exit_code != 0
    monkeypatch.undo()

    assert count(app, Referral) == 0
    assert run("load", *FEW).exit_code == 0


@pytest.mark.parametrize("command", [("load", *FEW), ("reset",)])
def test_production_is_refused(app, run, command):
    before = app.extensions["lead"]
    settings = Settings(**{**before.settings.__dict__, "mode": "production"})
    app.extensions["lead"] = Lead(settings=settings, keys=before.keys)
    try:
        result = run(*command)
    finally:
        app.extensions["lead"] = before

    assert result.exit_code == 1
    assert result.stderr.startswith("not_a_demonstration: ")
    assert count(app, Referral) == 0


@pytest.mark.parametrize("bad", [("--referrals", "-1"), ("--incidents", "many"), ("--seed", "-5")])
def test_bad_numbers_exit_2(run, bad):
    assert run("load", *bad).exit_code == 2


def test_personal_fields_of_synthetic_people_are_sealed(app, run):
    run("load", *FEW)
    with app.app_context():
        db.engine.dispose()
        folder = app.extensions["lead"].settings.instance_dir
        stored = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())

    names = [(start + end).encode() for start in FAMILY_STARTS for end in FAMILY_ENDS]
    assert not [name for name in names if name in stored]
    assert b"410-555-01" not in stored
    assert not re.search(rb"SYN\d{7}", stored)
