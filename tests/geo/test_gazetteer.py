"""Corners, addresses and blocks on the city's real centre lines."""

from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.geo.coords import LonLat, project_m
from app.geo.gazetteer import Found, Gazetteer

ROOT = Path(__file__).resolve().parent.parent.parent
ONE_PLACE_M = 15.0

FRANKLIN_AND_PACA = LonLat(-76.622626, 39.294838)
EUTAW_AND_LEXINGTON = LonLat(-76.62106, 39.291505)
LEXINGTON_MARKET = LonLat(-76.6216, 39.2916)


@pytest.fixture(scope="module")
def city() -> Gazetteer:
    return Gazetteer.load(ROOT / "data/streets.parquet")


def metres_between(one: LonLat, two: LonLat) -> float:
    points = [project_m(shapely.Point(point.lon, point.lat)) for point in (one, two)]
    return float(shapely.distance(*points))


def labels(found: Found) -> list[str]:
    return [reading.label for reading in found.readings]


@pytest.mark.parametrize(
    "text",
    [
        "Franklin & Paca",
        "franklin/paca",
        "FRANKLIN ST / PACA ST",
        "Franklin and Paca",
        "Franklin St. at N. Paca St.",
        "W Franklin @ Paca",
        "corner of Franklin and Paca",
        "the NE corner of Franklin and Paca",
        "Intersection of W Franklin Street & North Paca Street",
        "near Franklin & Paca, Baltimore, MD 21201",
        "W FRANKLIN ST & N PACA ST",
        "  Franklin   &Paca ",
    ],
)
def test_one_corner_has_many_spellings(city, text):
    found = city.find(text)

    assert labels(found) == ["W Franklin St and N Paca St"]
    assert found.readings[0].kind == "intersection"
    assert found.readings[0].precision == "exact"
    assert metres_between(found.readings[0].point, FRANKLIN_AND_PACA) < 1
    assert found.note is None


def test_the_order_of_the_streets_is_the_writers(city):
    assert labels(city.find("Paca St at W Franklin")) == ["N Paca St and W Franklin St"]


@pytest.mark.parametrize("text", ["Eutaw & Lex", "Eut & Lexington", "N Eutaw/Lexin", "eut & lex"])
def test_a_name_may_be_cut_short_while_one_street_remains(city, text):
    found = city.find(text)

    assert labels(found) == ["N Eutaw St and W Lexington St"]
    assert metres_between(found.readings[0].point, EUTAW_AND_LEXINGTON) < 1


def test_a_name_cut_shorter_gives_every_corner_it_may_mean(city):
    found = city.find("Eutaw & M")

    assert found.is_ambiguous
    assert "N Eutaw St and W Mulberry St" in labels(found)
    assert "N Eutaw St and W Monument St" in labels(found)


def test_a_name_cut_too_short_asks_for_more(city):
    found = city.find("E & S")

    assert found.readings == ()
    assert "type more letters" in found.note


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Franklin & MLK", 39.294632, -76.627846),
        ("Franklin & St Paul", 39.295147, -76.614015),
        ("Pratt & Light", 39.286542, -76.613550),
        ("Pratt & Martin Luther King Jr Blvd", 39.286036, -76.627693),
    ],
)
def test_the_four_corners_of_the_zone(city, text, lat, lon):
    """The README's corners; on divided roads between the carriageways, slip lanes left out."""
    [reading] = city.find(text).readings

    assert metres_between(reading.point, LonLat(lon, lat)) < 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St Paul & Madison", "SAINT PAUL ST & E MADISON ST"),
        ("MLK & Baltimore", "Martin Luther King Jr Boulevard and W Baltimore Street"),
        ("M.L. King & Baltimore St", "martin luther king blvd / baltimore"),
        ("Mt Royal & Charles", "MOUNT ROYAL AVE & N CHARLES ST"),
        ("O'Donnell & Conkling", "ODONNELL ST & S CONKLING"),
        ("O''DONNELL ST & CONKLING", "O’Donnell & Conkling"),
        ("25th & Charles", "Twenty-Fifth Street and Charles"),
        ("33rd & Greenmount", "E 33 St & Greenmount Av"),
        ("McCulloh & Mosher", "MC CULLOH ST & MOSHER"),
        ("Cold Spring & York", "COLDSPRING LA & YORK RD"),
        ("Druid Park Lake & Linden", "DRUID PK LAKE DR & LINDEN AV"),
    ],
)
def test_two_spellings_of_one_corner(city, one, other):
    first, second = city.find(one), city.find(other)

    assert len(first.readings) == len(second.readings) == 1
    assert metres_between(first.readings[0].point, second.readings[0].point) < 1


def test_four_streets_of_two_names_are_one_corner(city):
    assert labels(city.find("Baltimore & Charles")) == ["Baltimore St and Charles St"]


def test_streets_that_meet_twice_give_two_places_with_names_of_their_own(city):
    found = city.find("Druid Park Lake Dr & McCulloh St")

    first, second = found.readings
    assert metres_between(first.point, second.point) > 60
    assert first.label != second.label
    assert all("(near " in reading.label for reading in found.readings)


