"""The choices on the officer's forms: codes of the outside contract and the words for them."""

from typing import Final

Choices = tuple[tuple[str, str], ...]

KINDS: Final = (
    ("social_contact", "Social contact", "social-contact", "No arrest. Offer LEAD."),
    ("arrest_diversion", "Arrest referral", "arrest-referral", "LEAD before booking."),
)
"""Kind, the button's exact name, its icon, its second line."""
CONCERNS: Final[Choices] = (
    ("drug_possession", "Drug possession"),
    ("drug_subsistence_sale", "Drug sale to pay for own use"),
    ("prostitution", "Prostitution"),
    ("property_low_level", "Low-level theft"),
    ("trespass_disorder", "Trespass or disorder"),
    ("community_concern_drug_activity", "Drug activity in the area"),
    ("other_low_level", "Other, low level"),
    ("none_social_contact", "No offence, may want help"),
)
OFFENCES: Final[Choices] = (
    ("drug_possession", "Drug possession"),
    ("paraphernalia", "Paraphernalia"),
    ("drug_subsistence_sale", "Drug sale to pay for own use"),
    ("prostitution", "Prostitution"),
    ("property_low_level", "Low-level theft"),
    ("trespass_disorder", "Trespass or disorder"),
    ("other_low_level", "Other, low level"),
    ("dealing_for_profit", "Selling drugs for profit"),
    ("promoting_prostitution", "Promoting prostitution"),
    ("weapon", "Weapon"),
    ("violent", "Violence"),
    ("exploits_minor", "Exploiting a minor"),
)
PEOPLE: Final[Choices] = (("none", "Not given"), ("given", "Name or description"))
WILLING: Final[Choices] = (("yes", "Yes"), ("no", "No"), ("wants_time", "Wants time"))
BASES: Final[Choices] = (
    ("direct_police_observation", "I saw it"),
    ("first_responder_report", "Fire or medic report"),
    ("professional_report", "Health or social worker"),
    ("credible_community_report", "Credible report from the community"),
    ("criminal_history_record", "Police record"),
    ("", "Don't know"),
)
MEASURED: Final[Choices] = (
    ("estimated", "Estimated"),
    ("weighed", "Weighed"),
    ("lab", "From the lab"),
    ("", "Don't know"),
)
YES_NO: Final[Choices] = (("true", "Yes"), ("false", "No"), ("", "Don't know"))
DECISIONS: Final[Choices] = (
    ("inside", "In the zone"),
    ("outside", "Outside the zone"),
    ("", "Leave it open"),
)
DRUGS: Final[Choices] = (
    ("heroin_fentanyl", "Heroin or fentanyl"),
    ("cocaine_crack", "Cocaine or crack"),
    ("other", "Other"),
    ("", "Don't know"),
)
HAZARDS: Final[Choices] = (
    ("dog", "Dog present"),
    ("needles", "Needles"),
    ("weapon_seen", "Weapon seen"),
    ("aggression", "Aggression"),
    ("unsafe_building", "Unsafe building"),
    ("mobility_need", "Trouble walking"),
    ("needs_spanish", "Needs Spanish"),
    ("needs_interpreter", "Needs another language"),
)
"""No health words here: what the police side never asks, it cannot pass on."""
AGE_BANDS: Final[Choices] = (
    ("18_plus", "18 or over"),
    ("under_18", "Under 18"),
    ("unknown", "Don't know"),
)
BIRTH_DATE: Final = r"\s*(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\s*"
GRAMS: Final = r"\s*\d{1,5}([.,]\d{1,6})?\s*"
CHARGE_CODES: Final = r"[^,;]{0,60}([,;][^,;]{0,60})*"
"""Patterns of the typed answers, for the browser to hold them against."""
OUTCOMES: Final = {
    "appears_eligible": "Appears eligible",
    "needs_verification": "Needs checking",
    "ineligible": "Does not meet the criteria",
}
NEXT: Final = {
    "appears_eligible": (
        "Records and partners are checked next. The status shows under My referrals."
    ),
    "needs_verification": "Staff check the points above. The status shows under My referrals.",
    "ineligible": (
        "By these criteria it does not go on. The offer of help itself was not wrong to make."
    ),
}
"""By screening outcome: the receipt's words, and what happens next."""
