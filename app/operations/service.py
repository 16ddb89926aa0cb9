"""What every installation needs, whether it can write, and the demonstration's data."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.audit.service import SYSTEM, Actor
from app.config import DATA
from app.db import site_zone_of
from app.errors import Conflict
from app.incidents import service as incidents
from app.operations.models import SyntheticLoad, WriteProbe
from app.operations.synthetic_incidents import DATASET, LICENCE, incidents_csv
from app.operations.synthetic_moves import Move
from app.operations.synthetic_referrals import SyntheticReferral, synthetic_referrals
from app.referrals import service as referrals
from app.screening import service as screening
from app.zones import service as zones

ZONE_FILE = DATA / "pilot_zone.geojson"
CRITERIA_FILE = DATA / "criteria" / "bpd-806-2017.yaml"
PROGRAMME_BEGINS = datetime(2017, 2, 8)  # noqa: DTZ001 - midnight in the site's time zone
DEFAULT_REFERRALS = 400
DEFAULT_INCIDENTS = 20_000
DEFAULT_SEED = 806
MOST_REFERRALS = 100_000
MOST_INCIDENTS = 5_000_000
SYNTHETIC = "synthetic"
PROBE_ID = 1


class AlreadyLoaded(Conflict):
    """The demonstration has its data, made in another way than is asked for."""

    code = "exists"


@dataclass(frozen=True)
class Load:
    """How one part of the demonstration's data was made."""

    row_count: int
    seed: int


def write_probe(session: Session, *, now: datetime) -> None:
    """Write one row, so that the commit shows whether the database takes it."""
    session.merge(WriteProbe(id=PROBE_ID, written_at_utc=now))
    session.flush()


def load_reference_data(session: Session, *, now: datetime, actor: Actor = SYSTEM) -> None:
    """Put zone version 1 and the 2017 criteria in force where they are missing."""
    begins = PROGRAMME_BEGINS.replace(tzinfo=site_zone_of(session))
    if not zones.versions(session):
        outline = json.loads(ZONE_FILE.read_text(encoding="utf-8"))
        about = outline["features"][0]["properties"]
        zones.publish_first(
            session,
            outline,
            name=about["name"],
            effective_from=begins,
            actor=actor,
            now=now,
            source=about["source"],
            licence=about["licence"],
        )
    if screening.find_criteria_in_force(session, begins) is None:
        loaded = screening.load_criteria(session, CRITERIA_FILE, actor=actor, now=now)
        screening.publish(session, loaded.label, actor=actor, now=now)


def find_load(session: Session, name: str) -> Load | None:
    """How the synthetic `referrals` or `incidents` here were made; None: they are not here."""
    row = session.get(SyntheticLoad, name)
    return Load(row.row_count, row.seed) if row else None


def require_not_loaded(session: Session, wanted: Mapping[str, Load]) -> None:
    """Check that what is loaded, if anything, is what is wanted.

    Raises:
        AlreadyLoaded
    """
    for name, load in wanted.items():
        found = find_load(session, name)
        if found is not None and found != load:
            raise AlreadyLoaded(
                f"{found.row_count:,} synthetic {name} (seed {found.seed}) are loaded. "
                "Empty the demonstration first with: demo reset"
            )


def load_synthetic_referrals(session: Session, load: Load, *, actor: Actor, now: datetime) -> None:
    """Record synthetic referrals and their history, until the start of today, unless they are here.

    Everything goes the way real referrals go, so sealing and the audit chain hold.

    Raises:
        AlreadyLoaded: with another number or seed.
    """
    require_not_loaded(session, {"referrals": load})
    if find_load(session, "referrals") is not None:
        return
    site_zone = site_zone_of(session)
    until = datetime.combine(now.astimezone(site_zone).date(), time(), tzinfo=site_zone)
    made = synthetic_referrals(
        load.row_count,
        seed=load.seed,
        until=until,
        zone=site_zone,
        outline=zones.zone_in_force(session, now).outline,
    )
    actors = _demo_actors(session)
    for referral, move in _in_order_of_time(made):
        if move is None:
            referrals.record(
                session,
                referral.uuid,
                referral.content,
                actor=actors[referral.role],
                now=referral.received_at,
            )
        else:
            referrals.set_state(
                session,
                referral.uuid,
                move.field,
                move.to,
                actor=actors[move.role],
                role=move.role,
                reason=SYNTHETIC,
                now=move.at,
            )
    _note_load(session, "referrals", load, actor=actor, now=now)


def load_synthetic_incidents(session: Session, load: Load, *, actor: Actor, now: datetime) -> None:
    """Import synthetic incidents as a public-record set, until yesterday, unless they are here.

    Raises:
        AlreadyLoaded: with another number or seed.
    """
    require_not_loaded(session, {"incidents": load})
    if find_load(session, "incidents") is not None:
        return
    site_zone = site_zone_of(session)
    today = now.astimezone(site_zone).date()
    with tempfile.TemporaryDirectory(prefix="lead-synthetic-") as folder:
        path = Path(folder) / f"{DATASET}.csv"
        text = incidents_csv(load.row_count, seed=load.seed, today=today, zone=site_zone)
        path.write_text(text, encoding="utf-8")
        incidents.import_file(
            session,
            path,
            name=DATASET,
            is_public_record=True,
            licence=LICENCE,
            is_replaced=True,
            zone=site_zone,
            actor=actor,
            now=now,
        )
    _note_load(session, "incidents", load, actor=actor, now=now)


def _in_order_of_time(
    made: Sequence[SyntheticReferral],
) -> Iterator[tuple[SyntheticReferral, Move | None]]:
    """Each referral (with None) and each of its moves, as they happened."""
    steps: list[tuple[datetime, int, int, SyntheticReferral, Move | None]] = []
    for i, referral in enumerate(made):
        steps.append((referral.received_at, 0, i, referral, None))
        steps += [(move.at, j, i, referral, move) for j, move in enumerate(referral.moves, start=1)]
    for _, _, _, referral, move in sorted(steps, key=lambda step: step[:3]):
        yield referral, move


def _demo_actors(session: Session) -> dict[str, Actor]:
    """The demonstration's people as actors, by role, and the system."""
    actors = {"system": SYSTEM}
    for person in accounts.people(session):
        for role in person.roles:
            if person.email == f"{role}@{accounts.DEMO_DOMAIN}":
                actors[role.value] = Actor(f"user:{person.id}", person.id, (role.value,), "system")
    return actors


def _note_load(session: Session, name: str, load: Load, *, actor: Actor, now: datetime) -> None:
    session.add(
        SyntheticLoad(name=name, row_count=load.row_count, seed=load.seed, loaded_at_utc=now)
    )
    audit.record(
        session,
        "demonstration.loaded",
        actor=actor,
        subject_kind="demonstration",
        subject_id=name,
        now=now,
        details={"rows": load.row_count, "seed": load.seed},
    )
    session.flush()
