"""How many of the location texts real reports use does the gazetteer read, and how many right?

    python -m bench.places [--misses N]

ADDRESS_TEXTS names the texts (default ../shared/data/address_texts.csv.gz; they are not part of the
product). Each is a hundred block as reports write it, with the number of incidents that carry it,
and with what an independent match against the city's centre lines made of it: no block of that name
and number (0), one with its point, or several that differ in N/S/E/W.

Right means: a text with one known block has exactly one reading, at most 120 m from the known
point (half a long block), or on a block of which some house number lies at most 60 m from it (a
very long block). A text with several known blocks must be ambiguous, with at least as many readings
and one for each known direction. Several readings where one block is known are counted apart, as
`wider`, if one of them is that block: the known ones are a lower bound, since numbers in gaps of
the centre lines count as readings too. The rest is `wrong`, or `unread`.

Two kinds of text cannot be judged and are `unjudged` when they are read: those without a known
block, and numbers under 100, where the match took every centre line without numbers for the unit
block ("1 ST PAUL ST" is placed 4 km from number 1).

A second, independent table (REAL_ARRESTS, default ../shared/data/arrests_2013_2021.csv.gz; left out
where it is missing) holds the readings of every location text of the arrests against the police's
own point for it (the median where there are several). Those points lie at the low-numbered end of
the block and ours in its middle, so within 150 m is `right`; `among` is a text with several
readings of which one is right (the police's own choice between E and W is no evidence); else `off`.
"""

import argparse
import csv
import gzip
import json
import os
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from app.geo.coords import LonLat, project_m
from app.geo.gazetteer import Found, Gazetteer

ROOT = Path(__file__).resolve().parent.parent
TEXTS = Path(os.environ.get("ADDRESS_TEXTS") or ROOT / "../shared/data/address_texts.csv.gz")
ARRESTS = Path(os.environ.get("REAL_ARRESTS") or ROOT / "../shared/data/arrests_2013_2021.csv.gz")
RESULTS = ROOT / "bench/results/places.json"
NEAR_M = 120.0
CLOSE_M = 60.0
POLICE_M = 150.0
POLICE_OUTCOMES = ("right", "among", "off", "unread")
OUTCOMES = ("right", "ambiguous", "wider", "unjudged", "unread", "wrong")


@dataclass(frozen=True)
class Text:
    """One location text, its incidents, and the known blocks."""

    text: str
    incident_count: int
    block_count: int
    prefixes: tuple[str, ...]
    point: LonLat | None


def read_texts(path: Path) -> list[Text]:
    """Rows of the address texts file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return [
            Text(
                row["location_text"],
                int(row["n_incidents"]),
                int(row["n_candidates"] or 0),
                tuple(row["prefixes"].split("/")) if row["prefixes"] else (),
                LonLat(float(row["lon"]), float(row["lat"])) if row["lon"] else None,
            )
            for row in csv.DictReader(lines)
        ]


def distance_m(one: LonLat, two: LonLat) -> float:
    """Metres between two points in EPSG:26985."""
    points = [project_m(shapely.Point(point.lon, point.lat)) for point in (one, two)]
    return float(shapely.distance(*points))


def is_on_the_block(gazetteer: Gazetteer, text: Text, found: Found) -> bool:
    """Whether a house number of a block that was read lies close to the known point."""
    hundred = int(text.text.split()[0]) // 100 * 100
    streets = {re.sub(r" \(near .*", "", one.label).partition(" of ")[2] for one in found.readings}
    return any(
        distance_m(text.point, house.point) <= CLOSE_M
        for street in streets
        for number in range(hundred + 1, hundred + 100, 7)
        for house in gazetteer.find(f"{number} {street}").readings
    )


def judge(gazetteer: Gazetteer, text: Text, found: Found) -> tuple[str, float | None]:
    """The outcome, and metres to the known point where there is one."""
    if not found.readings:
        return "unread", None
    if text.block_count == 0 or int(text.text.split()[0]) < 100:
        return "unjudged", None
    if text.block_count > 1:
        directions = {word for reading in found.readings for word in reading.label.split()}
        wanted = {prefix for prefix in text.prefixes if prefix != "-"}
        enough = len(found.readings) >= text.block_count and wanted <= directions
        return ("ambiguous" if enough else "wrong"), None
    if text.point is None:
        return "unjudged", None
    off_m = min(distance_m(text.point, reading.point) for reading in found.readings)
    if off_m > NEAR_M and not is_on_the_block(gazetteer, text, found):
        return "wrong", off_m
    return ("wider" if found.is_ambiguous else "right"), off_m


def main() -> int:
    """Print the shares and write them down; 1 when the texts are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--misses", type=int, default=0, help="also print the N most frequent misses"
    )
    arguments = parser.parse_args()
    if not TEXTS.is_file():
        print(
            f"places: the address texts are missing (ADDRESS_TEXTS): {TEXTS.name}", file=sys.stderr
        )
        return 1
    started = time.perf_counter()
    gazetteer = Gazetteer.load(ROOT / "data/streets.parquet")
    load_s = time.perf_counter() - started
    texts = read_texts(TEXTS)
    started = time.perf_counter()
    answers = [gazetteer.find(text.text) for text in texts]
    find_ms = (time.perf_counter() - started) / len(texts) * 1000
    judged = [judge(gazetteer, text, found) for text, found in zip(texts, answers, strict=True)]
    report = summarise(texts, judged, load_s, find_ms)
    print_report(report)
    if ARRESTS.is_file():
        report["police"] = against_the_police(gazetteer)
        print_police(report["police"])
    else:
        print("the real arrests are not on this machine (REAL_ARRESTS): no second table")
    if arguments.misses:
        print_misses(texts, answers, judged, arguments.misses)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def police_points(path: Path) -> dict[str, tuple[int, LonLat]]:
    """Location text to its number of arrests and its median point, where it has coordinates."""
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["location"] and row["lon"]:
                points[row["location"]].append((float(row["lon"]), float(row["lat"])))
    return {
        text: (len(them), LonLat(*(statistics.median(axis) for axis in zip(*them, strict=True))))
        for text, them in points.items()
    }


