"""The session ends by the server's clock."""

from datetime import timedelta

import pytest
import time_machine

from app.accounts import service
from app.accounts.roles import Role
from app.audit.service import SYSTEM
from app.db import unit_of_work

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def sergeant(app, now):
    """A client that signed in at `now`."""
    with app.app_context(), unit_of_work() as session:
        service.ensure_demo_people(session, now=now)
    client = app.test_client()
    with time_machine.travel(now, tick=False):
        client.post("/demonstration/sign-in/sergeant", headers=SAME_SITE)
    return client


def status_at(client, moment, path="/unit"):
    with time_machine.travel(moment, tick=False):
        return client.get(path).status_code


@pytest.mark.parametrize(("minutes", "status"), [(30, 200), (30.1, 302)])
def test_thirty_minutes_without_use_end_the_session(sergeant, now, minutes, status):
    assert status_at(sergeant, now + timedelta(minutes=minutes)) == status


def test_use_keeps_the_session_for_twelve_hours_and_no_longer(sergeant, now):
    for quarter in range(1, 49):
        assert status_at(sergeant, now + timedelta(minutes=15 * quarter)) == 200
    assert status_at(sergeant, now + timedelta(hours=12, seconds=1)) == 302


def test_an_old_copy_of_the_cookie_does_not_live_longer(app, sergeant, now):
    old = sergeant.get_cookie("lead").value
    assert status_at(sergeant, now + timedelta(minutes=25)) == 200
    thief = app.test_client()
    thief.set_cookie("lead", old, domain="localhost")
    assert status_at(thief, now + timedelta(minutes=31)) == 302
    assert status_at(sergeant, now + timedelta(minutes=31)) == 200


def test_a_program_is_told_401_when_the_session_is_over(sergeant, now):
    late = now + timedelta(minutes=31)
    with time_machine.travel(late, tick=False):
        answer = sergeant.get("/unit", headers={"Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 401


@pytest.mark.parametrize("change", ["disable", "roles"])
def test_a_change_of_the_account_counts_at_the_next_request(app, sergeant, now, change):
    assert status_at(sergeant, now) == 200
    with app.app_context(), unit_of_work() as session:
        if change == "disable":
            service.disable(session, "sergeant@demo.invalid", actor=SYSTEM, now=now)
        else:
            service.set_roles(session, "sergeant@demo.invalid", [Role.PEER], actor=SYSTEM, now=now)
    assert status_at(sergeant, now) == (302 if change == "disable" else 403)


def test_a_changed_cookie_is_nobody(app, sergeant, now):
    forged = sergeant.get_cookie("lead").value[:-2] + "xx"
    client = app.test_client()
    client.set_cookie("lead", forged, domain="localhost")
    assert status_at(client, now) == 302
