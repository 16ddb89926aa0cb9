"""The demonstration's data: one seed one set, real blocks, realistic shares."""

import csv
import io
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely

from app.geo.coords import project_m, to_local_m
from app.geo.grid import make_grid
from app.geo.hotspots import find_hotspots
from app.operations.patterns import patterns, street_blocks
from app.operations.synthetic_incidents import incidents_csv
from app.operations.synthetic_moves import OUTCOMES, Course, moves
from app.operations.synthetic_referrals import synthetic_referrals
from app.referrals.rules import ChargeHold, Engagement, Verification

BALTIMORE = ZoneInfo("America/New_York")
TODAY = date(2026, 11, 20)
UNTIL = datetime(2026, 11, 20, tzinfo=BALTIMORE)
DATA = Path(__file__).resolve().parents[2] / "data"

WAYS = {
    "verification_state": "unchecked records_check sao_review verified_eligible partner_review "
    "accepted",
    "engagement_state": "handoff_pending handed_off intake_due intake_done active inactive closed",
}
SIDE_WAYS = {
    ("sao_review", "ineligible"),
    ("wants_time", "handoff_pending"),
    ("intake_due", "intake_expired"),
    ("intake_due", "referred_elsewhere"),
    ("hold_opened", "hold_confirmed"),
    ("hold_opened", "charge_requested"),
    ("hold_confirmed", "released_no_charge"),
    ("hold_confirmed", "charge_requested"),
    ("hold_confirmed", "lapsed"),
}


@pytest.fixture(scope="module")
def outline() -> shapely.Geometry:
    collection = shapely.from_geojson((DATA / "pilot_zone.geojson").read_text())
    return shapely.get_parts(collection)[0]


@pytest.fixture(scope="module")
def referrals(outline):
    return synthetic_referrals(400, seed=806, until=UNTIL, zone=BALTIMORE, outline=outline)


@pytest.fixture(scope="module")
def incidents() -> list[dict[str, str]]:
    text = incidents_csv(20_000, seed=806, today=TODAY, zone=BALTIMORE)
    return list(csv.DictReader(io.StringIO(text)))


def test_one_seed_gives_one_set_and_another_seed_another(outline, referrals):
    again = synthetic_referrals(400, seed=806, until=UNTIL, zone=BALTIMORE, outline=outline)
    other = synthetic_referrals(400, seed=807, until=UNTIL, zone=BALTIMORE, outline=outline)
    text = incidents_csv(500, seed=1, today=TODAY, zone=BALTIMORE)

    assert again == referrals
    assert not {r.uuid for r in other} & {r.uuid for r in referrals}
    assert incidents_csv(500, seed=1, today=TODAY, zone=BALTIMORE) == text
    assert incidents_csv(500, seed=2, today=TODAY, zone=BALTIMORE) != text


def test_400_referrals_over_24_months_55_percent_social(referrals):
    kinds = Counter(referral.content.kind for referral in referrals)
    times = [referral.content.occurred_at for referral in referrals]

    assert kinds == {"social_contact": 220, "arrest_diversion": 180}
    assert len({referral.uuid for referral in referrals}) == 400
    assert UNTIL - timedelta(days=730) <= min(times) < UNTIL - timedelta(days=700)
    assert UNTIL - timedelta(days=9) < max(times) < UNTIL
    assert all(moment.tzinfo is UTC for moment in times)


def test_the_officer_has_a_list_of_the_last_days(referrals):
    newest = [r for r in referrals if r.content.occurred_at > UNTIL - timedelta(days=9)]

    assert len(newest) >= 8
    assert [r.role for r in newest].count("officer") >= 8


def test_most_lie_in_the_zone_and_the_rest_around_it(referrals, outline):
    lon = np.array([referral.content.lon for referral in referrals])
    lat = np.array([referral.content.lat for referral in referrals])
    is_inside = shapely.contains_xy(outline, lon, lat)
    x_m, y_m = to_local_m().transform(lon, lat)
    zone_m = shapely.transform(outline, to_local_m().transform, interleaved=False)

    assert 0.7 < is_inside.mean() < 0.9
    assert shapely.distance(shapely.points(x_m, y_m), zone_m).max() < 1700


def test_nobody_has_a_name_that_could_be_real_or_is_a_minor(referrals):
    starts = ("Demo", "Example", "Invented", "Mock", "Pretend", "Sample", "Synthetic", "Test")
    people = [referral.content.person for referral in referrals]
    birth_dates = [
        (person.birth_date, referral.content.occurred_at.date())
        for person, referral in zip(people, referrals, strict=True)
        if person.birth_date
    ]

    assert all(p.family_name.startswith(starts) for p in people if p.family_name)
    assert all((day - born).days > 18 * 365.25 for born, day in birth_dates)
    assert 0 < sum(1 for p in people if p.family_name is None) < 60
    assert all(p.contact is None or p.contact.startswith("410-555-01") for p in people)


