"""A state that changes leaves its history and an audit line, and the hand-off is for good."""

from uuid import uuid4

import pytest

from app.audit import service as audit
from app.errors import NotFound
from app.filters import RecordFilter
from app.referrals import service
from tests.referrals.samples import OFFICER, actor_with

PEER = actor_with("peer")


def move(session, referral_uuid, to, now, field="engagement_state"):
    service.set_state(
        session, referral_uuid, field, to, actor=PEER, role="peer", reason="test", now=now
    )


def status_of(session, actor):
    [item] = service.list_for(session, RecordFilter(), actor=actor).items
    return item.status


def test_a_move_is_kept_in_history_and_audit(session, store, now):
    referral_uuid = store()
    move(session, referral_uuid, "handed_off", now)
    last = service.history_for(session, referral_uuid, actor=PEER)[-1]
    event = list(audit.events(session))[-1]

    assert (last["from"], last["to"], last["actor"], last["role"]) == (
        "handoff_pending",
        "handed_off",
        "user:950",
        "peer",
    )
    assert (event.action, event.subject_id) == ("status_change", str(referral_uuid))


def test_what_follows_the_hand_off_stays_hidden_from_the_officer(session, store, now):
    referral_uuid = store()
    for to in ("handed_off", "not_located", "handoff_pending"):
        move(session, referral_uuid, to, now)
        assert status_of(session, OFFICER) == "handed_off"
    assert status_of(session, PEER) == "handoff_pending"


def test_what_ends_before_a_hand_off_the_officer_learns(session, store, now):
    move(session, store(), "not_located", now)

    assert status_of(session, OFFICER) == "not_proceeding"


@pytest.mark.parametrize(
    ("field", "to"), [("status", "active"), ("engagement_state", "eligible"), ("kind", "x")]
)
def test_an_unknown_field_or_state_is_refused(session, store, now, field, to):
    with pytest.raises(ValueError, match=r"state|eligible"):
        move(session, store(), to, now, field)


def test_an_unknown_referral_is_refused(session, now):
    with pytest.raises(NotFound):
        move(session, uuid4(), "active", now)
