"""Places by their names, without a network: corners, addresses and hundred blocks of the city.

A text that can mean several places gives all of them. What it says and the city does not have (a
direction, a type) is left out and said in a note; a street nobody knows gives no place.
"""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import shapely

from app.geo.coords import LonLat, project_m, to_wgs84
from app.geo.corners import Corners, MeetingPlace
from app.geo.house_numbers import find_block, find_number
from app.geo.place_text import Corner, Numbered, parse
from app.geo.street_index import StreetIndex, Streets, common_label, listed
from app.geo.street_network import Street, StreetNetwork, load_network

Precision = Literal["exact", "estimated"]

MOST_READINGS = 12
"""A text with more readings than this says too little; the note asks for more letters."""
SHORTEST_CUT = 3
"""Letters to which a street's name after a number may be cut."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One place a text may mean; `estimated` = the number lies in no known range of its street."""

    label: str
    point: LonLat
    kind: Literal["intersection", "address", "block"]
    precision: Precision


@dataclass(frozen=True, slots=True)
class Found:
    """Readings, best first, and a sentence on what was left out or missed."""

    readings: tuple[Reading, ...]
    note: str | None = None

    @property
    def is_ambiguous(self) -> bool:
        """Whether the text can mean more than one place."""
        return len(self.readings) > 1


class Gazetteer:
    """Look-up over the city's centre lines; once made it is only read, from any thread."""

    def __init__(self, network: StreetNetwork) -> None:
        self._network = network
        self._index = StreetIndex(network)
        self._corners = Corners(network)

    @classmethod
    def load(cls, path: Path) -> "Gazetteer":
        """Read data/streets.parquet; takes about half a second."""
        return cls(load_network(path))

    def find(self, text: str) -> Found:
        """Every place the text may mean; no reading, and a note, for a text that names none."""
        said = parse(text)
        if isinstance(said, Corner):
            return self._find_corner(said)
        if isinstance(said, Numbered):
            return self._find_number(said)
        return Found((), "Write two streets that meet, or a number and a street.")

    def nearest_intersection(self, point: LonLat) -> str | None:
        """`N Eutaw St and W Lexington St`: the nearest corner, None where none is within 500 m."""
        point_m = project_m(shapely.Point(point.lon, point.lat))
        names = self._corners.nearest(point_m.x, point_m.y)
        return " and ".join(names) if names else None

    def well_known_intersection(self, point: LonLat, within_m: float) -> str | None:
        """The corner people would name for a place that reaches so far around a point.

        A corner of larger streets before one of side streets; None as `nearest_intersection`.
        """
        point_m = project_m(shapely.Point(point.lon, point.lat))
        names = self._corners.well_known(point_m.x, point_m.y, within_m)
        return " and ".join(names) if names else None

    def complete(self, text: str, limit: int = 8) -> tuple[str, ...]:
        """Labels of places, or of streets to go on from, that begin like the text."""
        said = parse(text)
        if isinstance(said, Corner):
            one = self._index.named(said.first).streets or self._index.begun(said.first)
            places = self._corners.meetings(one, self._index.begun(said.second))
            labels = [place.label for place in places]
        elif isinstance(said, Numbered):
            readings = self._numbered(said, self._index.begun(said.street)[: 4 * limit])
            labels = [reading.label for reading in readings]
        else:
            labels = [street.label for street in self._index.begun(text)]
        return tuple(dict.fromkeys(labels))[:limit]

    def _find_number(self, said: Numbered) -> Found:
        named = self._index.named(said.street)
        streets, note = named.streets, named.note
        if not streets:
            streets = self._index.begun(said.street, SHORTEST_CUT)
            if len({street.name.base for street in streets}) != 1:
                return Found((), self._index.nearest_spellings(said.street))
        readings = self._numbered(said, streets)
        if not readings:
            undirected = self._index.without_direction(streets)
            readings = self._numbered(said, undirected)
            note = f"{common_label(undirected)} has no direction there." if readings else None
        if not readings:
            return Found((), self._no_such_number(said, streets))
        return self._found(readings, note)

    def _numbered(self, said: Numbered, streets: Streets) -> list[Reading]:
        look_up = find_block if said.is_block else find_number
        return [
            Reading(
                _numbered_label(said, street),
                _lonlat(place.point_m.x, place.point_m.y),
                "block" if said.is_block else "address",
                "estimated" if place.is_estimated else "exact",
            )
            for street in streets
            for place in look_up(self._network, street, said.number)
        ]

    def _no_such_number(self, said: Numbered, streets: Streets) -> str:
        others = [
            street
            for street in self._index.with_the_same_base(streets)
            if street not in streets and self._numbered(said, (street,))
        ]
        what = f"{said.number} block" if said.is_block else f"number {said.number}"
        elsewhere = f" {listed([other.label for other in others])} has one." if others else ""
        return f"{common_label(streets)} has no {what}.{elsewhere}"

    def _find_corner(self, said: Corner) -> Found:
        index = self._index
        first, second = index.named(said.first), index.named(said.second)
        for written, named in ((said.first, first), (said.second, second)):
            if not named.streets and not index.begun(written):
                return Found((), index.nearest_spellings(written))
        notes = [note for note in (first.note, second.note) if note]
        relaxed = [index.with_the_same_base(named.streets) for named in (first, second)]
        begun = [index.begun(written) for written in (said.first, said.second)]
        ways: list[tuple[Streets, Streets, str]] = [
            (first.streets, second.streets, " ".join(notes)),
            (relaxed[0], relaxed[1], "They meet under another direction or type than given."),
            (begun[0], relaxed[1], ""),
            (relaxed[0], begun[1], ""),
            (begun[0], begun[1], ""),
        ]
        for one, two, note in ways:
            places = self._corners.meetings(one, two)
            if len(places) > MOST_READINGS:
                return Found((), "Many corners begin like this: type more letters.")
            if places:
                return self._found([_corner_reading(place) for place in places], note or None)
        return Found((), "These streets do not meet.")

    def _found(self, readings: list[Reading], note: str | None = None) -> Found:
        """Readings with labels that differ, exact ones first."""
        count = Counter(reading.label for reading in readings)
        told_apart = []
        taken: dict[str, str] = {}
        for reading in sorted(readings, key=lambda one: (one.precision != "exact", one.label)):
            label = reading.label
            if count[label] > 1:
                other = self._neighbour(reading.point, label + taken.get(label, ""))
                taken[label] = f"{taken.get(label, '')} {other}"
                label = f"{label} (near {other})"
            told_apart.append(replace(reading, label=label))
        return Found(tuple(told_apart), note)

    def _neighbour(self, point: LonLat, names: str) -> str:
        """A street near the point that is none of `names`."""
        point_m = project_m(shapely.Point(point.lon, point.lat))
        return self._corners.another_street_near(point_m.x, point_m.y, names)


def _corner_reading(place: MeetingPlace) -> Reading:
    return Reading(place.label, _lonlat(place.x_m, place.y_m), "intersection", "exact")


def _numbered_label(said: Numbered, street: Street) -> str:
    if not said.is_block:
        return f"{said.number} {street.label}"
    return f"{said.number or 'Unit'} block of {street.label}"


def _lonlat(x_m: float, y_m: float) -> LonLat:
    """EPSG:26985 to degrees, rounded to 0.0000001 (1 cm)."""
    lon, lat = to_wgs84().transform(x_m, y_m)
    return LonLat(round(lon, 7), round(lat, 7))
