"""Decisions about a referral: its number, its states, what each role sees of them, ages and dates.

Pure: no database, no clock. The states are those of the programme's state machine; the display
status is derived from them and never stored.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import Enum, StrEnum
from typing import Final
from uuid import UUID

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_CHARACTERS: Final = 8
_MISREAD: Final = str.maketrans("ILO", "110")


class Verification(StrEnum):
    """How far the checks have come."""

    UNCHECKED = "unchecked"
    RECORDS_CHECK = "records_check"
    NEEDS_VERIFICATION = "needs_verification"
    SAO_REVIEW = "sao_review"
    VERIFIED_ELIGIBLE = "verified_eligible"
    PARTNER_REVIEW = "partner_review"
    OBJECTED = "objected"
    ACCEPTED = "accepted"
    INELIGIBLE = "ineligible"
    WITHDRAWN_BY_OFFICER = "withdrawn_by_officer"
    DUPLICATE = "duplicate"


class Engagement(StrEnum):
    """How far the person and the case manager have come."""

    NOT_STARTED = "not_started"
    OFFERED = "offered"
    DECLINED = "declined"
    WANTS_TIME = "wants_time"
    WAITLISTED = "waitlisted"
    HANDOFF_PENDING = "handoff_pending"
    HANDED_OFF = "handed_off"
    NOT_LOCATED = "not_located"
    INTAKE_DUE = "intake_due"
    INTAKE_DONE = "intake_done"
    INTAKE_EXPIRED = "intake_expired"
    ACTIVE = "active"
    INACTIVE = "inactive"
    CLOSED = "closed"
    WITHDRAWN_BY_PERSON = "withdrawn_by_person"
    REFERRED_ELSEWHERE = "referred_elsewhere"
    DECEASED = "deceased"


class ChargeHold(StrEnum):
    """Whether the charge waits (arrest diversions only)."""

    NONE = "none"
    HOLD_OPENED = "hold_opened"
    HOLD_CONFIRMED = "hold_confirmed"
    RELEASED_NO_CHARGE = "released_no_charge"
    CHARGE_REQUESTED = "charge_requested"
    LAPSED = "lapsed"


class Audience(Enum):
    """Who looks: each later one sees more of the states."""

    POLICE = 1
    LEGAL = 2
    CASE_TEAM = 3


CASE_ROLES: Final = frozenset({"case_manager", "peer", "case_supervisor", "programme_manager"})
LEGAL_ROLES: Final = frozenset({"records_checker", "prosecutor", "partner"})
ALL_KINDS_ROLES: Final = CASE_ROLES | {"records_checker", "partner"}
ARRESTS_ONLY_ROLES: Final = frozenset({"prosecutor"})
PERSON_ROLES: Final = CASE_ROLES | {"records_checker", "prosecutor"}
"""Who may read who the person is in a referral that is not their own. A partner may only under a
consent that covers them, and none is recorded here."""

STATUS_WORDS: Final = {
    "received": "Received",
    "checking": "Checking",
    "submitted": "Submitted",
    "screening": "Records check",
    "awaiting_verification": "Waiting for the State's Attorney",
    "awaiting_partners": "Waiting for partners",
    "handoff_pending": "Hand-off pending",
    "handed_off": "Handed off",
    "intake_due": "Intake due",
    "intake_done": "Intake done",
    "active": "Active",
    "inactive": "Inactive",
    "closed": "Closed",
    "not_proceeding": "Not proceeding",
}
STOPPED_VERIFICATION: Final = frozenset(
    {Verification.INELIGIBLE, Verification.WITHDRAWN_BY_OFFICER, Verification.DUPLICATE}
)
BEFORE_REVIEW: Final = frozenset(
    {Verification.UNCHECKED, Verification.RECORDS_CHECK, Verification.NEEDS_VERIFICATION}
)
WITHDRAWAL_REASONS: Final = (
    "entered_by_mistake",
    "wrong_person",
    "entered_twice",
    "person_changed_mind",
    "other",
)
"""Why an officer takes a referral back; codes, so that no story is told here."""
STOPPED_ENGAGEMENT: Final = frozenset(
    {Engagement.DECLINED, Engagement.INTAKE_EXPIRED, Engagement.NOT_LOCATED}
)
ENDED_ENGAGEMENT: Final = frozenset(
    {
        Engagement.CLOSED,
        Engagement.WITHDRAWN_BY_PERSON,
        Engagement.REFERRED_ELSEWHERE,
        Engagement.DECEASED,
    }
)
AFTER_HANDOFF: Final = frozenset(
    {
        Engagement.HANDED_OFF,
        Engagement.INTAKE_DUE,
        Engagement.INTAKE_DONE,
        Engagement.INTAKE_EXPIRED,
        Engagement.ACTIVE,
        Engagement.INACTIVE,
    }
)
"""States nobody reaches without a hand-off; other states may come before or after one."""
BY_VERIFICATION: Final = {
    Verification.UNCHECKED: "submitted",
    Verification.RECORDS_CHECK: "screening",
    Verification.NEEDS_VERIFICATION: "awaiting_verification",
    Verification.SAO_REVIEW: "awaiting_verification",
    Verification.VERIFIED_ELIGIBLE: "awaiting_partners",
    Verification.PARTNER_REVIEW: "awaiting_partners",
    Verification.OBJECTED: "awaiting_partners",
    Verification.ACCEPTED: "handoff_pending",
}
OWN_WORD: Final = {
    Engagement.HANDOFF_PENDING: "handoff_pending",
    Engagement.HANDED_OFF: "handed_off",
    Engagement.INTAKE_DUE: "intake_due",
    Engagement.INTAKE_DONE: "intake_done",
    Engagement.ACTIVE: "active",
    Engagement.INACTIVE: "inactive",
}


def receipt_number(referral_uuid: UUID) -> str:
    """8 Crockford base32 characters: the top 40 bits of SHA-256 over the uuid's 16 bytes.

    The tablet computes the same number, so it is known before the referral is sent.
    """
    bits = int.from_bytes(hashlib.sha256(referral_uuid.bytes).digest()[:5])
    shifts = range(5 * (RECEIPT_CHARACTERS - 1), -1, -5)
    return "".join(CROCKFORD[(bits >> shift) & 31] for shift in shifts)


def normal_receipt(text: str) -> str:
    """A receipt number as it is printed, from one read aloud or typed: `ol1i-2345` is `01112345`.

    Case, spaces and hyphens do not matter; I and L are read as 1, O as 0 (Crockford).

    Raises:
        ValueError: the text cannot be a receipt number.
    """
    receipt = text.upper().replace(" ", "").replace("-", "").translate(_MISREAD)
    if len(receipt) != RECEIPT_CHARACTERS or not set(receipt) <= set(CROCKFORD):
        raise ValueError("Send the 8 letters and digits of the receipt.")
    return receipt


def initial_engagement(willing: str) -> Engagement:
    """Where the engagement starts: yes awaits a hand-off, no is respected, time is given."""
    return {
        "yes": Engagement.HANDOFF_PENDING,
        "wants_time": Engagement.WANTS_TIME,
        "no": Engagement.DECLINED,
    }[willing]


def initial_charge_hold(kind: str) -> ChargeHold:
    """An arrest diversion opens a hold; a social contact has no charge to hold."""
    return ChargeHold.HOLD_OPENED if kind == "arrest_diversion" else ChargeHold.NONE


def audience_of(roles: Iterable[str]) -> Audience:
    """The widest audience the caller's roles give; roles that work on no referral see as police."""
    held = frozenset(roles)
    if held & CASE_ROLES:
        return Audience.CASE_TEAM
    return Audience.LEGAL if held & LEGAL_ROLES else Audience.POLICE


