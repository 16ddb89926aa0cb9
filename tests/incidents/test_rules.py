"""How one row is read."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from app.incidents import rules

BALTIMORE = ZoneInfo("America/New_York")
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("2013-01-31", date(2013, 1, 31), None),
        (" 2013/01/31 ", date(2013, 1, 31), None),
        ("20130131", date(2013, 1, 31), None),
        ("1/31/2013", date(2013, 1, 31), None),
        ("01/02/2013", date(2013, 1, 2), None),
        ("1/31/2013 11:05:00 PM", date(2013, 1, 31), 23),
        ("1/31/2013 12:05 AM", date(2013, 1, 31), 0),
        ("2013-01-31T23:05:00", date(2013, 1, 31), 23),
        ("2013-01-31 00:00:00", date(2013, 1, 31), None),
        ("2013/01/31 00:00:00+00", date(2013, 1, 31), None),
        ("2013-01-31 11:05:00 PM", date(2013, 1, 31), 23),
        ("2013/01/31 12:00:00 AM", date(2013, 1, 31), None),
        ("2013-02-01T03:30:00Z", date(2013, 1, 31), 22),
        ("2013-07-01T03:30:00+00:00", date(2013, 6, 30), 23),
        ("2013-07-01T00:00:00-04:00", date(2013, 7, 1), 0),
        ("2026-11-20", date(2026, 11, 20), None),
    ],
)
def test_a_day_is_read_in_the_sites_time_zone(text, day, hour):
    assert rules.read_day(text, BALTIMORE, TODAY) == (day, hour)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no date"),
        ("  ", "no date"),
        ("yesterday", "cannot be read"),
        ("31/1/2013", "cannot be read"),
        ("2013-02-30", "cannot be read"),
        ("1/31/2013 25:00", "cannot be read"),
        ("1/31/2013 later", "cannot be read"),
        ("2013-01-31 13:05 PM", "cannot be read"),
        ("2013-01-31 some am", "cannot be read"),
        ("0001-01-01T00:00:01+14:00", "cannot be read"),
        ("9999-12-31T23:59:59-14:00", "cannot be read"),
        ("2026-11-21", "in the future"),
        ("1899-12-31", "before 1900"),
    ],
)
def test_a_row_without_a_usable_day_says_why(text, says):
    with pytest.raises(rules.NoReadableDate, match=says):
        rules.read_day(text, BALTIMORE, TODAY)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("00:05", 0),
        ("0:05:30", 0),
        ("23:59", 23),
        ("1:05 PM", 13),
        ("12:00 am", 0),
        ("12:30 p.m.", 12),
        ("1305", 13),
        ("13.05", 13),
        ("24:00", None),
        ("7:61", None),
        ("13:05 PM", None),
        ("0:30 AM", None),
        ("", None),
        ("noon", None),
        ("2460", None),
    ],
)
def test_hours(text, hour):
    assert rules.read_hour(text) == hour


@pytest.mark.parametrize(
    ("text", "is_ambiguous"),
    [
        ("", False),
        ("0", False),
        ("1", False),
        ("2", True),
        ("3", True),
        ("2.0", True),
        ("1.0", False),
        ("many", False),
        ("nan", False),
    ],
)
def test_two_prefixes_make_an_address_ambiguous(text, is_ambiguous):
    assert rules.is_ambiguous_prefix(text) is is_ambiguous


def test_the_first_fault_names_the_flag():
    every = np.array([[a, b, c] for a in (1, 0) for b in (1, 0) for c in (0, 1)], dtype=bool)
    flags = rules.flag_rows(every[:, 0], every[:, 1], every[:, 2])

    assert flags.tolist() == [0, 3, 2, 2, 1, 1, 1, 1]
    assert rules.FLAGS == ("no_coordinates", "outside_city", "ambiguous_address")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("drug_possession", "drug_possession"),
        ("79-Other", "79_other"),
        ("Theft / From Auto", "theft_from_auto"),
        ("", "not_recorded"),
        ("  ", "not_recorded"),
        ("--", "not_recorded"),
        ("x" * 90, "x" * 60),
    ],
)
def test_classes_become_words_a_filter_can_name(text, word):
    assert rules.class_word(text) == word
