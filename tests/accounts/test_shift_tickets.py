"""Shift tickets say whose record a tablet seals, for twelve hours and nobody else."""

import base64
import json
from datetime import timedelta

import pytest

from app.accounts import service
from app.accounts.roles import Role
from app.accounts.shift_tickets import (
    CLOCK_TOLERANCE,
    LENGTH,
    InvalidShiftTicket,
    make_shift_ticket,
    read_shift_ticket,
)
from app.audit.service import SYSTEM
from app.db import keys_of
from app.errors import NotAllowed, NotFound

PASSWORD = "violet tram orchard gravity"


@pytest.fixture
def person(session, now):
    def add(*roles, email="casey@example.org"):
        return service.create_person(
            session, email, name="C", roles=roles, password=PASSWORD, actor=SYSTEM, now=now
        )

    return add


def test_a_ticket_says_who_in_which_roles_and_for_how_long(session, person, now):
    casey = person(Role.OFFICER, Role.SERGEANT, Role.CASE_MANAGER)
    ticket = read_shift_ticket(session, make_shift_ticket(session, casey.id, now=now))

    assert ticket.user_id == casey.id
    assert ticket.roles == {Role.OFFICER, Role.SERGEANT}
    assert (ticket.begins_at, ticket.ends_at) == (now, now + timedelta(hours=12))


@pytest.mark.parametrize(
    ("after", "is_covered"),
    [
        (-CLOCK_TOLERANCE - timedelta(seconds=1), False),
        (-CLOCK_TOLERANCE, True),
        (timedelta(0), True),
        (LENGTH, True),
        (LENGTH + CLOCK_TOLERANCE, True),
        (LENGTH + CLOCK_TOLERANCE + timedelta(seconds=1), False),
    ],
)
def test_it_covers_the_shift_and_a_clock_that_is_a_little_off(
    session, person, now, after, is_covered
):
    text = make_shift_ticket(session, person(Role.OFFICER).id, now=now)

    assert read_shift_ticket(session, text).covers(now + after) is is_covered


def test_it_holds_no_name_and_no_address(session, person, now):
    text = make_shift_ticket(session, person(Role.OFFICER).id, now=now)
    said = json.loads(base64.urlsafe_b64decode(text.partition(".")[0]))

    assert set(said) == {"user", "roles", "from", "until"}


def test_another_person_written_into_it_is_seen(session, person, now):
    body, _, signature = make_shift_ticket(session, person(Role.OFFICER).id, now=now).partition(".")
    said = json.loads(base64.urlsafe_b64decode(body))
    said["user"] += 1
    forged = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()

    with pytest.raises(InvalidShiftTicket):
        read_shift_ticket(session, f"{forged}.{signature}")


def test_a_signature_made_for_another_purpose_is_no_ticket(session, now):
    content = b'{"user":1,"roles":["officer"],"from":0,"until":1}'
    signature = keys_of(session).digest("content", content)

    with pytest.raises(InvalidShiftTicket):
        read_shift_ticket(session, f"{base64.urlsafe_b64encode(content).decode()}.{signature}")


@pytest.mark.parametrize("text", [None, "", ".", "x", "é.é", "e30.", "e30=." + "0" * 64, "\ud800."])
def test_what_is_no_ticket_is_refused(session, text):
    with pytest.raises(InvalidShiftTicket) as refusal:
        read_shift_ticket(session, text)
    assert refusal.value.code == "invalid_shift_ticket"


@pytest.mark.parametrize("role", [Role.PROSECUTOR, Role.CASE_MANAGER, Role.ADMIN])
def test_only_who_writes_referrals_gets_one(session, person, now, role):
    with pytest.raises(NotAllowed):
        make_shift_ticket(session, person(role).id, now=now)


def test_nobody_and_a_closed_account_get_none(session, person, now):
    casey = person(Role.OFFICER)
    text = make_shift_ticket(session, casey.id, now=now)
    service.disable(session, casey.email, actor=SYSTEM, now=now)

    with pytest.raises(NotAllowed):
        make_shift_ticket(session, casey.id, now=now)
    with pytest.raises(NotFound):
        make_shift_ticket(session, 10**9, now=now)
    assert read_shift_ticket(session, text).user_id == casey.id
