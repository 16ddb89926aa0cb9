"""Places of the city against the pilot zone, and areas of points."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from app.geo.coords import LonLat
from app.places import service
from app.zones import service as zones
from app.zones.service import ZoneStatus

MARKET, PENN_STATION = (-76.6216, 39.2916), (-76.6156, 39.3073)
POINTS = (
    np.array([MARKET[0], PENN_STATION[0], np.nan, -80.0]),
    np.array([MARKET[1], PENN_STATION[1], 39.3, 39.3]),
)

EDGE_CORNERS = [
    *(
        f"Franklin & {street}"
        for street in ("Paca", "Eutaw", "Howard", "Park", "Cathedral", "Charles")
    ),
    *(f"Pratt & {street}" for street in ("Greene", "Paca", "Eutaw", "Howard", "Sharp", "Charles")),
    *(f"Light & {street}" for street in ("Lombard", "Redwood", "Baltimore", "Water")),
    *(f"St Paul & {street}" for street in ("Fayette", "Lexington", "Saratoga", "Pleasant")),
    *(f"MLK & {street}" for street in ("Saratoga", "Fayette", "Baltimore", "Lombard", "Mulberry")),
    "Franklin & MLK",
    "Franklin & St Paul",
    "Pratt & Light",
    "Pratt & MLK",
]


@pytest.mark.parametrize("text", EDGE_CORNERS)
def test_every_corner_on_the_edge_streets_is_in_the_zone(session, now, text):
    answer = service.find(session, text, now=now)

    assert [place.zone_status for place in answer.results] == [ZoneStatus.INSIDE]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("400 W Lexington St", ZoneStatus.INSIDE),
        ("Eutaw & Lexington", ZoneStatus.INSIDE),
        ("Charles & Baltimore", ZoneStatus.INSIDE),
        ("1500 N Charles St", ZoneStatus.OUTSIDE),
        ("Mulberry & Schroeder", ZoneStatus.OUTSIDE),
        ("33rd & Greenmount", ZoneStatus.OUTSIDE),
        ("Calvert & Lexington", ZoneStatus.OUTSIDE),
    ],
)
def test_places_within_and_beyond(session, now, text, status):
    answer = service.find(session, text, now=now)

    assert [place.zone_status for place in answer.results] == [status]


@pytest.mark.parametrize(
    "text", ["Franklin & Paca", "St Paul & Saratoga", "300 W Pratt St", "33rd & York"]
)
def test_a_zone_check_of_the_place_says_the_same(session, now, text):
    for place in service.find(session, text, now=now).results:
        check = zones.check(session, LonLat(place.lon, place.lat), now=now)

        assert check.status == place.zone_status


def test_each_reading_of_an_ambiguous_text_has_its_own_status(session, now):
    answer = service.find(session, "300 Lexington St", now=now)

    assert answer.ambiguous
    assert {place.label: place.zone_status for place in answer.results} == {
        "300 block of E Lexington St": ZoneStatus.OUTSIDE,
        "300 block of W Lexington St": ZoneStatus.INSIDE,
    }


def test_before_the_first_zone_places_have_no_status(session):
    answer = service.find(session, "Eutaw & Lexington", now=datetime(2016, 1, 1, tzinfo=UTC))

    assert [place.zone_status for place in answer.results] == [None]


def test_a_text_that_is_no_place_has_a_note(session, now):
    answer = service.find(session, "somewhere", now=now)

    assert (answer.results, answer.ambiguous) == ((), False)
    assert answer.note == "Write two streets that meet, or a number and a street."


@pytest.mark.parametrize("text", ["", "   ", "\n", "x" * 201])
def test_no_text_and_too_much_text_are_refused(session, now, text):
    with pytest.raises(service.NotAPlace):
        service.find(session, text, now=now)


def test_suggestions_begin_with_the_third_letter():
    assert service.suggest("eu") == ()
    assert service.suggest("eut") == ("Eutaw Pl", "N Eutaw St", "S Eutaw St")
    assert service.suggest("e" * 10_000) == ()


def test_the_corner_near_the_market():
    assert service.near(LonLat(*MARKET)) == "N Eutaw St and W Lexington St"


def test_districts_of_both_layers():
    assert service.district_number(*POINTS, "1959").tolist() == [1, 1, 0, 0]
    assert service.district_number(*POINTS, "2023").tolist() == [1, 3, 0, 0]  # a line moved
    for layer in ("1959", "2023"):
        assert [one.number for one in service.districts(layer)] == list(range(1, 10))
        assert service.districts(layer)[0].name == "Central"


@pytest.mark.parametrize(
    ("day", "layer"), [(date(2022, 12, 31), "1959"), (date(2023, 1, 1), "2023")]
)
def test_the_layer_of_a_day(day, layer):
    assert service.district_layer_on(day) == layer


def test_neighbourhoods_have_names():
    assert service.neighbourhood_name(*POINTS).tolist() == ["Downtown", "Charles North", None, None]