def test_streets_that_do_not_meet_give_nothing(city):
    found = city.find("Eutaw & Charles")

    assert found.readings == ()
    assert found.note == "These streets do not meet."


def test_a_direction_that_does_not_meet_there_is_left_out_with_a_note(city):
    found = city.find("E Lexington & Eutaw")

    assert labels(found) == ["W Lexington St and N Eutaw St"]
    assert "direction" in found.note


@pytest.mark.parametrize(
    ("text", "label", "kind"),
    [
        ("300 W Lexington St", "300 block of W Lexington St", "block"),
        ("300 BLK W LEXINGTON ST", "300 block of W Lexington St", "block"),
        ("300 block of West Lexington Street", "300 block of W Lexington St", "block"),
        ("the 300-block of w. lexington", "300 block of W Lexington St", "block"),
        ("312 BLOCK W LEXINGTON ST", "300 block of W Lexington St", "block"),
        ("300 BL W LEXINGTON ST", "300 block of W Lexington St", "block"),
        ("300 w lex", "300 block of W Lexington St", "block"),
        ("300 W LEXINGTON ST BALTIMORE MD 21201", "300 block of W Lexington St", "block"),
        ("312 W Lexington St", "312 W Lexington St", "address"),
        ("312A W Lexington St, Apt 4", "312 W Lexington St", "address"),
        ("312 W Lexington St Apt. 4", "312 W Lexington St", "address"),
        ("312-318 W Lexington St", "312 W Lexington St", "address"),
        ("1 N Eutaw", "1 N Eutaw St", "address"),
        ("UNIT BLK E LEXINGTON ST", "Unit block of E Lexington St", "block"),
        ("0 E LEXINGTON ST", "Unit block of E Lexington St", "block"),
        ("4500 4590 EDMONDSON AV", "4500 block of Edmondson Ave", "block"),
        ("2500 EDGECOMBE CI N", "2500 block of Edgecombe Cir N", "block"),
        ("100 E 25 1/2 ST", "100 block of E 25 1/2 St", "block"),
        ("600 THE FALLSWAY", "600 block of Fallsway", "block"),
        ("3200 TIOGA PY", "3200 block of Tioga Pkwy", "block"),
        ("2400 LIBERTY HGTS AV", "2400 block of Liberty Heights Ave", "block"),
        ("300 N MARTIN LUTHER KING JR B", "300 block of N Martin Luther King Jr Blvd", "block"),
        ("6500 ST HELENA AV", "6500 block of St Helena Ave", "block"),
        ("UNIT S CONKLING ST", "Unit block of S Conkling St", "block"),
        ("3600 W BAY AVE", "3600 block of West Bay Ave", "block"),
        ("5600 THE ALAMEDA ST", "5600 block of The Alameda", "block"),
        ("1100 E NORTH AVE ST", "1100 block of E North Ave", "block"),
        ("700 WEST ST", "700 block of W West St", "block"),
        ("2800 NORTH CHARLES STREET", "2800 block of N Charles St", "block"),
    ],
)
def test_numbers_and_blocks(city, text, label, kind):
    found = city.find(text)

    assert [(one.label, one.kind, one.precision) for one in found.readings] == [
        (label, kind, "exact")
    ]


def test_a_number_stands_between_its_neighbours_in_its_own_block(city):
    lower, middle, upper = (
        city.find(f"{number} W Lexington St").readings[0].point for number in (302, 350, 396)
    )

    assert upper.lon < middle.lon < lower.lon
    assert metres_between(lower, middle) + metres_between(middle, upper) == pytest.approx(
        metres_between(lower, upper), abs=1
    )
    assert 80 < metres_between(lower, upper) < 130


def test_the_first_house_does_not_stand_in_the_crossing(city):
    [house] = city.find("1 N Eutaw St").readings
    [corner] = city.find("Eutaw & Baltimore").readings

    assert 5 < metres_between(house.point, corner.point) < 30


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("300 Lexington St", ["300 block of E Lexington St", "300 block of W Lexington St"]),
        ("312 LEXINGTON", ["312 E Lexington St", "312 W Lexington St"]),
        ("700 NORTH AV", ["700 block of E North Ave", "700 block of W North Ave"]),
    ],
)
def test_a_lost_direction_gives_both_and_never_one(city, text, expected):
    found = city.find(text)

    assert found.is_ambiguous
    assert labels(found) == expected


def test_a_direction_the_street_does_not_have_is_left_out_with_a_note(city):
    found = city.find("300 N Lexington St")

    assert labels(found) == ["300 block of E Lexington St", "300 block of W Lexington St"]
    assert found.note == "Lexington St has no North: the direction was left out."


def test_a_type_the_name_does_not_have_is_left_out_with_a_note(city):
    found = city.find("300 W Lexington Blvd")

    assert labels(found) == ["300 block of W Lexington St"]
    assert found.note == "There is no Blvd of that name: read as W Lexington St."


def test_the_market_stands_in_a_gap_of_the_centre_lines(city):
    found = city.find("400 W Lexington St")

    [reading] = found.readings
    assert (reading.kind, reading.precision) == ("block", "estimated")
    assert metres_between(reading.point, LEXINGTON_MARKET) < 30


