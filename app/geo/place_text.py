"""What a typed or reported place says: two streets that meet, or a number on one street."""

import re
import unicodedata
from dataclasses import dataclass

MAX_TEXT = 200
"""Longer texts are not read: no place is that long."""


@dataclass(frozen=True, slots=True)
class Corner:
    """Two street names as written."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """A house number or a hundred block, and the street's name as written.

    `number` of a block is its hundred: 0 for the unit block.
    """

    number: int
    is_block: bool
    street: str


_NOT_PLAIN = re.compile(r"[^\x20-\x7e]+")
_OPENING = re.compile(
    r"^(?:(?:AT|NEAR|ON|IN|IFO|THE|[NS]?[EW]?|NORTH(?:EAST|WEST)?|SOUTH(?:EAST|WEST)?) ){0,3}?"
    r"(?:CORNER|INTERSECTION|CROSSING|COR|INT) (?:OF |AT )?|^(?:AT|NEAR|ON|IFO) "
)
_JOINED = re.compile(r" *[&@+\\] *| *(?<!\d)/ *| */(?! *\d) *| (?:AND|AT|X) ")
"""What stands between two streets; the bar of 1/2 does not."""
_CITY = re.compile(r"(?: BALTIMORE(?: CITY)?)? MD\.?(?: \d{5})?$| BALTIMORE MARYLAND$| 212\d\d$")
_ROOM = re.compile(
    r"(?: (?:APT|APARTMENT|UNIT|STE|SUITE|FL|FLOOR|RM|ROOM)[ .]+)+#?[A-Z0-9-]+$| ?#.*$"
)

_BLOCK = r"(?:BLOCKS?|BLCK|BLK|BL|BK)\.?"
_UNIT_BLOCK = re.compile(rf"^(?:THE )?(?:1 )?UNIT (?:{_BLOCK} )?(?:OF )?(.+)$")
_HUNDRED_BLOCK = re.compile(rf"^(?:THE )?(\d{{1,5}})(?: |-)?{_BLOCK} (?:OF )?(?:THE )?(.+)$")
_HOUSE_NUMBER = re.compile(
    r"^(\d{1,5})"
    r"(?:[A-D](?= )| [A-D](?= (?:[NSEW] )?[A-Z]{3})(?! . (?:STREET|AVE|ROAD))|-\d{1,5}[A-D]?(?= )"
    r"| \d{1,5}(?= (?:[NSEW] )?[A-Z]{3})(?! \d+ (?:HALF|STREET|AVE|ROAD)))?"
    r"(?: 1/2)?[ -]+(?=.*[A-Z])(.+)$"
)
"""123, 123A, 123 A, 123-127, 4500 4590, 123 1/2, and the rest."""


def parse(text: str) -> Corner | Numbered | None:
    """What the text says, or None when it names neither two streets nor a number on a street.

    Nothing is looked up: whether there is such a place, the gazetteer says.
    """
    if len(text) > MAX_TEXT:
        return None
    plain = _plain(text)
    opened = _OPENING.sub("", plain, count=1)
    parts = [part.strip(" .;:") for part in _JOINED.split(opened)]
    if len(parts) == 2:
        return Corner(*parts) if all(parts) else None
    return _numbered(plain) if len(parts) == 1 else None


def _plain(text: str) -> str:
    """ASCII capitals with single spaces, without what follows a comma or bracket, or the city."""
    ascii_text = _NOT_PLAIN.sub(" ", unicodedata.normalize("NFKD", text).replace("’", "'"))
    plain = " ".join(re.split(r"[,(]", ascii_text.upper())[0].split()).strip(" .;:")
    return _CITY.sub("", plain)


def _numbered(text: str) -> Numbered | None:
    if found := _UNIT_BLOCK.match(text):
        return Numbered(0, True, found[1])
    if found := _HUNDRED_BLOCK.match(text):
        return Numbered(int(found[1]) // 100 * 100, True, found[2])
    if found := _HOUSE_NUMBER.match(_ROOM.sub("", text)):
        number = int(found[1])
        return Numbered(number, number % 100 == 0, found[2])
    return None
