"""Which incidents each filter leaves."""

import numpy as np
import pytest

from app.filters import RecordFilter
from app.incidents.blocks import Block
from app.incidents.selecting import select, weekdays

DAYS = ["2018-03-05", "2018-03-06", "2022-12-31", "2023-01-01", "2023-01-02", "2023-01-03"]


@pytest.fixture
def block() -> Block:
    """Six incidents: three clean, one of each flag; the last has no coordinates."""
    x_m = np.array([0, 100, 200, 300, 400, np.nan])
    return Block(
        source_id=list("abcdef"),
        occurred_on=np.array(DAYS, "datetime64[D]"),
        hour=np.array([0, 13, -1, 23, 5, 13], np.int8),
        class_code=np.array([0, 1, 0, 1, 0, 1], np.int16),
        class_words=("drug_possession", "other"),
        lon=x_m / 100 - 76.6,
        lat=np.where(np.isnan(x_m), np.nan, 39.3),
        x_m=x_m,
        y_m=x_m * 2,
        district_1959=np.array([1, 2, 1, 2, 1, 0], np.int8),
        district_2023=np.array([3, 3, 3, 4, 4, 0], np.int8),
        flag=np.array([0, 0, 0, 3, 2, 1], np.int8),
    )


def inside_from_200_m(lon, lat):
    return (lon + 76.6) * 100 >= 199.9


def chosen(block, **query) -> list[str]:
    selected = select(block, RecordFilter.parse(query), inside_from_200_m)
    assert selected.y_m.tolist() == (selected.x_m * 2).tolist()
    return ["abcdef"[int(x // 100)] for x in selected.x_m]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({}, "abc"),
        ({"location_quality": "all"}, "abcde"),
        ({"from": "2018-03-06"}, "bc"),
        ({"to": "2018-03-06"}, "ab"),
        ({"from": "2018-03-06", "to": "2018-03-06"}, "b"),
        ({"offence_category": "drug_possession"}, "ac"),
        ({"offence_category": "drug_possession,other"}, "abc"),
        ({"offence_category": "burglary"}, ""),
        ({"weekday": "1"}, "a"),
        ({"weekday": "mon,sat"}, "ac"),
        ({"hour_from": "13"}, "b"),
        ({"hour_to": "12"}, "a"),
        ({"hour_from": "22", "hour_to": "3"}, "a"),
        ({"hour_from": "0", "hour_to": "23"}, "ab"),
        ({"district": "1"}, "ac"),
        ({"district": "1,4", "location_quality": "all"}, "acde"),
        ({"district": "3", "district_set": "2023"}, "abc"),
        ({"district": "1", "district_set": "1959", "location_quality": "all"}, "ace"),
        ({"zone_status": "inside"}, "c"),
        ({"zone_status": "outside"}, "ab"),
        ({"zone_status": "inside,outside"}, "abc"),
        ({"zone_status": "uncertain"}, ""),
    ],
)
def test_each_filter_leaves_exactly_these(block, query, left):
    assert "".join(chosen(block, **query)) == left


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        ({}, (1, 1, 1)),
        ({"location_quality": "all"}, (1, 0, 0)),
        ({"to": "2023-01-02"}, (0, 1, 1)),
        ({"offence_category": "other"}, (1, 0, 1)),
        ({"hour_from": "13"}, (1, 0, 1)),
        ({"district": "9", "zone_status": "inside"}, (1, 1, 1)),
    ],
)
def test_rows_off_the_map_are_counted_by_reason_when_the_rest_fits(block, query, counts):
    unmapped = select(block, RecordFilter.parse(query), inside_from_200_m).unmapped

    assert tuple(unmapped.values()) == counts
    assert list(unmapped) == ["no_coordinates", "outside_city", "ambiguous_address"]


def test_a_block_comes_back_from_its_bytes_as_it_was(block):
    back = Block.from_bytes(block.to_bytes(), with_source_ids=True)

    assert back.source_id == list("abcdef")
    for name in (
        "occurred_on",
        "hour",
        "lon",
        "x_m",
        "y_m",
        "district_1959",
        "district_2023",
        "flag",
    ):
        np.testing.assert_array_equal(getattr(back, name), getattr(block, name))
    assert [back.class_words[i] for i in back.class_code] == [
        block.class_words[i] for i in block.class_code
    ]
    assert block.to_bytes() == block.to_bytes()


def test_weekdays_are_those_of_the_calendar():
    days = np.arange(np.datetime64("1969-12-28"), np.datetime64("1970-01-12"))

    assert weekdays(days).tolist() == [day.item().isoweekday() for day in days]