def display_status(
    verification: Verification,
    engagement: Engagement,
    *,
    was_handed_off: bool,
    audience: Audience,
) -> str:
    """The status word's code for one audience.

    Police learn nothing after the hand-off: to say more would tell them who is with a provider. The
    State's Attorney, records checkers and partners see `handed_off` for whatever follows it until a
    consent covers them, and that a referral does not proceed.
    """
    was_handed_off = was_handed_off or engagement in AFTER_HANDOFF
    if audience is Audience.POLICE:
        return _police_status(verification, engagement, was_handed_off=was_handed_off)
    if verification in STOPPED_VERIFICATION or engagement in STOPPED_ENGAGEMENT:
        return "not_proceeding"
    if audience is Audience.LEGAL and was_handed_off:
        return "handed_off"
    if engagement in ENDED_ENGAGEMENT:
        return "closed"
    return OWN_WORD.get(engagement) or BY_VERIFICATION[verification]


def _police_status(
    verification: Verification, engagement: Engagement, *, was_handed_off: bool
) -> str:
    if was_handed_off:
        return "handed_off"
    stopped = STOPPED_ENGAGEMENT | ENDED_ENGAGEMENT
    if verification in STOPPED_VERIFICATION or engagement in stopped:
        return "not_proceeding"
    return "received" if verification is Verification.UNCHECKED else "checking"


