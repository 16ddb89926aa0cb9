"""How much does a browser receive for a map, however many incidents there are?

    python -m bench.map_page

Everything of the map room's page that depends on the data (the page, the map's script, its styles,
its picture; uncompressed), for 1,000 to 1,000,000 incidents, beside the page Folium makes of the
same places with its HeatMap plugin (up to 100,000; its other hosts' files are not counted). Times
are for making all of it, the layer's statistics included. Fails above 150,000 bytes.
"""

import json
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import folium
import numpy as np
from folium.plugins import HeatMap

from app import create_app
from app.accounts import service as accounts
from app.config import ROOT, Settings
from app.db import db, unit_of_work
from app.geo.coords import to_wgs84
from app.geo.records import MapRecords
from app.maps import service_ground, service_sources
from app.maps.service_sources import Source
from app.zones import service as zones

RESULTS = Path(__file__).resolve().parent / "results" / "map_page.json"
LIMIT_BYTES = 150_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PEER_UP_TO = 100_000
DAY = date(2026, 5, 12)
PAGES = {
    "hotspots 250 m": ("layer=hotspots", ("", "/map.js", "/map.css")),
    "hotspots 100 m": ("layer=hotspots&cell_m=100", ("", "/map.js", "/map.css")),
    "density": ("layer=density", ("", "/map.js", "/map.css", "/density.png")),
}


def main() -> int:
    """Print the table and write it down; 1 when a page is larger than the limit."""
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder))
    print(f"map page: bytes that depend on the data (limit {LIMIT_BYTES:,})")
    print(
        f"{'incidents':>10} {'page':16} {'bytes':>9} {'ms':>7} {'HeatMap bytes':>14} {'times':>7}"
    )
    for row in rows:
        peer = f"{row['heatmap_bytes']:14,} {row['times_smaller']:7.1f}" if row["peer"] else ""
        print(f"{row['n']:10,} {row['page']:16} {row['bytes']:9,} {row['ms']:7.0f} {peer}")
    passed = max(row["bytes"] for row in rows) <= LIMIT_BYTES
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"bench": "map_page", "passed": passed, "rows": rows}, indent=1) + "\n"
    )
    if not passed:
        print(f"map page: more than {LIMIT_BYTES:,} bytes", file=sys.stderr)
    return 0 if passed else 1


def measure(folder: Path) -> list[dict[str, Any]]:
    """One row for each number of incidents and page."""
    client = signed_in_client(folder)
    rows: list[dict[str, Any]] = []
    for n in SIZES:
        places = made_up(n)
        peer = heatmap_bytes(places) if n <= PEER_UP_TO else None
        with mock.patch.object(service_sources, "source", lambda *_, p=places: as_source(p)):
            for page, (layer, paths) in PAGES.items():
                start = time.perf_counter()
                query = f"dataset=made-up&exposure=area&{layer}"
                sizes = [received(client, f"/maps{path}?{query}") for path in paths]
                took_ms = (time.perf_counter() - start) * 1000
                rows.append(
                    {
                        "n": n,
                        "page": page,
                        "bytes": sum(sizes),
                        "ms": round(took_ms, 1),
                        "peer": peer is not None,
                        "heatmap_bytes": peer or 0,
                        "times_smaller": round((peer or 0) / sum(sizes), 1),
                    }
                )
    return rows


def received(client: Any, path: str) -> int:
    """Bytes of one answer, which must be a good one."""
    answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"map page: {path} answered {answer.status_code}")
    return len(answer.data)


def signed_in_client(folder: Path) -> Any:
    """A commander in a demonstration of its own."""
    app = create_app(
        Settings(
            mode="demonstration",
            database_url=f"sqlite:///{folder}/lead.sqlite3",
            root_key=bytes(range(32)),
            instance_dir=folder,
            testing=True,
        )
    )
    now = datetime.now(UTC)
    outline = json.loads((ROOT / "data" / "pilot_zone.geojson").read_text(encoding="utf-8"))
    with app.app_context():
        db.create_all()
        with unit_of_work() as session:
            accounts.ensure_demo_people(session, now=now)
            zones.publish_first(
                session,
                outline["features"][0]["geometry"],
                name="Pilot zone",
                effective_from=datetime(2017, 2, 8, 5, tzinfo=UTC),
                actor=accounts.SYSTEM,
                now=now,
                source="bench",
                licence="bench",
            )
    client = app.test_client()
    client.post("/demonstration/sign-in/commander", headers={"Sec-Fetch-Site": "same-origin"})
    return client


def made_up(n: int) -> MapRecords:
    """Incidents in uneven heaps on a third of the city's 100 m cells; one seed, one set."""
    rng = np.random.default_rng(5)
    grid = service_ground.grid(100)
    chosen = rng.choice(grid.n, grid.n // 3, replace=False)
    weight = rng.pareto(1.5, chosen.size)
    cell = rng.choice(chosen, n, p=weight / weight.sum())
    x_m, y_m = grid.centres_m
    jitter = rng.uniform(-49, 49, (2, n))
    return MapRecords(
        x_m=x_m[cell] + jitter[0],
        y_m=y_m[cell] + jitter[1],
        occurred_on=np.full(n, np.datetime64(DAY)),
        person_key=np.arange(n),
        unmapped={},
        first_on=DAY,
        last_on=DAY,
        data_version=f"made-up-{n}",
    )


def as_source(places: MapRecords) -> Source:
    """A public-record set that holds these places."""
    return Source(
        name="made-up",
        is_public_record=True,
        licence=None,
        version=places.data_version,
        days=lambda: (DAY, DAY),
        fetch=lambda _asked: places,
    )


def heatmap_bytes(places: MapRecords) -> int:
    """The page Folium makes of the same places: every one of them is in it."""
    lon, lat = to_wgs84().transform(places.x_m, places.y_m)
    page = folium.Map([39.29, -76.61], zoom_start=13, tiles=None)
    HeatMap(np.column_stack([lat, lon]).tolist()).add_to(page)
    return len(page.get_root().render().encode())


if __name__ == "__main__":
    sys.exit(main())