def test_an_estimated_place_counts_as_a_reading(city):
    found = city.find("400 LEXINGTON ST")

    assert [(one.label, one.precision) for one in found.readings] == [
        ("400 block of E Lexington St", "exact"),
        ("400 block of W Lexington St", "estimated"),
    ]


def test_numbers_in_a_gap_lie_in_order_along_the_street(city):
    """N Charles St jumps from 598 to 800."""
    points = [city.find(f"{number} N Charles St").readings[0] for number in (597, 650, 750, 802)]

    assert [point.precision for point in points] == ["exact", "estimated", "estimated", "exact"]
    assert sorted(point.point.lat for point in points) == [point.point.lat for point in points]


def test_a_gap_of_kilometres_parts_two_streets_of_one_name(city):
    """Hill St has 223 and 1700, eight kilometres apart."""
    assert city.find("900 Hill St").readings == ()


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("9900 W Lexington St", "W Lexington St has no 9900 block."),
        ("1500 W Nowhereland Ave", "No street of the city has that name."),
        ("Lexingtom & Eutaw", "No street of the city has that name. Did you mean Lexington St"),
        ("Lexington", "Write two streets that meet, or a number and a street."),
        ("300", "Write two streets that meet, or a number and a street."),
        ("", "Write two streets that meet, or a number and a street."),
        ("a & b & c", "Write two streets that meet, or a number and a street."),
    ],
)
def test_what_is_no_place_gives_none_and_says_why(city, text, note):
    found = city.find(text)

    assert found.readings == ()
    assert found.note.startswith(note)


def test_a_number_that_only_the_other_direction_has_is_not_moved_there(city):
    found = city.find("2500 E Lexington St")

    assert found.readings == ()
    assert "W Lexington St has one." in found.note


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "& " * 5_000,
        "1" * 10_000 + " Lexington St",
        "300 W Lexington St\x00\x07",
        "🙂 & 🙂🙂",
        "Robert'); DROP TABLE street;--",
        "300 W Lexington St'; DELETE FROM zone; --",
        "' OR 1=1 & Eutaw",
        "\u202e300 W Lexington St",
        "/" * 199,
        "½ & ¼",
        "300 " + "N " * 98,
    ],
)
def test_hostile_text_is_answered_calmly(city, text):
    found = city.find(text)

    assert len(found.readings) <= 2


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=250))
def test_any_text_has_an_answer(city, text):
    found = city.find(text)

    assert found.readings or found.note
    assert len({reading.label for reading in found.readings}) == len(found.readings)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_every_corner_is_found_again_by_its_own_label(city, data):
    """What a label says can be typed: it gives the same place among its readings."""
    lon = data.draw(st.floats(-76.70, -76.54))
    lat = data.draw(st.floats(39.25, 39.37))
    label = city.nearest_intersection(LonLat(lon, lat))
    if label is None:
        return

    found = city.find(label)

    nearest_m = min(metres_between(LonLat(lon, lat), reading.point) for reading in found.readings)
    assert nearest_m < 560


@settings(max_examples=100, deadline=None)
@given(
    number=st.integers(100, 3000),
    street=st.sampled_from(["N Charles St", "W Lexington St", "E Monument St", "Edmondson Ave"]),
    style=st.sampled_from([str.upper, str.lower, lambda text: text.replace(" ", "   ")]),
)
def test_case_and_spaces_mean_nothing(city, number, street, style):
    text = f"{number} {street}"

    assert city.find(style(text)) == city.find(text)


def test_the_nearest_corner_is_named_as_on_the_signs(city):
    assert city.nearest_intersection(LEXINGTON_MARKET) == "N Eutaw St and W Lexington St"


def test_a_place_is_named_by_its_well_known_corner_not_by_the_side_street_nearer_by(city):
    beside_marion_st = LonLat(-76.619500, 39.291047)

    assert city.nearest_intersection(beside_marion_st) == "N Howard St and Marion St"
    assert city.well_known_intersection(beside_marion_st, 90) == "N Howard St and W Lexington St"


def test_without_a_well_known_corner_the_nearest_is_taken(city):
    beside_marion_st = LonLat(-76.619500, 39.291047)

    assert city.well_known_intersection(beside_marion_st, 20) == "N Howard St and Marion St"
    assert city.well_known_intersection(beside_marion_st, 0) == "N Howard St and Marion St"
    assert city.well_known_intersection(LonLat(-77.5, 39.0), 500) is None


def test_far_away_there_is_no_nearest_corner(city):
    assert city.nearest_intersection(LonLat(-77.5, 39.0)) is None
    assert city.nearest_intersection(LonLat(179.9, -89.9)) is None


def test_suggestions_begin_like_the_text(city):
    assert city.complete("eut") == ("Eutaw Pl", "N Eutaw St", "S Eutaw St")
    assert "N Eutaw St and W Lexington St" in city.complete("eutaw & l")
    assert city.complete("300 w lex") == ("300 block of W Lexington St",)
    assert len(city.complete("m")) == 8
    assert city.complete("zzzz") == ()
