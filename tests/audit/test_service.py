"""The audit chain sees every change, and with a kept head a cut tail."""

import pytest
from sqlalchemy import delete, update

from app.audit import service
from app.audit.models import AuditEvent


@pytest.fixture
def chain(session, now):
    first = service.head(session).sequence
    for number in range(5):
        service.record(
            session,
            "test.done",
            actor=service.SYSTEM,
            subject_kind="test",
            subject_id=number,
            now=now,
            details={"count": number},
        )
    session.expire_all()
    return first


def test_an_untouched_chain_is_whole(session, chain):
    verdict = service.verify(session, kept_head=service.head(session))

    assert verdict.is_whole
    assert verdict.row_count == chain + 5


@pytest.mark.parametrize(
    "change",
    [{"action": "x"}, {"subject_id": "9"}, {"actor": "user:2"}, {"details": {"count": 99}}],
)
def test_an_edited_row_is_found(session, chain, change):
    where = AuditEvent.sequence == chain + 3
    session.execute(update(AuditEvent).where(where).values(**change))
    session.expire_all()

    assert service.verify(session).broken_at == chain + 3


def test_a_removed_row_is_found(session, chain):
    session.execute(delete(AuditEvent).where(AuditEvent.sequence == chain + 3))
    session.expire_all()

    assert service.verify(session).broken_at == chain + 3


def test_a_cut_tail_is_found_only_with_a_kept_head(session, chain):
    kept = service.head(session)
    session.execute(delete(AuditEvent).where(AuditEvent.sequence == chain + 5))
    session.expire_all()

    assert service.verify(session).is_whole
    assert not service.verify(session, kept_head=kept).is_whole


def test_the_command_checks_the_chain(app):
    runner = app.test_cli_runner()

    assert runner.invoke(args=["audit", "verify", "--json"]).exit_code == 0
    assert runner.invoke(args=["audit", "verify", "--head", "nonsense"]).exit_code == 2
