"""The demonstration's referrals: invented people, real blocks, realistic ways on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from app.geo.coords import project_m
from app.operations.patterns import FloatArray, patterns, street_blocks
from app.operations.synthetic_moves import OUTCOMES, Course, Move, moves
from app.referrals.service import Drug, Person, PriorInvolvement, ReferralContent

PERIOD_DAYS = 730
SOCIAL_SHARE = 0.55
RETURNING_SHARE = 0.1
"""Share of referrals for a person who was referred before."""
NOT_GIVEN_SHARE = 0.12
"""Share of social contacts in which the person gives no name."""
NEWEST = 8
NEWEST_DAYS = 9
"""The newest 8 lie in the last 9 days and are the officer's, so that a shift has a list to show."""
OFFICER_SHARE = 0.3
AROUND_M = 1500.0
"""How far around the zone records lie."""
OUTSIDE_WEIGHT = {"arrest_diversion": 0.06, "social_contact": 0.35}

# fmt: off
GIVEN_NAMES = (
    "Amber", "Aspen", "Basil", "Birch", "Cedar", "Clover", "Coral", "Fern", "Flint", "Garnet",
    "Hazel", "Heather", "Indigo", "Ivy", "Jade", "Juniper", "Laurel", "Linden", "Maple",
    "Olive", "Opal", "Pepper", "Poppy", "Quartz", "Reed", "Robin", "Rowan", "Ruby", "Sage",
    "Sorrel", "Sterling", "Willow",
)
# fmt: on
FAMILY_STARTS = ("Demo", "Example", "Invented", "Mock", "Pretend", "Sample", "Synthetic", "Test")
FAMILY_ENDS = ("berg", "bridge", "field", "ford", "gate", "hill", "ley", "ridge", "ton", "wood")
OFFENCES = {
    "drug_possession": 0.66,
    "prostitution": 0.16,
    "paraphernalia": 0.08,
    "trespass_disorder": 0.06,
    "property_low_level": 0.04,
}
CONCERNS = {
    "community_concern_drug_activity": 0.52,
    "drug_possession": 0.2,
    "prostitution": 0.13,
    "none_social_contact": 0.15,
}
DRUGS = {"heroin": 0.42, "fentanyl": 0.26, "cocaine": 0.24, "pills": 0.08}
BASES = {
    "direct_police_observation": 0.5,
    "criminal_history_record": 0.25,
    "credible_community_report": 0.15,
    "first_responder_report": 0.1,
}
HAZARDS = ("needles", "medical_need", "mobility_need", "dog", "needs_spanish")


@dataclass(frozen=True)
class SyntheticReferral:
    """One referral and what became of it so far."""

    uuid: UUID
    content: ReferralContent
    received_at: datetime
    role: str
    """Who made it: officer or sergeant."""
    moves: tuple[Move, ...]
    """In order of time."""


def synthetic_referrals(
    n: int, *, seed: int, until: datetime, zone: ZoneInfo, outline: shapely.Geometry
) -> list[SyntheticReferral]:
    """n referrals over the 730 days before `until`, oldest first; 55 % are social contacts.

    The same arguments give the same referrals.

    Args:
        until: aware; nothing happens at or after it. The start of a day in the site's zone.
        outline: the pilot zone in EPSG:4326.
    """
    rng = np.random.default_rng([seed, 2])
    moments = _moments(n, until.astimezone(zone).date(), zone, rng)
    social_count = round(n * SOCIAL_SHARE)
    kinds = rng.permutation(
        ["social_contact"] * social_count + ["arrest_diversion"] * (n - social_count)
    )
    weights = _weights(outline, rng)
    people = _people(n, until.year, rng)
    outcomes = rng.choice(list(OUTCOMES), size=n, p=list(OUTCOMES.values()))
    made = []
    for i, (moment, kind, outcome) in enumerate(zip(moments, kinds, outcomes, strict=True)):
        lon, lat = street_blocks().some_places(weights[str(kind)], 1, rng)
        content = _content(
            str(kind),
            moment,
            place=(float(lon[0]), float(lat[0])),
            person=people[i],
            is_declined=outcome == "declined",
            rng=rng,
        )
        received_at = moment + timedelta(minutes=int(rng.integers(2, 9)))
        course = Course(
            outcome=str(outcome),
            is_arrest=content.kind == "arrest_diversion",
            wants_time=content.willing == "wants_time",
            start=received_at,
        )
        is_officers = i >= n - NEWEST or rng.random() < OFFICER_SHARE
        made.append(
            SyntheticReferral(
                uuid=UUID(bytes=rng.bytes(16), version=4),
                content=content,
                received_at=received_at,
                role="officer" if is_officers else "sergeant",
                moves=tuple(move for move in moves(course, rng) if move.at < until),
            )
        )
    return sorted(made, key=lambda referral: referral.received_at)


