"""The key pairs behind sealed rows: one is given out, the older ones still open what they sealed.

Callers commit.
"""

import json
from datetime import datetime
from typing import Any, Final

from joserfc.jwk import ECKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Actor
from app.db import keys_of
from app.referrals.models import OutboxKey

KEY_AGREEMENT: Final = "ECDH-ES"
CURVE: Final = "P-256"


def public_keys(session: Session) -> list[dict[str, str]]:
    """The public keys that tablets may seal to, newest first, as JWKs; none before the first."""
    rows = session.scalars(
        select(OutboxKey).where(OutboxKey.retired_at_utc.is_(None)).order_by(OutboxKey.id.desc())
    )
    return [{**row.public_jwk, "kid": row.kid, "use": "enc", "alg": KEY_AGREEMENT} for row in rows]


def ensure_key(session: Session, *, actor: Actor, now: datetime) -> None:
    """Make the first key pair where there is none to seal to."""
    if not public_keys(session):
        _make_key(session, actor=actor, now=now)


def rotate_key(session: Session, *, actor: Actor, now: datetime) -> None:
    """Give out a new key from now on. What was sealed to the older ones still opens."""
    in_use = select(OutboxKey).where(OutboxKey.retired_at_utc.is_(None))
    for row in session.scalars(in_use):
        row.retired_at_utc = now
    _make_key(session, actor=actor, now=now)


def find_private_key(session: Session, kid: str) -> ECKey | None:
    """The pair that rows with this `kid` are sealed to, given out or retired."""
    row = session.scalar(select(OutboxKey).where(OutboxKey.kid == kid))
    if row is None:
        return None
    jwk: dict[str, Any] = json.loads(keys_of(session).open(row.private_sealed, **_place(kid)))
    return ECKey.import_key(jwk)


def _make_key(session: Session, *, actor: Actor, now: datetime) -> None:
    pair = ECKey.generate_key(CURVE)
    kid = pair.thumbprint()
    private_text = json.dumps(pair.as_dict(private=True))
    session.add(
        OutboxKey(
            kid=kid,
            public_jwk=pair.as_dict(private=False),
            private_sealed=keys_of(session).seal(private_text, **_place(kid)),
            created_at_utc=now,
            retired_at_utc=None,
        )
    )
    session.flush()
    audit.record(
        session,
        "outbox_key.made",
        actor=actor,
        subject_kind="outbox_key",
        subject_id=kid,
        now=now,
    )


def _place(kid: str) -> dict[str, str]:
    return {"table": OutboxKey.__tablename__, "column": "private_sealed", "row": kid}
