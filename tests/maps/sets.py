"""Stored sets for the tests of whole ways: referrals, public arrests and personal calls."""

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from app.audit.service import Actor
from app.geo.coords import to_wgs84
from app.incidents import service as incidents
from app.places import service as places
from app.referrals import service as referrals
from app.referrals.service import ReferralContent
from app.zones import service as zones
from tests.maps.fakes import scattered

SITE = ZoneInfo("America/New_York")
OFFICER = Actor(name="user:901", user_id=901, roles=("officer",), channel="api")
CLASSES = ("drug_possession", "prostitution", "other")
DAYS = 640


@dataclass(frozen=True)
class Row:
    """One record as a test knows it, apart from the product's code."""

    lon: float
    lat: float
    x_m: float
    y_m: float
    on: date
    hour: int
    category: str
    kind: str
    district: int
    is_inside: bool
    is_flagged: bool = False


def rows(session: Session, n: int, *, seed: int, now: datetime, flagged: int = 0) -> list[Row]:
    """Made-up records around Lexington Market over 21 months; every n-th of a class."""
    xy = np.array(scattered(n, seed=seed, spread_m=900))
    lon, lat = to_wgs84().transform(xy[:, 0], xy[:, 1])
    district = places.district_number(lon, lat, "2023")
    zone = zones.index_of(zones.zone_in_force(session, now))
    inside = zone.covers_xy(lon, lat)
    first = date(2025, 1, 6)
    return [
        Row(
            lon=float(lon[i]),
            lat=float(lat[i]),
            x_m=float(xy[i, 0]),
            y_m=float(xy[i, 1]),
            on=first + timedelta(days=i * 37 % DAYS),
            hour=i * 5 % 24,
            category=CLASSES[i % len(CLASSES)],
            kind="arrest_diversion" if i % 3 else "social_contact",
            district=int(district[i]),
            is_inside=bool(inside[i]),
            is_flagged=i < flagged,
        )
        for i in range(n)
    ]


def store_set(
    session: Session, folder: Path, name: str, listed: list[Row], *, is_public: bool, now: datetime
) -> None:
    """Import the rows as a set, the way an operator does."""
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "date", "arrest_time", "lead_class", "lon", "lat", "n_prefix"])
        for i, row in enumerate(listed):
            prefixes = 2 if row.is_flagged else 1
            time = f"{row.hour:02}:15"
            writer.writerow([i, row.on, time, row.category, row.lon, row.lat, prefixes])
    incidents.import_file(
        session,
        path,
        name=name,
        is_public_record=is_public,
        licence="made up for tests" if is_public else "",
        zone=SITE,
        actor=OFFICER,
        now=now,
    )


def store_referrals(session: Session, listed: list[Row], *, now: datetime) -> None:
    """Record the rows as referrals of people who gave no name."""
    for i, row in enumerate(listed):
        at = datetime(row.on.year, row.on.month, row.on.day, row.hour, 15, tzinfo=SITE)
        category = "drug_possession" if row.category == "other" else row.category
        is_arrest = row.kind == "arrest_diversion"
        content = ReferralContent(
            kind=row.kind,
            occurred_at=at.astimezone(UTC),
            lat=row.lat,
            lon=row.lon,
            location_source="gps",
            willing="yes" if i % 4 else "no",
            offence_category=category if is_arrest else None,
            concern=None if is_arrest else category,
        )
        referrals.record(session, UUID(int=i + 1), content, actor=OFFICER, now=now)