def against_the_police(gazetteer: Gazetteer) -> dict[str, Any]:
    """Texts and arrests by outcome, and metres from single readings to the police point."""
    texts: Counter[str] = Counter()
    arrests: Counter[str] = Counter()
    off_m: list[float] = []
    for text, (arrest_count, point) in police_points(ARRESTS).items():
        readings = gazetteer.find(text).readings
        nearest_m = min((distance_m(point, one.point) for one in readings), default=None)
        if nearest_m is None:
            outcome = "unread"
        elif nearest_m > POLICE_M:
            outcome = "off"
        else:
            outcome = "right" if len(readings) == 1 else "among"
        if nearest_m is not None and len(readings) == 1:
            off_m.append(nearest_m)
        texts[outcome] += 1
        arrests[outcome] += arrest_count
    shares = statistics.quantiles(off_m, n=100)
    return {
        "texts": {name: texts[name] for name in POLICE_OUTCOMES},
        "arrests": {name: arrests[name] for name in POLICE_OUTCOMES},
        "single_off_m": {"p50": shares[49], "p90": shares[89], "p99": shares[98]},
    }


def print_police(report: dict[str, Any]) -> None:
    """The second table of docs/benchmarks.md."""
    totals = {what: sum(report[what].values()) for what in ("texts", "arrests")}
    print(f"\n{'police':<10} {'texts':>7} {'share':>7} {'arrests':>10} {'share':>7}")
    for name in POLICE_OUTCOMES:
        texts, arrests = report["texts"][name], report["arrests"][name]
        print(
            f"{name:<10} {texts:>7} {texts / totals['texts']:>7.2%} "
            f"{arrests:>10} {arrests / totals['arrests']:>7.2%}"
        )
    off_m = report["single_off_m"]
    print(
        f"single readings lie {off_m['p50']:.0f} m from the police's point (median), 90 % within "
        f"{off_m['p90']:.0f} m, 99 % within {off_m['p99']:.0f} m"
    )


def summarise(
    texts: list[Text], judged: list[tuple[str, float | None]], load_s: float, find_ms: float
) -> dict[str, Any]:
    """Counts and shares by outcome, of texts and of the incidents that carry them."""
    by_text = Counter(outcome for outcome, _ in judged)
    by_incident: Counter[str] = Counter()
    for text, (outcome, _) in zip(texts, judged, strict=True):
        by_incident[outcome] += text.incident_count
    near = [off for outcome, off in judged if outcome == "right" and off is not None]
    decided = {"right", "ambiguous", "wider", "wrong", "unread"}
    known = [
        (text.incident_count, outcome)
        for text, (outcome, _) in zip(texts, judged, strict=True)
        if text.block_count and outcome in decided and int(text.text.split()[0]) >= 100
    ]
    good = ("right", "ambiguous", "wider")
    return {
        "texts": {name: by_text[name] for name in OUTCOMES},
        "incidents": {name: by_incident[name] for name in OUTCOMES},
        "of_known_texts": sum(outcome in good for _, outcome in known) / len(known),
        "of_known_incidents": sum(n for n, outcome in known if outcome in good)
        / sum(n for n, _ in known),
        "median_off_m": statistics.median(near),
        "load_s": load_s,
        "find_ms": find_ms,
    }


def print_report(report: dict[str, Any]) -> None:
    """The table of docs/benchmarks.md."""
    totals = {what: sum(report[what].values()) for what in ("texts", "incidents")}
    print(f"{'outcome':<10} {'texts':>7} {'share':>7} {'incidents':>10} {'share':>7}")
    for name in OUTCOMES:
        texts, incidents = report["texts"][name], report["incidents"][name]
        print(
            f"{name:<10} {texts:>7} {texts / totals['texts']:>7.2%} "
            f"{incidents:>10} {incidents / totals['incidents']:>7.2%}"
        )
    print(
        f"texts with known blocks: {report['of_known_texts']:.2%} right, ambiguous or wider "
        f"({report['of_known_incidents']:.2%} of incidents); right ones lie "
        f"{report['median_off_m']:.0f} m off (median); load {report['load_s']:.2f} s, "
        f"{report['find_ms']:.2f} ms a text"
    )


def print_misses(
    texts: list[Text],
    answers: list[Found],
    judged: list[tuple[str, float | None]],
    count: int,
) -> None:
    """The most frequent texts of each kind of miss, with what was answered."""
    rows = sorted(zip(texts, answers, judged, strict=True), key=lambda row: -row[0].incident_count)
    for name in ("unread", "wrong", "wider"):
        print(f"\n{name}")
        for text, found, (_, off_m) in [row for row in rows if row[2][0] == name][:count]:
            labels = "; ".join(reading.label for reading in found.readings) or found.note
            off = "" if off_m is None else f" {off_m:.0f} m"
            print(f"  {text.incident_count:>5} {text.text:<30}{text.block_count}{off} {labels}")


if __name__ == "__main__":
    sys.exit(main())
