"""Referrals to send, and the places and people of their tests."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from app.audit.service import Actor
from app.referrals import service
from app.referrals.service import ReferralContent
from tests.referrals.samples import LEXINGTON_MARKET, OFFICER


@pytest.fixture
def social() -> dict[str, Any]:
    """The smallest social contact."""
    return {
        "kind": "social_contact",
        "occurred_at": "2026-11-20T10:20:00-05:00",
        **LEXINGTON_MARKET,
        "location_source": "gps",
        "concern": "drug_possession",
        "person": None,
        "willing": "yes",
    }


@pytest.fixture
def full() -> dict[str, Any]:
    """An arrest diversion with every member a referral may have."""
    return {
        "kind": "arrest_diversion",
        "occurred_at": "2026-11-20T10:20:00-05:00",
        **LEXINGTON_MARKET,
        "accuracy_m": 8,
        "location_source": "gps",
        "offence_category": "drug_possession",
        "concern": "community_concern_drug_activity",
        "willing": "yes",
        "person": {
            "family_name": "Plantedfamily",
            "given_name": "Plantedgiven",
            "birth_date": "1990-05-17",
            "age_band": "25_34",
            "descriptor": "Planteddescriptor",
            "contact": "Plantedcontact",
        },
        "zone_check": {
            "status": "inside",
            "zone_version": 1,
            "distance_to_boundary_m": 212.5,
            "checked_at": "2026-11-20T10:19:30-05:00",
            "resolved_status": "inside",
            "reason": "Plantedreason",
        },
        "unit": "Plantedunit",
        "hazards": ["dog", "needles"],
        "overdose_reversal": True,
        "incident_number": "Plantedincident",
        "charge_codes": ["Plantedcharge", "43550"],
        "drug": {"kind": "Planteddrug", "grams": 1.5, "measured": "weighed"},
        "handoff_place": "Plantedplace",
        "custody_released_at": "2026-11-20T10:45:00-05:00",
        "prior_involvement": {
            "basis": "direct_police_observation",
            "observed_on": "2026-10-01",
            "in_zone": True,
        },
        "usually_found": "Plantedfound",
        "preferred_contact": "Plantedpreferred",
    }


@pytest.fixture
def put(client_for: Callable[[str], Any]) -> Callable[..., Any]:
    """Send one referral as the demonstration's officer; returns the answer."""
    client = client_for("officer")

    def send(body: Any, referral_uuid: UUID | str | None = None) -> Any:
        return client.put(
            f"/api/v1/referrals/{referral_uuid or uuid4()}",
            json=body,
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    return send


@pytest.fixture
def store(session: Session, now: datetime) -> Callable[..., UUID]:
    """Record a referral in the session, as some actor, with members replaced."""

    def make(actor: Actor = OFFICER, at: datetime | None = None, **members: Any) -> UUID:
        values: dict[str, Any] = {
            "kind": "social_contact",
            "occurred_at": at or now,
            **LEXINGTON_MARKET,
            "location_source": "gps",
            "willing": "yes",
            **members,
        }
        name = "concern" if values["kind"] == "social_contact" else "offence_category"
        values.setdefault(name, "drug_possession")
        referral_uuid = uuid4()
        service.record(session, referral_uuid, ReferralContent(**values), actor=actor, now=now)
        return referral_uuid

    return make
