"""The demonstration's incidents: synthetic, drawn on real blocks with real patterns."""

import csv
import io
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from app.incidents import service as incidents
from app.operations.patterns import patterns, street_blocks

DATASET = "demo-incidents"
LICENCE = incidents.SYNTHETIC_LICENCE
PERIOD_DAYS = 730
HEADER = ("id", "date", "time", "offence_category", "lon", "lat")


def incidents_csv(n: int, *, seed: int, today: date, zone: ZoneInfo) -> str:
    """A table of n synthetic incidents over the 730 days before `today`, oldest first.

    The same arguments give the same text.
    """
    rng = np.random.default_rng([seed, 1])
    groups = patterns()
    total = sum(group.row_count for group in groups.values())
    counts = rng.multinomial(n, [group.row_count / total for group in groups.values()])
    rows = []
    for group, count in zip(groups.values(), counts, strict=True):
        weights = group.block_weights(street_blocks(), rng)
        lon, lat = street_blocks().some_places(weights, int(count), rng)
        first_on = today - timedelta(days=PERIOD_DAYS)
        moments = group.some_moments(first_on, PERIOD_DAYS, int(count), zone, rng)
        classes = rng.choice(len(group.class_words), size=int(count), p=group.class_weight)
        rows += [
            (moment.astimezone(zone), group.class_words[code], f"{x:.6f}", f"{y:.6f}")
            for moment, code, x, y in zip(moments, classes, lon, lat, strict=True)
        ]
    rows.sort()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for i, (moment, word, x, y) in enumerate(rows, start=1):
        writer.writerow([f"SYNTHETIC-{i:06d}", f"{moment:%Y-%m-%d}", f"{moment:%H:%M}", word, x, y])
    return out.getvalue()
