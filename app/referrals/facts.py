"""What the criteria may ask about a referral, from what was sent and what the server found."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.errors import InvalidInput
from app.referrals.content import Drug, ReferralContent
from app.referrals.rules import age_bounds, age_on, is_inside, months_since
from app.screening.service import Facts, Span


def facts_of(content: ReferralContent, *, zone_status: str, site_zone: ZoneInfo) -> Facts:
    """Gather the facts of one referral; what was not said stays unknown.

    Args:
        zone_status: the server's verdict at the time it happened.

    Raises:
        InvalidInput: a birth date or an earlier involvement lies after the referral.
    """
    occurred_local = content.occurred_at.astimezone(site_zone)
    drug = content.drug or Drug()
    prior = content.prior_involvement
    resolved = content.zone_check.resolved_status if content.zone_check else None
    return Facts(
        age_years=_age(content, occurred_local),
        offence_category=content.offence_category,
        concern=content.concern,
        drug_is_recorded=content.drug is not None,
        drug_kind=drug.kind.strip().lower() if drug.kind else None,
        drug_grams=drug.grams,
        prior_involvement_basis=prior.basis if prior else None,
        prior_involvement_months=_months(content, occurred_local),
        prior_involvement_in_zone=prior.in_zone if prior else None,
        is_inside_zone=is_inside(zone_status, resolved),
        occurred_local=occurred_local,
        willing=content.willing,
        overdose_reversal=content.overdose_reversal,
    )


def _age(content: ReferralContent, occurred_local: datetime) -> int | Span | None:
    person = content.person
    if person is None:
        return None
    if person.birth_date is not None:
        if person.birth_date > occurred_local.date():
            raise _after("person.birth_date", "The birth date lies after the referral.")
        return age_on(person.birth_date, occurred_local.date())
    if person.age_band is None:
        return None
    low, high = age_bounds(person.age_band)
    return None if low is None and high is None else Span(low, high)


def _months(content: ReferralContent, occurred_local: datetime) -> int | None:
    prior = content.prior_involvement
    if prior is None or prior.observed_on is None:
        return None
    if prior.observed_on > occurred_local.date():
        raise _after(
            "prior_involvement.observed_on", "The earlier involvement lies after the referral."
        )
    return months_since(prior.observed_on, occurred_local.date())


def _after(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(f"{sentence} Check the date.", errors={field: [sentence]})
