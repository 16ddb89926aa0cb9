"""What the officer's page says about the location rule of the criteria in force."""

from collections.abc import Mapping
from datetime import date
from typing import Final

KIND_WORDS: Final = {"social_contact": "A social contact", "arrest_diversion": "An arrest referral"}
GOES_ON: Final = {"social_contact": "a social contact", "arrest_diversion": "an arrest referral"}


def outside_note(location_rule: Mapping[str, str | None], *, effective_from: date) -> str:
    """One sentence or two for a place outside the zone; empty where no kind must lie inside it.

    Args:
        location_rule: by referral kind, `required`, `prior_involvement_in_zone`, `not_required` or
            None (unset: a person decides, so the referral can go on).
        effective_from: the day the criteria came into force; their year names them.
    """
    kinds = [kind for kind in KIND_WORDS if kind in location_rule]
    refused = [kind for kind in kinds if location_rule[kind] == "required"]
    depends = [kind for kind in kinds if location_rule[kind] == "prior_involvement_in_zone"]
    goes_on = [kind for kind in kinds if kind not in refused and kind not in depends]
    if not refused and not depends:
        return ""
    sentences = []
    if goes_on:
        sentences.append(f"Here {' and '.join(GOES_ON[kind] for kind in goes_on)} can go on.")
    sentences += [
        f"{KIND_WORDS[kind]} can go on if the earlier involvement was in the zone."
        for kind in depends
    ]
    sentences += [
        f"{KIND_WORDS[kind]} does not meet the {effective_from.year} criteria." for kind in refused
    ]
    if not goes_on:
        sentences[0] = f"Here {sentences[0][0].lower()}{sentences[0][1:]}"
    return " ".join(sentences)