def _moments(n: int, end: date, zone: ZoneInfo, rng: np.random.Generator) -> list[datetime]:
    """n moments before the day `end`, in order: most over the whole period, the newest close."""
    pattern = patterns()["lead"]
    first_on = end - timedelta(days=PERIOD_DAYS)
    newest_count = min(n, NEWEST)
    older_days = PERIOD_DAYS - NEWEST_DAYS
    older = pattern.some_moments(first_on, older_days, n - newest_count, zone, rng)
    newest_from = end - timedelta(days=NEWEST_DAYS)
    return older + pattern.some_moments(newest_from, NEWEST_DAYS, newest_count, zone, rng)


def _weights(outline: shapely.Geometry, rng: np.random.Generator) -> dict[str, FloatArray]:
    """By kind: how likely each block is, mostly in the zone, the rest around it."""
    blocks = street_blocks()
    zone_m = project_m(outline)
    shapely.prepare(zone_m)
    is_inside = shapely.contains_xy(zone_m, blocks.middle_x_m, blocks.middle_y_m)
    middle = shapely.points(blocks.middle_x_m, blocks.middle_y_m)
    is_around = ~is_inside & (shapely.distance(middle, zone_m) <= AROUND_M)
    base = patterns()["lead"].block_weights(blocks, rng)
    inside, around = base * is_inside, base * is_around
    return {
        kind: inside / inside.sum() * (1 - outside) + around / around.sum() * outside
        for kind, outside in OUTSIDE_WEIGHT.items()
    }


def _people(n: int, year: int, rng: np.random.Generator) -> list[Person]:
    """One person for each referral; some come again."""
    people: list[Person] = []
    for _ in range(n):
        if people and rng.random() < RETURNING_SHARE:
            people.append(people[int(rng.integers(len(people)))])
            continue
        age_years = int(np.clip(rng.gamma(9.0, 4.4), 21, 74))
        born = date(year - age_years, 1, 1) + timedelta(days=int(rng.integers(0, 365)))
        has_birth_date = rng.random() < 0.8
        people.append(
            Person(
                family_name=_one(FAMILY_STARTS, rng) + _one(FAMILY_ENDS, rng),
                given_name=_one(GIVEN_NAMES, rng),
                birth_date=born if has_birth_date else None,
                age_band=None if has_birth_date else "18_plus",
                contact=f"410-555-01{int(rng.integers(0, 100)):02d}"
                if rng.random() < 0.4
                else None,
            )
        )
    return people


def _content(
    kind: str,
    moment: datetime,
    *,
    place: tuple[float, float],
    person: Person,
    is_declined: bool,
    rng: np.random.Generator,
) -> ReferralContent:
    is_social = kind == "social_contact"
    source = _drawn({"gps": 0.82, "map": 0.1, "address": 0.08}, rng)
    if is_social and rng.random() < NOT_GIVEN_SHARE:
        person = Person(age_band="18_plus", descriptor="synthetic: no name given")
    willing = "no" if is_declined else _drawn({"yes": 0.9, "wants_time": 0.1}, rng)
    members: dict[str, Any] = _social(moment, rng) if is_social else _arrest(moment, rng)
    return ReferralContent(
        kind=kind,
        occurred_at=moment,
        lon=place[0],
        lat=place[1],
        location_source=source,
        accuracy_m=round(float(rng.gamma(4.0, 2.2)) + 3, 1) if source == "gps" else None,
        willing=willing,
        person=person,
        unit="DEMO",
        hazards=(_one(HAZARDS, rng),) if rng.random() < 0.15 else (),
        overdose_reversal=bool(rng.random() < 0.08) if is_social else None,
        **members,
    )


def _arrest(moment: datetime, rng: np.random.Generator) -> dict[str, Any]:
    offence = _drawn(OFFENCES, rng)
    drug = None
    if offence == "drug_possession":
        grams = round(float(rng.gamma(1.6, 0.7)) + 0.1, 1)
        drug = Drug(kind=_drawn(DRUGS, rng), grams=grams, measured="estimated")
    return {
        "offence_category": offence,
        "drug": drug,
        "incident_number": f"SYN{int(rng.integers(10**6, 10**7))}",
        "handoff_place": "Central District",
        "custody_released_at": moment + timedelta(minutes=int(rng.integers(1, 3))),
    }


def _social(moment: datetime, rng: np.random.Generator) -> dict[str, Any]:
    prior = None
    if rng.random() < 0.6:
        prior = PriorInvolvement(
            basis=_drawn(BASES, rng),
            observed_on=moment.date() - timedelta(days=int(rng.integers(5, 500))),
            in_zone=bool(rng.random() < 0.8),
        )
    return {"concern": _drawn(CONCERNS, rng), "prior_involvement": prior}


def _drawn(shares: dict[str, float], rng: np.random.Generator) -> str:
    return str(rng.choice(list(shares), p=list(shares.values())))


def _one(words: Sequence[str], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]
