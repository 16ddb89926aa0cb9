"""Streets by their written names: exact, begun, or the nearest spelling."""

import difflib
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from app.geo.street_names import StreetName, readings_of
from app.geo.street_network import Street, StreetNetwork

Streets = tuple[Street, ...]

_DIRECTION_WORDS = {"N": "North", "S": "South", "E": "East", "W": "West"}


@dataclass(frozen=True, slots=True)
class Candidates:
    """Streets a written name may mean, and a sentence on what of the name was left out for it."""

    streets: Streets
    note: str | None = None


class StreetIndex:
    """All streets of a network by the key of their base name."""

    def __init__(self, network: StreetNetwork) -> None:
        by_base: dict[str, list[Street]] = defaultdict(list)
        for street in network.streets:
            by_base[street.name.base].append(street)
        self._by_base = dict(by_base)
        self._bases = sorted(by_base)

    def named(self, written: str) -> Candidates:
        """The streets a name means; a direction, then a type, that no such street has is dropped.

        "N Lexington" is E or W Lexington St with a note, "Lexington Ave" too; "Lexingtn" nothing.
        """
        names = [name for name in readings_of(written) if name.base in self._by_base]
        for with_direction, with_type in (
            (True, True),
            (False, True),
            (True, False),
            (False, False),
        ):
            for name in names:
                streets = tuple(
                    street
                    for street in self._by_base[name.base]
                    if (not with_direction or _has_direction(street, name))
                    and (not with_type or _has_type(street, name))
                )
                if streets:
                    note = _left_out(name, streets, with_direction, with_type)
                    return Candidates(streets, note)
        return Candidates(())

    def begun(self, written: str, shortest: int = 1) -> Streets:
        """Streets to walk or drive on whose names begin so; none for less than `shortest` letters.

        Alleys and motorways are found by their whole names only.
        """
        for name in readings_of(written):
            if len(name.base) < shortest:
                continue
            start, stop = (bisect_left(self._bases, name.base + end) for end in ("", "~"))
            streets = tuple(
                street
                for base in self._bases[start:stop]
                for street in self._by_base[base]
                if street.is_corner_street
                and _has_direction(street, name)
                and _has_type(street, name)
            )
            if streets:
                return streets
        return ()

    def with_the_same_base(self, streets: Streets) -> Streets:
        """Every street that differs from one of these in direction or type only, and they."""
        bases = dict.fromkeys(street.name.base for street in streets)
        return tuple(street for base in bases for street in self._by_base[base])

    def without_direction(self, streets: Streets) -> Streets:
        """Streets that differ from one of these by having no direction."""
        plain = {(street.name.base, street.name.types) for street in streets}
        return tuple(
            street
            for street in self.with_the_same_base(streets)
            if not street.name.directions
            and (street.name.base, street.name.types) in plain
            and street not in streets
        )

    def nearest_spellings(self, written: str) -> str:
        """A sentence for a name no street has, with up to three that are spelled much like it."""
        names = readings_of(written)
        bases = difflib.get_close_matches(names[0].base[:40], self._bases) if names else []
        if not bases:
            return "No street of the city has that name."
        labels = [common_label(tuple(self._by_base[base])) for base in bases]
        return f"No street of the city has that name. Did you mean {listed(labels)}?"


def common_label(streets: Streets) -> str:
    """One label for streets that may differ in direction: `E Pratt St`, or `Pratt St` for both."""
    labels = list(dict.fromkeys(street.label for street in streets))
    if len(labels) == 1:
        return labels[0]
    return " / ".join(dict.fromkeys(_undirected(street) for street in streets))


def listed(labels: list[str]) -> str:
    """`A`, `A or B`, `A, B or C`."""
    return " or ".join(part for part in (", ".join(labels[:-1]), labels[-1]) if part)


def _undirected(street: Street) -> str:
    words = street.label.split()
    if len(words) > 1 and words[0] in street.name.directions:
        words = words[1:]
    elif len(words) > 1 and words[-1] in street.name.directions:
        words = words[:-1]
    return " ".join(words)


def _has_direction(street: Street, name: StreetName) -> bool:
    return name.directions <= street.name.directions


def _has_type(street: Street, name: StreetName) -> bool:
    """A street the city lists without a type may have any."""
    types = street.name.types
    return not name.types or not types or bool(name.types & types)


def _left_out(
    name: StreetName, streets: Streets, with_direction: bool, with_type: bool
) -> str | None:
    label = common_label(streets)
    if with_direction and with_type:
        return None
    if with_type or not name.types:
        words = " or ".join(_DIRECTION_WORDS[letter] for letter in sorted(name.directions))
        return f"{label} has no {words}: the direction was left out."
    return f"There is no {' or '.join(sorted(name.types))} of that name: read as {label}."
