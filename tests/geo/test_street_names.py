"""Two spellings of one street have equal parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.geo.place_text import Corner, Numbered, parse
from app.geo.street_names import label_of, parse_official, readings_of


@pytest.mark.parametrize(
    ("official", "written"),
    [
        ("SAINT PAUL ST", "St. Paul Street"),
        ("SAINT LO DR", "ST LO DR"),
        ("HAVERHILL ROAD", "Haverhill Rd"),
        ("W COLD SPRING LANE", "W COLDSPRING LA"),
        ("N MARTIN LUTHER KING JR BLVD", "N MLK Bl"),
        ("MC CULLOH ST", "McCulloh St"),
        ("O'DONNELL ST", "O''DONNELL ST"),
        ("THE ALAMEDA", "Alameda"),
        ("E 33RD ST", "East 33 St"),
        ("1ST ST", "First St"),
        ("E 25 1/2 ST", "E 25TH HALF ST"),
        ("W 19_1 ST", "W 19 1/2 ST"),
        ("AUCHENTOROLY TERR", "Auchentoroly Te"),
        ("GWYNNS FALLS PKWY", "GWYNNS FALLS PW"),
        ("PULASKI HWY", "PULASKI HY"),
        ("ELLICOTT DWY", "Ellicott Driveway"),
        ("PARK HEIGHTS AVE", "Park Hgts Av"),
        ("DR. BENJAMIN QUARLES PL", "Dr Benjamin Quarles Place"),
        ("N F0REST PARK AVE", "N Forest Park Av"),
        ("I 95 N", "I-95 N"),
    ],
)
def test_a_report_s_spelling_means_the_official_street(official, written):
    name = parse_official(official)

    assert any(
        reading.base == name.base
        and reading.directions == name.directions
        and (reading.types & name.types or not name.types)
        for reading in readings_of(written)
    )


@pytest.mark.parametrize(
    ("fullname", "label"),
    [
        ("W LEXINGTON ST", "W Lexington St"),
        ("SAINT PAUL PL", "St Paul Pl"),
        ("N MARTIN LUTHER KING JR BLVD", "N Martin Luther King Jr Blvd"),
        ("E 33RD ST", "E 33rd St"),
        ("O'DONNELL ST", "O'Donnell St"),
        ("BOWLEY'S LANE", "Bowley's Ln"),
        ("MC CULLOH ST", "McCulloh St"),
        ("MCCLEAN BLVD", "McClean Blvd"),
        ("KEY HWY E", "Key Hwy E"),
        ("THE ALAMEDA", "The Alameda"),
        ("S BROADWAY", "S Broadway"),
        ("FALLS ROAD TERR", "Falls Road Ter"),
        ("HENRY G. PARKS, JR. CIR", "Henry G Parks Jr Cir"),
        ("W 19_1 ST", "W 19 1/2 St"),
        ("N F0REST PARK AVE", "N Forest Park Ave"),
    ],
)
def test_labels_are_written_as_on_the_signs(fullname, label):
    assert label_of(fullname) == label


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Franklin & Paca", Corner("FRANKLIN", "PACA")),
        ("E 25 1/2 St / Barclay", Corner("E 25 1/2 ST", "BARCLAY")),
        ("Eutaw/Lexington, 2nd floor", Corner("EUTAW", "LEXINGTON")),
        ("1900 Maryland", Numbered(1900, True, "MARYLAND")),
        ("600 33RD ST", Numbered(600, True, "33RD ST")),
        ("600 33 ST", Numbered(600, True, "33 ST")),
        ("UNIT BLOCK OF N EUTAW", Numbered(0, True, "N EUTAW")),
        ("2601 A E Baltimore St", Numbered(2601, False, "E BALTIMORE ST")),
        ("100 B ST", Numbered(100, True, "B ST")),
        ("Eutaw", None),
        ("& Eutaw", None),
        ("900 600", None),
    ],
)
def test_what_a_text_says(text, said):
    assert parse(text) == said


@given(st.text(max_size=300))
def test_any_text_can_be_taken_apart(text):
    parse(text)
    for name in readings_of(text):
        assert name.base
