"""Layers from made-up sets: exact where they are public, withheld where they are not."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import shapely

from app.filters import RecordFilter
from app.geo.coords import project_m, to_wgs84
from app.maps import service, service_ground
from app.maps.service_layers import HotspotLayer
from app.maps.service_sources import NothingExpected
from tests.maps.fakes import MARKET_CELL, MARKET_M, records, scattered

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
COMMANDER = ("commander",)


def hotspots(asked=None, *, roles=COMMANDER) -> HotspotLayer:
    return service.hotspot_layer(None, asked or RecordFilter(), viewer_roles=roles, now=NOW)


def density(asked=None, *, roles=COMMANDER):
    return service.density_layer(None, asked or RecordFilter(), viewer_roles=roles, now=NOW)


def true_counts(places) -> Counter:
    return Counter(f"250E{int(x // 250) * 250}N{int(y // 250) * 250}" for x, y in places)


PUBLIC = {"is_public_record": True, "version": "v1"}


# -- public sets ---------------------------------------------------------------------------------


def test_a_public_set_is_counted_exactly(use):
    places = scattered(300)
    use(records(places), "arrests", **PUBLIC)
    layer = hotspots(RecordFilter(dataset="arrests"))

    told = dict(zip(layer.cells["cell_id"], layer.cells["count"], strict=True))
    assert {cell: n for cell, n in told.items() if n} == dict(true_counts(places))
    assert list(layer.cells["count_label"]) == [str(n) for n in layer.cells["count"]]
    assert layer.metadata["n"] == 300
    assert layer.cells["expected"].sum() == pytest.approx(300)
    assert layer.cells["p_value"].notna().all()
    assert len(layer.cells) == service_ground.grid(250).n


def test_a_public_set_comes_hottest_first_and_ranked_cells_have_a_corner(use):
    use(records([*scattered(150, spread_m=3000), *[MARKET_M] * 40]), "arrests", **PUBLIC)
    cells = hotspots(RecordFilter(dataset="arrests")).cells

    assert cells["bin"].is_monotonic_decreasing
    ranked = cells[cells["bin"] >= 1]
    assert list(ranked["rank"]) == list(range(1, len(ranked) + 1))
    assert cells["rank"].isna().sum() == len(cells) - len(ranked)
    assert set(ranked["nearest_corner"]) == {"First St and Second St"}
    assert MARKET_CELL in set(ranked["cell_id"][:9])


def test_days_hours_and_any_cell_size_are_kept_on_public_sets(use):
    arrests = use(records(scattered(50)), "arrests", **PUBLIC)
    asked = RecordFilter(dataset="arrests", weekday=(5,), hour_from=20, hour_to=3, cell_m=300)
    layer = hotspots(asked)

    assert arrests.asked[-1].weekday == (5,)
    assert layer.metadata["filters"]["hour_from"] == "20"
    assert layer.metadata["parameters"]["cell_m"] == 300
    assert layer.cells["cell_id"].str.startswith("300E").all()


def test_metadata_says_what_was_done(use):
    use(records(scattered(20), unmapped={"no_coordinates": 3}), "arrests", **PUBLIC)
    metadata = hotspots(RecordFilter(dataset="arrests")).metadata

    assert metadata["unmapped"] == {"no_coordinates": 3}
    assert metadata["zone_version"] == 1
    assert metadata["exposure"] == "area"
    assert "Poisson" in metadata["method"]
    assert metadata["parameters"]["fdr"] == [0.01, 0.05, 0.10]
    assert metadata["suppression_rule"].startswith("none")
    assert metadata["data_version"] == "v1"
    assert metadata["filters"] == {
        "dataset": "arrests",
        "from": "2026-05-12",
        "to": "2026-05-12",
        "exposure": "area",
        "cell_m": 250,
    }


def test_records_outside_the_city_are_counted_as_unmapped(use):
    use(records([MARKET_M, (0.0, 0.0)], unmapped={"outside_city": 2}), "arrests", **PUBLIC)
    metadata = hotspots(RecordFilter(dataset="arrests")).metadata

    assert (metadata["n"], metadata["unmapped"]) == (1, {"outside_city": 3})


def test_the_exposure_changes_what_is_expected_and_no_count(use):
    use(records(scattered(200)), "arrests", **PUBLIC)
    use(records(scattered(900, seed=9, spread_m=3000)), "calls", **PUBLIC)
    layers = {
        exposure: hotspots(RecordFilter(dataset="arrests", exposure=exposure)).cells.set_index(
            "cell_id"
        )
        for exposure in ("area", "street_length", "population", "calls")
    }

    for one, other in combinations(layers, 2):
        by_id = layers[one].sort_index(), layers[other].sort_index()
        assert (by_id[0]["count"] == by_id[1]["count"]).all()
        assert not np.allclose(by_id[0]["expected"], by_id[1]["expected"])


def test_an_exposure_without_records_is_refused_with_a_sentence(use):
    use(records(scattered(20)), "arrests", **PUBLIC)
    use(records([], unmapped={"no_coordinates": 9}), "calls", **PUBLIC)

    with pytest.raises(NothingExpected, match="exposure"):
        hotspots(RecordFilter(dataset="arrests", exposure="calls"))


# -- personal sets -------------------------------------------------------------------------------


def personal_set() -> list:
    return [*scattered(260, spread_m=500), *[MARKET_M] * 30]


def test_a_personal_set_tells_rounded_or_withheld_counts_and_no_test_value(use):
    places = personal_set()
    use(records(places))
    cells = hotspots().cells
    truth = true_counts(places)

    for cell in cells.itertuples():
        true = truth[cell.cell_id]
        if 1 <= true <= 4:
            assert cell.count_label == "1-4"
        else:
            assert abs(cell.count - true) <= 2
            assert cell.count % 5 == 0
            assert cell.count_label == str(cell.count)
    withheld = cells["count"].isna()
    assert set(cells["count_label"][withheld]) == {"1-4"}
    assert withheld.any()
    for column in ("expected", "z_score", "p_value", "q_value", "window_count", "window_expected"):
        assert cells[column].isna().all()


def test_a_personal_set_is_ordered_by_what_is_published_alone(use):
    use(records(personal_set()))
    cells = hotspots().cells
    key = [
        (-cell.bin, pd.isna(cell.count), 0 if pd.isna(cell.count) else -cell.count, cell.cell_id)
        for cell in cells[["bin", "count", "cell_id"]]
        .rename(columns={"count": "count"})
        .itertuples()
    ]
    assert key == sorted(key)


def test_one_person_alone_is_never_shown_however_often(use):
    use(
        records(
            [*[MARKET_M] * 40, *scattered(60, spread_m=4000)], people=[1] * 40 + [*range(2, 62)]
        )
    )
    cell = hotspots().cells.set_index("cell_id").loc[MARKET_CELL]

    assert cell["count_label"] == "1-4"
    assert pd.isna(cell["count"])


@pytest.mark.parametrize(("people", "is_flagged"), [(4, False), (5, True)])
def test_a_window_with_fewer_than_five_people_is_not_flagged(use, people, is_flagged):
    use(records([MARKET_M] * 40, people=[i % people for i in range(40)]))

    assert bool((hotspots().cells["bin"] > 0).any()) is is_flagged


@pytest.mark.parametrize(("roles", "label"), [(COMMANDER, "5"), ((), "1-10")])
def test_pages_for_anyone_need_eleven_people(use, roles, label):
    use(records([MARKET_M] * 7))

    assert hotspots(roles=roles).cells.set_index("cell_id").loc[MARKET_CELL, "count_label"] == label


def test_totals_and_unmapped_are_rounded_like_cells(use):
    use(records(scattered(203), unmapped={"no_coordinates": 3, "ambiguous_address": 12}))
    metadata = hotspots().metadata

    assert metadata["n"] == 205
    assert metadata["unmapped"] == {"no_coordinates": None, "ambiguous_address": 10}
    assert metadata["unmapped_labels"] == {"no_coordinates": "1-4", "ambiguous_address": "10"}


def test_a_personal_exposure_makes_the_whole_layer_personal(use):
    use(records(scattered(203)), "arrests", **PUBLIC)
    use(records(scattered(90, seed=4)))
    layer = hotspots(RecordFilter(dataset="arrests", exposure="referrals"))

    assert layer.metadata["is_personal"]
    assert layer.cells["expected"].isna().all()
    assert (layer.cells["count"].dropna() % 5 == 0).all()


def test_a_box_crops_what_is_drawn_and_changes_no_count(use):
    use(records(personal_set()))
    whole = hotspots()
    box = (-76.63, 39.285, -76.615, 39.295)
    part = hotspots(RecordFilter(bbox=box))

    assert 0 < len(part.cells) < len(whole.cells)
    of_whole = whole.cells.set_index("cell_id").loc[part.cells["cell_id"]].reset_index()
    columns = ["cell_id", "count", "count_label", "bin", "rank"]
    pd.testing.assert_frame_equal(part.cells[columns], of_whole[columns])
    assert part.metadata["n"] == whole.metadata["n"]
    area = project_m(shapely.box(*box))
    assert part.cells.intersects(area.buffer(1)).all()


def test_density_of_a_personal_set_comes_in_steps_and_only_where_people_gather(use):
    alone = (428000.0, 185000.0)
    use(records([*personal_set(), alone]))
    layer = density()
    levels = {0.0, *layer.metadata["parameters"]["levels_per_km2"]}
    row, column = layer.surface.frame.pixel_of(np.array([alone[0]]), np.array([alone[1]]))

    assert set(np.unique(layer.surface.values)) <= levels
    assert layer.surface.values.any()
    assert layer.surface.values[row[0], column[0]] == 0
    assert not shapely.contains_xy(layer.contours.to_crs(26985).union_all(), *alone)


def test_density_of_a_personal_set_does_not_tell_where_in_a_cell_somebody_was(use):
    """The same cells, other places within them: not one pixel differs."""
    use(records(personal_set()))
    here = density()
    moved = [(x // 250 * 250 + 3, y // 250 * 250 + 247) for x, y in personal_set()]
    use(records(moved))
    there = density()

    assert (here.surface.values == there.surface.values).all()
    assert here.contours.geometry.equals(there.contours.geometry)


def test_density_of_a_personal_set_does_not_give_one_record_back_by_subtraction(use):
    """One more record that changes no published count changes nothing on the surface."""
    beside = [(MARKET_M[0] + 500, MARKET_M[1])] * 20
    use(records([*[MARKET_M] * 6, *beside]))
    before = density()
    use(records([*[MARKET_M] * 7, *beside]))
    after = density()

    assert before.surface.values.any()
    assert before.geojson == after.geojson
    assert before.etag == after.etag


def test_density_of_four_people_is_empty(use):
    use(records([MARKET_M] * 40, people=[i % 4 for i in range(40)]))
    layer = density()

    assert not layer.surface.values.any()
    assert len(layer.contours) == 0
    assert "Too few people" in layer.metadata["caption"]


def test_density_of_a_public_set_is_exact_and_in_its_unit(use):
    use(records([MARKET_M] * 10), "arrests", **PUBLIC)
    layer = density(RecordFilter(dataset="arrests"))

    assert layer.surface.peak == pytest.approx(10 * 3e6 / (np.pi * 400**2), rel=0.01)
    assert layer.metadata["parameters"]["period_days"] == 1
    assert layer.metadata["bandwidth_m"] == 400
    assert list(layer.contours.columns[:2]) == ["density_from_per_km2", "density_to_per_km2"]
    assert (layer.contours["density_to_per_km2"] > layer.contours["density_from_per_km2"]).all()
    assert layer.contours.crs.to_epsg() == 4326


def test_an_empty_set_gives_whole_layers_with_nothing_on_them(use):
    use(records([]))
    layer, surface = hotspots(), density()

    assert layer.metadata["n"] == 0
    assert not layer.cells["bin"].any()
    assert (layer.cells["count"] == 0).all()
    assert len(surface.contours) == 0
    assert "no referrals" in layer.metadata["caption"]


# -- nothing is given back by subtraction --------------------------------------------------------


def two_years() -> tuple[list, list[date]]:
    rng = np.random.default_rng(11)
    places = scattered(400, seed=12, spread_m=700)
    days = [date(2025, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 690, 400)]
    return places, days


def test_no_pair_of_periods_isolates_less_than_a_month_or_an_exact_count(use):
    places, days = two_years()
    use(records(places, days))
    layers = {}
    for start in (date(2026, 3, 1), date(2026, 3, 9), date(2026, 3, 31)):
        for length in (0, 1, 20, 45, 70):
            asked = RecordFilter(from_date=start, to_date=start + timedelta(days=length))
            layer = hotspots(asked)
            used = layer.metadata["filters"]
            first, last = date.fromisoformat(used["from"]), date.fromisoformat(used["to"])
            months = (last.year - first.year) * 12 + last.month - first.month + 1
            assert first.day == 1
            assert (last + timedelta(days=1)).day == 1
            assert months >= 3
            layers.setdefault((first, last), set()).add(layer.etag)

    # Questions that differ by days only have one and the same answer.
    assert all(len(etags) == 1 for etags in layers.values())
    assert len(layers) < 6


def test_a_record_more_changes_what_is_told_by_a_step_or_not_at_all(use):
    places, days = two_years()
    told = []
    for extra in range(6):
        use(records([*places, *[MARKET_M] * extra], [*days, *[date(2026, 11, 2)] * extra]))
        cell = hotspots().cells.set_index("cell_id").loc[MARKET_CELL]
        told.append((cell["count"], cell["count_label"]))

    assert len(set(told)) == 2
    assert all(count % 5 == 0 for count, _ in told)


def test_differences_of_any_two_answers_are_multiples_of_five(use):
    places, days = two_years()
    use(records(places, days))
    asked = [
        RecordFilter(from_date=date(2025, month, 1), to_date=date(2025, month + more, 28))
        for month in (1, 2, 5)
        for more in (2, 3, 6)
    ]
    tables = [hotspots(one).cells.set_index("cell_id")["count"].sort_index() for one in asked]
    boxes = [
        hotspots(RecordFilter(bbox=box)).metadata["n"]
        for box in ((-76.63, 39.285, -76.615, 39.295), (-76.63, 39.285, -76.61, 39.295))
    ]

    for one, other in combinations(tables, 2):
        assert ((one - other).dropna() % 5 == 0).all()
    assert len(set(boxes)) == 1


def test_sizes_of_cells_do_not_cross(use):
    places = scattered(200, spread_m=600)
    use(records(places))
    sizes = {
        asked: hotspots(RecordFilter(cell_m=asked)).metadata["filters"]["cell_m"]
        for asked in (100, 200, 250, 300, 400, 500, 750, 1000, 2000)
    }

    assert set(sizes.values()) == {250, 500, 1000}


# -- keeping and naming answers ------------------------------------------------------------------


def test_the_same_question_is_computed_once(use):
    use(records(scattered(50)))
    assert hotspots() is hotspots()
    assert density() is density()
    assert hotspots() is not hotspots(roles=())


def test_a_set_of_known_version_is_not_even_read_again(use):
    arrests = use(records(scattered(50)), "arrests", **PUBLIC)
    hotspots(RecordFilter(dataset="arrests"))
    reads = len(arrests.asked)
    hotspots(RecordFilter(dataset="arrests"))
    assert len(arrests.asked) == reads

    use(records(scattered(51)), "arrests", is_public_record=True, version="v2")
    assert hotspots(RecordFilter(dataset="arrests")).metadata["n"] == 51


def test_only_the_last_few_layers_are_kept(use):
    use(records(scattered(50)))
    for month in range(1, 9):
        hotspots(RecordFilter(from_date=date(2025, month, 1)))
    assert len(service._hotspots) <= 4


def test_the_etag_of_a_personal_set_tells_nothing_beyond_what_is_shown(use):
    use(records(scattered(50)))
    before = hotspots()
    use(records(scattered(50), data_version="a state moved"))
    after = hotspots()

    assert before.etag == after.etag
    assert before.metadata["data_version"] == after.metadata["data_version"]
    use(records([*scattered(50), *[MARKET_M] * 30]))
    assert hotspots().etag != before.etag


def test_no_place_of_a_record_is_in_an_answer(use):
    places = np.array([*scattered(40), *[MARKET_M] * 9])
    use(records(places.tolist()), "arrests", **PUBLIC)
    use(records(places.tolist()))
    lonlat = np.column_stack(to_wgs84().transform(places[:, 0], places[:, 1]))
    for name in ("arrests", "referrals"):
        for layer in (hotspots(RecordFilter(dataset=name)), density(RecordFilter(dataset=name))):
            shapes = shapely.from_geojson(layer.geojson)
            told = shapely.get_coordinates(shapes)
            apart = np.abs(told[:, None, :] - lonlat[None, :, :]).max(axis=2)
            assert apart.min() > 2e-6


# -- captions ------------------------------------------------------------------------------------


def test_the_caption_of_a_public_set_names_corner_count_and_expectation(use):
    use(records([*scattered(150, spread_m=3000), *[MARKET_M] * 40]), "arrests", **PUBLIC)
    layer = hotspots(RecordFilter(dataset="arrests"))
    strongest = layer.cells.iloc[0]
    caption = layer.metadata["caption"]

    hot = int((layer.cells["bin"] >= 2).sum())
    assert caption.startswith(f"{hot} cells stand out. The strongest is around First St and Second")
    assert f"{strongest['window_count']} incidents within its 750 m window" in caption
    assert f"{strongest['window_expected']:.1f} were expected" in caption
    assert "fewer than 5 of 100" in caption


@pytest.mark.parametrize("chosen", [{"zone_status": ("inside",)}, {"district": (1,)}])
def test_the_caption_does_not_call_a_chosen_place_more_than_chance(use, chosen):
    use(records([*scattered(150, spread_m=3000), *[MARKET_M] * 40]), "arrests", **PUBLIC)

    caption = hotspots(RecordFilter(dataset="arrests", **chosen)).metadata["caption"]

    assert "by the choice itself" in caption
    assert "pure chance" not in caption


def test_the_caption_of_a_personal_set_has_no_expected_value(use):
    use(records(personal_set()))
    caption = hotspots().metadata["caption"]

    assert "expected" not in caption
    assert "stand out" in caption


def test_a_quiet_map_says_so(use):
    rng = np.random.default_rng(2)
    city = service_ground.city_m()
    x, y = rng.uniform(425000, 440000, 900), rng.uniform(170000, 189000, 900)
    inside = shapely.contains_xy(city, x, y)
    use(records(list(zip(x[inside], y[inside], strict=True))), "arrests", **PUBLIC)

    assert hotspots(RecordFilter(dataset="arrests")).metadata["caption"].startswith("No cell")


# -- the real arrests ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.real_arrests
def test_the_strongest_hotspots_inside_the_zone_lie_around_lexington_market(use, real_arrests):
    arrests = pd.read_csv(real_arrests, dtype={"arrest_time": str, "post": str}, low_memory=False)
    chosen = arrests[
        arrests["lead_class"].isin(["drug_possession", "prostitution"])
        & arrests["lon"].notna()
        & (arrests["n_prefix"] < 2)
    ]
    x, y = shapely.get_coordinates(
        project_m(shapely.multipoints(chosen[["lon", "lat"]].to_numpy()))
    ).T
    days = [date.fromisoformat(day) for day in chosen["arrest_date"]]
    use(records(list(zip(x, y, strict=True)), days), "arrests", **PUBLIC)
    cells = hotspots(RecordFilter(dataset="arrests")).cells
    hot = cells[(cells["bin"] >= 2) & cells.intersects(project_m(real_zone()))]

    distance_m = hot.geometry.centroid.distance(shapely.Point(MARKET_M))
    assert (distance_m.iloc[:4] < 400).all()


def real_zone() -> shapely.Polygon:
    import json

    from app.config import ROOT

    outline = json.loads((ROOT / "data/pilot_zone.geojson").read_text())
    return shapely.geometry.shape(outline["features"][0]["geometry"])
