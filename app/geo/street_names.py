"""Street names as people and reports write them, brought to one form.

The city writes SAINT, ROAD, LANE, AVE; reports write ST, RD, LA, AV, "MLK" and "Fayette Street".
A name is taken apart into directions, base and types; two spellings of one street have equal parts.
"""

import re
from dataclasses import dataclass

MAX_TOKENS = 8
"""More words than any street's name has; what follows cannot change the answer."""

DIRECTIONS = {
    "N": "N", "NORTH": "N", "NO": "N",
    "S": "S", "SOUTH": "S", "SO": "S",
    "E": "E", "EAST": "E",
    "W": "W", "WEST": "W",
}  # fmt: skip
_SPELLED_OUT = {"N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST"}

_TYPE_SPELLINGS = {
    "Al": "AL ALY ALLEY",
    "Ave": "AV AVE AVENUE AVEN AVN",
    "Blvd": "BL BD BLV BLVD BOULEVARD BLVE",
    "Cir": "CI CIR CIRC CIRCLE CR",
    "Commons": "COMMONS CMNS",
    "Cres": "CRES CRESNT CRESCENT CR",
    "Crossing": "CROSSING XING CR",
    "Ct": "CT CRT COURT",
    "Dr": "DR DRV DRIVE",
    "Dwy": "DY DW DWY DRIVEWAY",
    "Garden": "GARDEN GDN GA",
    "Garth": "GRTH GARTH GA",
    "Green": "GRN GREEN GR",
    "Hill": "HILL",
    "Hwy": "HY HW HWY HIGHWAY",
    "Landing": "LANDING LNDG",
    "Ln": "LA LN LANE",
    "Mall": "MALL MA ML",
    "Mews": "MEWS MW",
    "Pass": "PASS PS",
    "Path": "PATH",
    "Pike": "PIKE PK PI",
    "Pkwy": "PY PW PKY PKWY PKW PWY PARKWAY",
    "Pl": "PL PLACE",
    "Plz": "PLZ PLZA PLAZA PZ",
    "Pt": "PT POINT",
    "Rd": "RD ROAD",
    "Row": "ROW",
    "Run": "RUN RN",
    "Sq": "SQ SQUARE",
    "St": "ST STR STREET",
    "Ter": "TE TER TERR TERRACE TR",
    "Trl": "TRL TRAIL TR",
    "Tunnel": "TUN TUNNEL",
    "Walk": "WALK WK",
    "Way": "WAY WY WA",
    "Wharf": "WHARF",
}
TYPES: dict[str, frozenset[str]] = {}
"""Spelling of a street type to the types it may mean ("TR" is a terrace or a trail)."""
for _written, _spellings in _TYPE_SPELLINGS.items():
    for _spelling in _spellings.split():
        TYPES[_spelling] = TYPES.get(_spelling, frozenset()) | {_written}

_WORDS = {
    "MT": "MOUNT", "FT": "FORT", "HGTS": "HEIGHTS", "HTS": "HEIGHTS", "HGHTS": "HEIGHTS",
    "PK": "PARK", "RD": "ROAD", "AVE": "AV", "LANE": "LA", "LN": "LA", "F0REST": "FOREST",
    "GDNS": "GARDENS", "SPGS": "SPRINGS", "SPG": "SPRING", "JUNIOR": "JR",
    "19_1": "191/2",
}  # fmt: skip
"""Words inside a name that are written in more than one way."""
_MENDED = {"F0REST": "FOREST"}

_UNITS = [
    *("FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH", "SIXTH", "SEVENTH", "EIGHTH", "NINTH"),
    *("TENTH", "ELEVENTH", "TWELFTH", "THIRTEENTH", "FOURTEENTH", "FIFTEENTH", "SIXTEENTH"),
    *("SEVENTEENTH", "EIGHTEENTH", "NINETEENTH"),
]
_TENS = {"TWENTY": 20, "THIRTY": 30, "FORTY": 40}
_TENS_AND_UNITS = re.compile(rf"\b({'|'.join(_TENS)})[ -]({'|'.join(_UNITS[:9])})\b")
_NUMBERED = re.compile(r"(\d+)(?:ST|ND|RD|TH)?$")

_KING = re.compile(
    r"\b(?:MLK|M\.? ?L\.? ?KING|MARTIN LUTHER KING|ML KING)\b(?:,? ?(?:JR|JUNIOR)\b)?"
)
_APOSTROPHES = re.compile(r"['`´‘’\"]+")
_INTERSTATE = re.compile(r"\bI ?-? ?(\d{2,3})\b")
_NOT_IN_A_NAME = re.compile(r"[^A-Z0-9/_]+")
_HALF = re.compile(r"\b(\d+)(?:ST|ND|RD|TH)? ?(?:1/2|HALF)\b")


@dataclass(frozen=True, slots=True)
class StreetName:
    """A street's name in parts.

    `base` is a key: capitals without spaces, so that COLD SPRING and COLDSPRING agree.
    `types` is empty when no type is given, and has two members when the spelling is unclear.
    """

    base: str
    types: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()


def tokens_of(text: str) -> list[str]:
    """The words of a street's name in capitals, with the common spellings made equal."""
    text = _APOSTROPHES.sub("", text.upper())
    text = _KING.sub("MARTIN LUTHER KING JR", text)
    text = _INTERSTATE.sub(r"I \1", text)
    text = _HALF.sub(r"\g<1>1/2", text)
    text = _TENS_AND_UNITS.sub(
        lambda found: f"{_TENS[found[1]] + _UNITS.index(found[2]) + 1}TH", text
    )
    words = [word for word in _NOT_IN_A_NAME.split(text) if word.strip("/_")]
    return words[: MAX_TOKENS + 1]


