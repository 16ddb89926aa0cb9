"""What may be asked of personal sets, both sides of each step."""

from datetime import date

import pytest

from app.filters import RecordFilter
from app.maps import rules

FIRST, LAST = date(2025, 1, 20), date(2026, 11, 10)


def window(first, last, *, is_personal=True, first_on=FIRST, last_on=LAST):
    asked = RecordFilter(from_date=first, to_date=last)
    used = rules.used_window(asked, is_personal=is_personal, first_on=first_on, last_on=last_on)
    return used.first, used.last


@pytest.mark.parametrize(
    ("first", "last", "used"),
    [
        # Nothing asked: the whole set, in whole months.
        (None, None, (date(2025, 1, 1), date(2026, 11, 30))),
        # Whole months, three of them already.
        ((2026, 3, 1), (2026, 5, 31), (date(2026, 3, 1), date(2026, 5, 31))),
        # One day more than three months reaches into a fourth.
        ((2026, 2, 28), (2026, 5, 31), (date(2026, 2, 1), date(2026, 5, 31))),
        # Two months: one earlier is added.
        ((2026, 4, 1), (2026, 5, 31), (date(2026, 3, 1), date(2026, 5, 31))),
        # One day: its month and the two before.
        ((2026, 5, 12), (2026, 5, 12), (date(2026, 3, 1), date(2026, 5, 31))),
        # Over the turn of the year.
        ((2026, 1, 5), (2026, 1, 6), (date(2025, 11, 1), date(2026, 1, 31))),
        # A leap year's February.
        ((2024, 2, 3), (2024, 2, 3), (date(2023, 12, 1), date(2024, 2, 29))),
        # Only one side.
        ((2026, 9, 15), None, (date(2026, 9, 1), date(2026, 11, 30))),
        ((2026, 11, 2), None, (date(2026, 9, 1), date(2026, 11, 30))),
        (None, (2025, 2, 2), (date(2024, 12, 1), date(2025, 2, 28))),
        # Empty months to come do not stand in for full ones.
        ((2026, 11, 1), (2027, 1, 31), (date(2026, 9, 1), date(2026, 11, 30))),
        ((2027, 3, 1), (2027, 6, 30), (date(2026, 9, 1), date(2026, 11, 30))),
    ],
)
def test_dates_widen_to_whole_months_and_at_least_three(first, last, used):
    assert window(first and date(*first), last and date(*last)) == used


def test_public_sets_keep_their_days():
    assert window(date(2026, 5, 12), date(2026, 5, 12), is_personal=False) == (
        date(2026, 5, 12),
        date(2026, 5, 12),
    )
    assert window(None, None, is_personal=False) == (FIRST, LAST)


def test_an_empty_set_has_no_days():
    assert window(None, None, first_on=None, last_on=None) == (None, None)
    assert window(date(2026, 5, 12), None, first_on=None, last_on=None) == (
        date(2026, 3, 1),
        date(2026, 5, 31),
    )


@pytest.mark.parametrize(
    "asked", [{"weekday": (1,)}, {"hour_from": 0}, {"hour_to": 23}, {"hour_from": 8, "hour_to": 9}]
)
def test_weekday_and_hours_are_refused_on_personal_sets_only(asked):
    request = RecordFilter(**asked)
    with pytest.raises(rules.NotOnPersonalMaps, match="Weekday and hours") as refused:
        rules.used_filter(request, is_personal=True, first_on=FIRST, last_on=LAST)

    assert set(refused.value.errors) == set(asked)
    public = rules.used_filter(request, is_personal=False, first_on=FIRST, last_on=LAST)
    assert (public.weekday, public.hour_from, public.hour_to) == (
        request.weekday,
        request.hour_from,
        request.hour_to,
    )


@pytest.mark.parametrize(
    ("asked_m", "used_m"),
    [(100, 250), (250, 250), (251, 500), (500, 500), (501, 1000), (1000, 1000), (5000, 1000)],
)
def test_cells_of_personal_sets_lie_within_one_another(asked_m, used_m):
    assert rules.used_cell_m(asked_m) == used_m


def test_signed_in_roles_need_five_people_and_pages_for_anyone_eleven():
    assert rules.fewest_people(frozenset({"commander"})) == 5
    assert rules.fewest_people(frozenset()) == 11


@pytest.mark.parametrize("layer", ["density", "hotspots"])
def test_layers_there_are(layer):
    assert rules.require_layer(layer) == layer


@pytest.mark.parametrize(("layer", "words"), [("trends", "not built yet"), ("x", "no such layer")])
def test_layers_there_are_not(layer, words):
    with pytest.raises(rules.UnknownLayer, match=words):
        rules.require_layer(layer)


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("last_on", [LAST, None])
def test_days_at_the_end_of_the_calendar_widen_too(day, last_on):
    for first, last in ((None, day), (day, None), (day, day)):
        asked = RecordFilter(from_date=first, to_date=last)
        used = rules.used_window(asked, is_personal=True, first_on=last_on, last_on=last_on)
        assert used.first < used.last
