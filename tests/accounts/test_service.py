from datetime import timedelta

import pytest

from app.accounts import passwords, service, signing_in
from app.accounts.models import SignInTry, User
from app.accounts.roles import Role
from app.audit import service as audit
from app.audit.service import SYSTEM
from app.errors import InvalidInput, NotFound

PASSWORD = "violet tram orchard gravity"


@pytest.fixture
def casey(session, now):
    return service.create_person(
        session,
        "Casey@example.org",
        name="Casey Example",
        roles=[Role.OFFICER],
        password=PASSWORD,
        actor=SYSTEM,
        now=now,
    )


def actions(session):
    return [event.action for event in audit.events(session)]


def try_password(session, email, is_right, now):
    attempt = signing_in.open_sign_in(session, email, now=now)
    known = attempt.password_hash is not None
    return signing_in.close_sign_in(session, attempt, is_right=is_right and known, now=now)


def test_a_new_person_has_an_argon2id_hash_with_the_agreed_cost(session, casey):
    user = session.get(User, casey.id)
    assert casey.email == "casey@example.org"
    assert user.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert actions(session)[-2:] == ["account.created", "role.granted"]


def test_an_address_is_taken_once(session, casey, now):
    with pytest.raises(service.AlreadyExists):
        service.create_person(
            session,
            "CASEY@example.org",
            name="Other",
            roles=[Role.PEER],
            password=PASSWORD,
            actor=SYSTEM,
            now=now,
        )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"email_text": "nobody"}, "e-mail"),
        ({"email_text": "officer@demo.invalid"}, "demonstration"),
        ({"name": "  "}, "name"),
        ({"roles": []}, "role"),
        ({"password": "short"}, "15 characters"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(session, now, change, why):
    asked = {"email_text": "new@example.org", "name": "New", "roles": [Role.PEER]}
    asked |= {"password": PASSWORD} | change
    with pytest.raises(InvalidInput, match=why):
        service.create_person(session, asked.pop("email_text"), actor=SYSTEM, now=now, **asked)


def test_roles_are_set_exactly_and_audited_one_by_one(session, casey, now):
    changed = service.set_roles(
        session, casey.email, [Role.SERGEANT, Role.PEER], actor=SYSTEM, now=now
    )
    assert changed.roles == (Role.SERGEANT, Role.PEER)
    assert actions(session)[-3:] == ["role.granted", "role.granted", "role.revoked"]


def test_four_wrong_tries_do_not_lock_and_a_right_one_forgets_them(session, casey, now):
    for _ in range(4):
        assert try_password(session, casey.email, False, now) is None
    assert try_password(session, casey.email, True, now) is not None
    assert session.query(SignInTry).count() == 0
    assert session.get(User, casey.id).locked_at_utc is None


def test_the_fifth_wrong_try_locks_until_an_administrator_unlocks(session, casey, now):
    for _ in range(5):
        try_password(session, casey.email, False, now)
    assert session.get(User, casey.id).locked_at_utc == now
    assert "account.locked" in actions(session)
    assert try_password(session, casey.email, True, now + timedelta(days=3)) is None

    service.unlock(session, casey.email, actor=SYSTEM, now=now)
    assert try_password(session, casey.email, True, now + timedelta(days=3)) is not None


def test_wrong_tries_older_than_fifteen_minutes_do_not_count(session, casey, now):
    for _ in range(4):
        try_password(session, casey.email, False, now)
    try_password(session, casey.email, False, now + timedelta(minutes=15))
    assert session.get(User, casey.id).locked_at_utc is None


def test_tries_sent_at_once_are_counted_before_any_password_is_looked_at(session, casey, now):
    opened = [signing_in.open_sign_in(session, casey.email, now=now) for _ in range(50)]
    assert sum(attempt.password_hash is not None for attempt in opened) == 5


def test_an_unknown_address_does_the_same_work(session, casey, now):
    for email in (casey.email, "nobody@example.org"):
        before = len(actions(session)), session.query(SignInTry).count()
        try_password(session, email, False, now)
        assert (len(actions(session)), session.query(SignInTry).count()) == (
            before[0] + 1,
            before[1] + 1,
        )


def test_a_missing_hash_costs_one_verification_and_is_never_right(app, monkeypatch):
    looked_at = []
    real = passwords.verify_password

    def counting(password, stored):
        looked_at.append(stored)
        return real(password, stored)

    monkeypatch.setattr(passwords, "verify_password", counting)
    with app.app_context():
        assert not passwords.is_right("nobody has this password", None)
        assert passwords.is_right(PASSWORD, passwords.hashed(PASSWORD))
    assert len(looked_at) == 2


def test_a_closed_account_signs_in_nobody_and_loses_its_sessions(session, casey, now):
    old = session.get(User, casey.id).fs_uniquifier
    service.disable(session, casey.email, actor=SYSTEM, now=now)
    assert try_password(session, casey.email, True, now) is None
    assert service.find_active_user(session, old) is None

    service.enable(session, casey.email, actor=SYSTEM, now=now)
    assert service.find_active_user(session, old) is None
    assert try_password(session, casey.email, True, now) is not None


def test_a_new_password_ends_the_sessions(session, casey, now):
    user = session.get(User, casey.id)
    old_mark, old_hash = user.fs_uniquifier, user.password
    service.set_password(session, casey.email, "other walnut bridge cloud", actor=SYSTEM, now=now)
    assert user.fs_uniquifier != old_mark
    assert user.password != old_hash


def test_the_demonstrations_people_are_thirteen_without_passwords(session, now):
    added = service.ensure_demo_people(session, now=now)
    assert added in (0, 13)
    assert service.ensure_demo_people(session, now=now) == 0
    people = [p for p in service.people(session) if p.email.endswith("@demo.invalid")]
    assert {p.email: p.roles for p in people} == {f"{r}@demo.invalid": (r,) for r in Role}
    assert try_password(session, "officer@demo.invalid", True, now) is None


def test_a_database_tells_the_demonstrations_people_from_others(session, now):
    assert not service.has_people(session)
    assert not service.has_demo_people(session)
    service.ensure_demo_people(session, now=now)
    assert service.has_demo_people(session)
    assert not service.has_people(session)


def test_an_account_with_a_password_counts_while_it_is_open(session, casey, now):
    assert service.has_people(session)
    service.disable(session, casey.email, actor=SYSTEM, now=now)
    assert not service.has_people(session)


def test_signing_in_records_the_notice_and_the_sign_in(session, now):
    service.ensure_demo_people(session, now=now)
    user = signing_in.sign_in_demo_person(session, Role.PEER, now=now)
    assert user.last_sign_in_at_utc == now
    assert actions(session)[-2:] == ["notice.acknowledged", "login.ok"]


def test_an_unknown_person_is_named_as_missing(session, now):
    with pytest.raises(NotFound):
        service.unlock(session, "nobody@example.org", actor=SYSTEM, now=now)