def parse_official(
    fullname: str, before: str | None = None, after: str | None = None
) -> StreetName:
    """The parts of a name as the city writes it: `W LEXINGTON ST`, `KEY HWY E`, `N BROADWAY`.

    Args:
        before, after: the city's own direction columns, used where the full name leaves them out.
    """
    words = tokens_of(fullname)
    directions = {direction for direction in (before, after) if direction}
    if len(words) > 1 and words[0] in "NSEW":
        directions.add(words.pop(0))
    if len(words) > 1 and words[-1] in "NSEW":
        directions.add(words.pop())
    types: frozenset[str] = frozenset()
    if len(words) > 1 and words[-1] in TYPES:
        types = TYPES[words.pop()]
    return StreetName(base_key(words), types, frozenset(directions))


def readings_of(text: str) -> list[StreetName]:
    """Every way to take a written name apart, the likelier first; empty for no name.

    "NORTH AVE" may be a base with a type and "NORTH CHARLES" a direction with a base: which one
    is a street only the list of streets can say.
    """
    words = tokens_of(text)
    if not words or len(words) > MAX_TOKENS:
        return []
    found: list[StreetName] = []
    for start, end, directions in _without_directions(words):
        found += _with_and_without_type(words[start:end], directions)
    if len(words) > 1 and words[0] in _SPELLED_OUT:  # "W BAY AVE" may be West Bay Ave
        found += _with_and_without_type([_SPELLED_OUT[words[0]], *words[1:]], frozenset())
    return list(dict.fromkeys(name for name in found if name.base))


def _with_and_without_type(words: list[str], directions: frozenset[str]) -> list[StreetName]:
    """What words without directions may mean: base and type, or base alone."""
    found = [StreetName(base_key(words), frozenset(), directions)]
    if len(words) > 1 and words[-1] in TYPES:
        found.insert(0, StreetName(base_key(words[:-1]), TYPES[words[-1]], directions))
    if len(words) > 1 and len(words[-1]) == 1:  # a field too short for the text: "KING JR B"
        types = frozenset().union(*(TYPES[word] for word in TYPES if word.startswith(words[-1])))
        found.append(StreetName(base_key(words[:-1]), types, directions))
    if len(words) > 2 and words[-1] in TYPES and words[-2] in TYPES:  # "NORTH AVE ST"
        found.append(StreetName(base_key(words[:-2]), TYPES[words[-2]], directions))
    return found


def _without_directions(words: list[str]) -> list[tuple[int, int, frozenset[str]]]:
    """(start, end, directions) of what is left of `words`, directions taken off both ends first."""
    first = DIRECTIONS.get(words[0]) if len(words) > 1 else None
    last = DIRECTIONS.get(words[-1]) if len(words) > 1 else None
    ways = []
    if first and last and len(words) > 2:
        ways.append((1, len(words) - 1, frozenset({first, last})))
    if first:
        ways.append((1, len(words), frozenset({first})))
    if last:
        ways.append((0, len(words) - 1, frozenset({last})))
    ways.append((0, len(words), frozenset()))
    return ways


def base_key(words: list[str]) -> str:
    """The words of a name without its directions and type as one key."""
    plain = [_ordinal(_WORDS.get(word, word)) for word in words]
    if len(plain) > 1 and plain[0] == "ST":
        plain[0] = "SAINT"
    if len(plain) > 1 and plain[0] == "THE":
        plain = plain[1:]
    joined: list[str] = []
    for word in plain:
        if joined and joined[-1].isdigit() and word.isdigit():
            joined.append("_")  # 28 1 is not 281
        joined.append(word)
    return "".join(joined)


def _ordinal(word: str) -> str:
    """The number of a numbered street ("33RD", "33", "SECOND"); other words unchanged."""
    numbered = _NUMBERED.match(word)
    if numbered:
        return numbered[1].lstrip("0") or "0"
    if word in _UNITS:
        return str(_UNITS.index(word) + 1)
    return str(_TENS.get(word.removesuffix("IETH") + "Y", word))


def label_of(fullname: str) -> str:
    """The name as on a sign: `N Eutaw St`, `St Paul Pl`, `McCulloh St`, `E 33rd St`."""
    words = fullname.upper().replace("_1", " 1/2").replace(".", "").split()
    if len(words) > 2 and words[0] in "NSEW" and words[1] == "SAINT":
        words[1] = "ST"
    elif len(words) > 1 and words[0] == "SAINT":
        words[0] = "ST"
    last = len(words) - 1 - (len(words) > 2 and words[-1] in "NSEW")
    shown = [
        min(TYPES[word])
        if place == last > 0 and word in TYPES and len(TYPES[word]) == 1
        else _capitalised(_MENDED.get(word, word))
        for place, word in enumerate(words)
    ]
    return re.sub(r"\bMc ([A-Z])", r"Mc\1", " ".join(shown).replace(",", ""))


def _capitalised(word: str) -> str:
    if word[:1].isdigit():
        return word.lower()
    if len(word) > 4 and word.startswith("MC"):
        return f"Mc{word[2:].capitalize()}"
    return re.sub(r"[A-Z]+(?:'S\b)?", lambda part: part[0].capitalize(), word)
