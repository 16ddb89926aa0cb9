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
from app.referrals.outbox_keys import ensure_key, public_keys, rotate_key
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
from app.referrals.sealed import (
    CannotOpen,
    SealedReferral,
    UnknownAuthor,
    open_row,
    record_sealed,
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
    "CannotOpen",
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
    "SealedReferral",
    "TabletZoneCheck",
    "UnknownAuthor",
    "age_bounds",
    "audience_of",
    "ensure_key",
    "get_for",
    "history_for",
    "known_statuses",
    "list_for",
    "open_row",
    "public_keys",
    "receipt_number",
    "record",
    "record_sealed",
    "records_for_map",
    "rotate_key",
    "screening_json",
    "set_state",
]