def test_every_history_follows_the_allowed_ways(referrals):
    allowed = set(SIDE_WAYS)
    for way in WAYS.values():
        states = way.split()
        allowed |= set(pairwise(states))
    for referral in referrals:
        is_arrest = referral.content.kind == "arrest_diversion"
        state = {
            "verification_state": "unchecked",
            "engagement_state": {"yes": "handoff_pending", "no": "declined"}.get(
                referral.content.willing, "wants_time"
            ),
            "charge_hold_state": "hold_opened" if is_arrest else "none",
        }
        for move in referral.moves:
            assert (state[move.field], move.to) in allowed
            assert referral.received_at < move.at < UNTIL
            state[move.field] = move.to


def test_states_are_words_of_the_state_machine_and_spread(referrals):
    last = {
        field: Counter()
        for field in ("verification_state", "engagement_state", "charge_hold_state")
    }
    for referral in referrals:
        for field, counts in last.items():
            states = [move.to for move in referral.moves if move.field == field]
            counts[states[-1] if states else "first"] += 1

    assert set(last["verification_state"]) - {"first"} <= set(Verification)
    assert set(last["engagement_state"]) - {"first"} <= set(Engagement)
    assert set(last["charge_hold_state"]) - {"first"} <= set(ChargeHold)
    assert last["engagement_state"]["active"] / 400 == pytest.approx(67 / 105, abs=0.07)
    assert last["verification_state"]["ineligible"] / 400 == pytest.approx(9 / 105, abs=0.04)
    assert min(last["engagement_state"][s] for s in ("inactive", "intake_expired", "first")) > 0


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("wants_time", [True, False])
def test_times_of_one_state_never_run_backwards(outcome, wants_time):
    rng = np.random.default_rng(3)
    for _ in range(200):
        course = Course(outcome, is_arrest=True, wants_time=wants_time, start=UNTIL)
        by_field: dict[str, list[str]] = {}
        for move in moves(course, rng):
            by_field.setdefault(move.field, []).append(move.to)
        way = WAYS["engagement_state"].split()
        reached = [way.index(to) for to in by_field.get("engagement_state", []) if to in way]
        assert reached == sorted(reached)


def test_incidents_are_labelled_lie_in_the_city_and_keep_the_patterns(incidents):
    boundary = shapely.from_geojson((DATA / "city_boundary.geojson").read_text())
    shapely.prepare(boundary)
    lon = np.array([float(row["lon"]) for row in incidents])
    lat = np.array([float(row["lat"]) for row in incidents])
    days = [date.fromisoformat(row["date"]) for row in incidents]
    classes = Counter(row["offence_category"] for row in incidents)
    hours = Counter(int(row["time"][:2]) for row in incidents)
    real = json.loads((DATA / "demo_patterns.json").read_text())["groups"]

    assert all(row["id"].startswith("SYNTHETIC-") for row in incidents)
    assert shapely.intersects_xy(boundary, lon, lat).mean() > 0.999
    assert min(days) >= TODAY - timedelta(days=730)
    assert max(days) < TODAY
    lead_share = (classes["drug_possession"] + classes["prostitution"]) / 20_000
    assert lead_share == pytest.approx(31_295 / 171_955, abs=0.01)
    expected = (
        sum(real[g]["hours"][18] / sum(real[g]["hours"]) * real[g]["rows"] for g in real) / 171_955
    )
    assert hours[18] / 20_000 == pytest.approx(expected, abs=0.01)


def test_incidents_are_dense_where_the_arrests_are(incidents):
    pattern = patterns()["other"]
    x_m, y_m = to_local_m().transform(
        [float(row["lon"]) for row in incidents], [float(row["lat"]) for row in incidents]
    )
    cells = Counter(
        zip((np.array(x_m) // 500).astype(int), (np.array(y_m) // 500).astype(int), strict=True)
    )
    known = list(pattern.cell_count)
    real = [pattern.cell_count[cell] for cell in known]
    made = [cells[cell] for cell in known]

    assert np.corrcoef(real, made)[0, 1] > 0.95


def test_the_shipped_patterns_hold_no_small_count():
    fitted = json.loads((DATA / "demo_patterns.json").read_text())
    counts = [n for group in fitted["groups"].values() for _, _, n in group["cells"]]

    assert min(counts) >= 10
    assert all(n % 5 == 0 for n in counts)


def test_blocks_are_streets_of_the_city_with_addresses():
    blocks = street_blocks()

    assert len(blocks.line_m) > 20_000
    assert blocks.length_m.min() >= 10


def test_the_map_of_incidents_has_hot_and_cold_cells(incidents):
    boundary = shapely.from_geojson((DATA / "city_boundary.geojson").read_text())
    grid = make_grid(project_m(shapely.union_all(shapely.get_parts(boundary))), 250)
    x_m, y_m = to_local_m().transform(
        [float(row["lon"]) for row in incidents], [float(row["lat"]) for row in incidents]
    )
    found = find_hotspots(grid, grid.count(np.array(x_m), np.array(y_m)), grid.area_m2)

    assert np.count_nonzero(found.bin >= 2) > 20
    assert np.count_nonzero(found.bin <= -2) > 20
