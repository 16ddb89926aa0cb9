"""The sentence about places outside the zone comes from the criteria, not from code."""

from datetime import date

import pytest

from app.field.rules import outside_note

SINCE = date(2017, 2, 8)


@pytest.mark.parametrize(
    ("social", "arrest", "expected"),
    [
        (
            None,
            "required",
            "Here a social contact can go on. An arrest referral does not meet the 2017 criteria.",
        ),
        (
            "not_required",
            "required",
            "Here a social contact can go on. An arrest referral does not meet the 2017 criteria.",
        ),
        (
            "prior_involvement_in_zone",
            "required",
            "Here a social contact can go on if the earlier involvement was in the zone. "
            "An arrest referral does not meet the 2017 criteria.",
        ),
        (
            "required",
            "required",
            "Here a social contact does not meet the 2017 criteria. "
            "An arrest referral does not meet the 2017 criteria.",
        ),
        (
            "required",
            None,
            "Here an arrest referral can go on. A social contact does not meet the 2017 criteria.",
        ),
        ("not_required", "not_required", ""),
        (None, None, ""),
    ],
)
def test_each_kind_is_named_by_its_own_rule(social, arrest, expected):
    rule = {"social_contact": social, "arrest_diversion": arrest}
    assert outside_note(rule, effective_from=SINCE) == expected


def test_the_year_is_that_of_the_criteria():
    note = outside_note({"arrest_diversion": "required"}, effective_from=date(2027, 1, 1))
    assert note == "Here an arrest referral does not meet the 2027 criteria."
