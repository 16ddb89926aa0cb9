"""The filter grammar reads what it writes and refuses the rest with a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.filters import FILTER_NAMES, InvalidFilter, RecordFilter

EVERY_FILTER = {
    "from": "2026-01-01",
    "to": "2026-03-31",
    "kind": "social_contact",
    "offence_category": "drug_possession,prostitution",
    "district": "1,9",
    "district_set": "2023",
    "zone_status": "inside",
    "status": "received",
    "dataset": "arrests 2013-2021",
    "weekday": "1,5",
    "hour_from": "22",
    "hour_to": "3",
    "bbox": "-76.65,39.27,-76.6,39.31",
    "exposure": "street_length",
    "cell_m": "500",
    "location_quality": "all",
}


def test_every_filter_of_the_grammar_survives_a_round_trip():
    assert set(EVERY_FILTER) == set(FILTER_NAMES)
    parsed = RecordFilter.parse(EVERY_FILTER)

    assert parsed.to_query() == EVERY_FILTER
    assert RecordFilter.parse(parsed.to_query()) == parsed


def test_nothing_asked_is_everything():
    assert RecordFilter.parse({}) == RecordFilter()
    assert RecordFilter().to_query() == {}


def test_repeated_values_and_commas_mean_the_same():
    repeated = RecordFilter.parse(MultiDict([("district", "1"), ("district", "2")]))

    assert repeated == RecordFilter.parse({"district": "1,2"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "yesterday"),
        ("to", "2026-13-01"),
        ("district", "0"),
        ("district", "²"),
        ("district_set", "1900"),
        ("zone_status", "near"),
        ("weekday", "8"),
        ("hour_from", "24"),
        ("hour_to", "-1"),
        ("cell_m", "99"),
        ("cell_m", "5001"),
        ("bbox", "1,2,3"),
        ("bbox", "nan,39,-76,40"),
        ("bbox", "-76.6,39.3,-76.7,39.4"),
        ("location_quality", "some"),
        ("dataset", "../etc"),
        ("kind", "x'; drop"),
    ],
)
def test_what_cannot_be_read_names_its_parameter(name, value):
    with pytest.raises(InvalidFilter) as caught:
        RecordFilter.parse({name: value})

    assert set(caught.value.errors) == {name}
    assert value not in caught.value.detail


def test_the_last_day_before_the_first_is_refused():
    with pytest.raises(InvalidFilter, match="swap"):
        RecordFilter.parse({"from": "2026-02-01", "to": "2026-01-01"})


def test_a_box_is_snapped_outward():
    assert RecordFilter.parse({"bbox": "-76.6312,39.2811,-76.6119,39.2951"}).bbox == (
        -76.635,
        39.28,
        -76.61,
        39.3,
    )


@given(st.dictionaries(st.sampled_from(FILTER_NAMES), st.text(max_size=40)))
def test_any_text_is_read_or_refused_and_never_breaks(values):
    try:
        parsed = RecordFilter.parse(values)
    except InvalidFilter as error:
        assert error.errors
    else:
        assert RecordFilter.parse(parsed.to_query()) == parsed


def test_hours_may_run_over_midnight():
    night = RecordFilter(hour_from=22, hour_to=3)

    assert [hour for hour in range(24) if night.covers_hour(hour)] == [0, 1, 2, 3, 22, 23]