def officer_may_change(verification: Verification, *, was_handed_off: bool) -> bool:
    """Whether its officer may still withdraw the referral or correct it.

    Until the State's Attorney's review, so that what is reviewed stays still, and until the
    hand-off: after it the person is with LEAD, and police neither end that nor learn how far the
    review has come. It depends on nothing that moves after the hand-off.
    """
    return verification in BEFORE_REVIEW and not was_handed_off


def states_showing(
    statuses: Iterable[str], audience: Audience
) -> frozenset[tuple[Verification, Engagement, bool]]:
    """Every (verification, engagement, was handed off) that shows so to the audience."""
    wanted = frozenset(statuses)
    return frozenset(
        (verification, engagement, handed_off)
        for verification in Verification
        for engagement in Engagement
        for handed_off in (False, True)
        if display_status(verification, engagement, was_handed_off=handed_off, audience=audience)
        in wanted
    )


def known_statuses(audience: Audience) -> frozenset[str]:
    """Every status this audience can ever see."""
    return frozenset(status for status in STATUS_WORDS if states_showing([status], audience))


def is_inside(server_status: str, resolved_status: str | None) -> bool | None:
    """Whether the place counts as inside: the server's verdict; where that is `uncertain`, the
    officer's decision; None where nobody decided."""
    deciding = resolved_status if server_status == "uncertain" else server_status
    return None if deciding is None else deciding == "inside"


# Age bands: 18_24 or 18-24, 65_plus or 65+ or 65_or_over, under_18; adult, minor, unknown.
_BAND = re.compile(r"(?P<low>\d{1,3})(?:[-_](?P<high>\d{1,3})|\+|_plus|_or_over)")
_UNDER = re.compile(r"under_(?P<limit>\d{1,3})")
_WORDS: Final = {"adult": "18_plus", "minor": "under_18"}
MAX_AGE_YEARS: Final = 130


def age_bounds(age_band: str) -> tuple[int | None, int | None]:
    """Lowest and highest age a band allows, in completed years, both inclusive; None is open.

    Raises:
        ValueError: the text is no age band.
    """
    band = _WORDS.get(age_band, age_band)
    if band == "unknown":
        return None, None
    if match := _UNDER.fullmatch(band):
        low, high = 0, int(match["limit"]) - 1
    elif match := _BAND.fullmatch(band):
        low, high = int(match["low"]), int(match["high"] or MAX_AGE_YEARS)
    else:
        raise ValueError("Send an age band like 18_24, 18_plus or under_18, or unknown.")
    if not 0 <= low <= high <= MAX_AGE_YEARS:
        raise ValueError("The age band must run from a lower to a higher age.")
    return low, high


def age_on(birth_date: date, day: date) -> int:
    """Completed years; someone born on 29 February turns a year older on 1 March."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (not had_birthday)


def months_since(earlier: date, day: date) -> int:
    """Months from one day to a later one; a month begun counts whole, so 24 means within 24."""
    months = 12 * (day.year - earlier.year) + day.month - earlier.month
    return months + (day.day > earlier.day)


def person_index_text(family_name: str | None, birth_date: date | None) -> str | None:
    """What a blind index is made of: family name and birth date together, never a name alone.

    Case, accents and punctuation are ignored. None where one of the two is not known.
    """
    if not family_name or birth_date is None:
        return None
    decomposed = unicodedata.normalize("NFKD", family_name).casefold()
    letters = "".join(character for character in decomposed if character.isalnum())
    return f"{letters}|{birth_date.isoformat()}" if letters else None


def acting_role(roles: Iterable[str]) -> str:
    """The role under which a referral is made: officer, or sergeant where one is no officer."""
    held = sorted(roles)
    for role in ("officer", "sergeant"):
        if role in held:
            return role
    return held[0] if held else "system"
