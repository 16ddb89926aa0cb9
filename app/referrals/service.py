"""Referrals: take one, read one, list them, and hand them to maps."""

from app.referrals.content import (
    CATEGORIES,
    HAZARDS,
    INVOLVEMENT_BASES,
    KINDS,
    LOCATION_SOURCES,
    MEASURED,
    RESOLVED_STATUSES,
    WILLING,
    ZONE_STATUSES,
    Drug,
    Person,
    PriorInvolvement,
    ReferralContent,
    TabletZoneCheck,
)
from app.referrals.mapping import records_for_map
from app.referrals.moving import set_state
from app.referrals.reading import Page, ReferralSummary, get_for, history_for, list_for
from app.referrals.recording import (
    DifferentContent,
    InTheFuture,
    Receipt,
    Recorded,
    record,
    screening_json,
)
from app.referrals.rules import (
    STATUS_WORDS,
    age_bounds,
    audience_of,
    known_statuses,
    receipt_number,
)

__all__ = [
    "CATEGORIES",
    "HAZARDS",
    "INVOLVEMENT_BASES",
    "KINDS",
    "LOCATION_SOURCES",
    "MEASURED",
    "RESOLVED_STATUSES",
    "STATUS_WORDS",
    "WILLING",
    "ZONE_STATUSES",
    "DifferentContent",
    "Drug",
    "InTheFuture",
    "Page",
    "Person",
    "PriorInvolvement",
    "Receipt",
    "Recorded",
    "ReferralContent",
    "ReferralSummary",
    "TabletZoneCheck",
    "age_bounds",
    "audience_of",
    "get_for",
    "history_for",
    "known_statuses",
    "list_for",
    "receipt_number",
    "record",
    "records_for_map",
    "screening_json",
    "set_state",
]
