"""Versions of the zone are dated and fixed, and a check uses the one in force."""

from datetime import UTC, datetime, timedelta

import pytest
import shapely
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from app.audit.models import AuditEvent
from app.audit.service import SYSTEM
from app.geo.coords import LonLat, OutsideServiceArea, project_m
from app.geo.geojson import InvalidOutline
from app.zones import service
from app.zones.models import Zone
from app.zones.service import Question, ZoneStatus

MARKET = LonLat(-76.6216, 39.2916)
IN_THE_SQUARE = LonLat(-76.6175, 39.3025)
PILOT_BEGAN = datetime(2017, 2, 8, 5, 0, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def second_version(session, publish, square):
    """Version 2, in force from 1 March 2026."""
    return publish(session, square, MARCH)


def test_version_1_is_the_pilot_zone_from_the_midnight_it_began(session):
    [zone] = service.versions(session)

    assert zone.version == 1
    assert zone.effective_from_utc == PILOT_BEGAN
    assert zone.effective_to_utc is None
    assert len(shapely.get_coordinates(zone.outline)) == 131
    assert project_m(zone.outline).area == pytest.approx(1_156_934, abs=5)


def test_the_boundary_runs_along_the_published_streets(session):
    [zone] = service.versions(session)

    length_m = {}
    for edge in zone.boundary_streets:
        length_m.setdefault(edge.street, 0)
        length_m[edge.street] += project_m(edge.line_wgs84).length

    assert set(length_m) == {
        "W Franklin St",
        "E Franklin St",
        "St Paul Pl",
        "St Paul St",
        "Light St",
        "E Pratt St",
        "W Pratt St",
        "S Martin Luther King Jr Blvd",
        "N Martin Luther King Jr Blvd",
    }
    assert sum(length_m.values()) == pytest.approx(4_346, abs=2)
    assert length_m["W Franklin St"] + length_m["E Franklin St"] == pytest.approx(1_172, abs=45)
    assert length_m["W Pratt St"] + length_m["E Pratt St"] == pytest.approx(1_222, abs=45)


@pytest.mark.parametrize(
    ("lat", "lon", "street"),
    [
        (39.2945, -76.6200, "W Franklin St"),
        (39.2868, -76.6200, "W Pratt St"),
        (39.2880, -76.6280, "S Martin Luther King Jr Blvd"),
        (39.2925, -76.6278, "N Martin Luther King Jr Blvd"),
        (39.2880, -76.6138, "Light St"),
        (39.2940, -76.6142, "St Paul Pl"),
    ],
)
def test_the_nearest_street_is_the_one_an_officer_would_name(session, now, lat, lon, street):
    assert service.check(session, LonLat(lon, lat), now=now).nearest_street == street


def test_a_check_says_everything_the_contract_names(session, now):
    answer = service.check(session, MARKET, accuracy_m=12.0, now=now)

    assert answer.status is ZoneStatus.INSIDE
    assert answer.distance_to_boundary_m == pytest.approx(363.27, abs=0.01)
    assert (answer.lat, answer.lon, answer.accuracy_m) == (39.2916, -76.6216, 12.0)
    assert answer.zone.version == 1
    assert answer.checked_at == now


@pytest.mark.parametrize(
    ("at", "version"),
    [
        (PILOT_BEGAN, 1),
        (MARCH - INSTANT, 1),
        (MARCH, 2),
        (MARCH + timedelta(days=5000), 2),
    ],
)
@pytest.mark.usefixtures("second_version")
def test_the_version_in_force_at_the_moment_asked_about_answers(session, now, at, version):
    assert service.zone_in_force(session, at).version == version
    answer = service.check(session, IN_THE_SQUARE, at=at, now=now)
    assert answer.zone.version == version
    assert answer.status is (ZoneStatus.INSIDE if version == 2 else ZoneStatus.OUTSIDE)


def test_before_the_first_version_there_is_no_answer(session, now):
    with pytest.raises(service.NoZoneInForce) as refused:
        service.check(session, MARKET, at=PILOT_BEGAN - INSTANT, now=now)

    assert refused.value.code == "no_zone_in_force"


def test_a_version_ends_where_the_next_begins(session, publish, square):
    publish(session, square, MARCH)

    first, second = service.versions(session)
    assert (first.effective_to_utc, second.effective_to_utc) == (MARCH, None)
    assert second.version == 2
    assert second.name == first.name


@pytest.mark.parametrize("begins", [PILOT_BEGAN, PILOT_BEGAN - timedelta(days=1)])
def test_a_new_version_begins_after_the_latest(session, publish, square, begins):
    with pytest.raises(service.NotAfterLatest):
        publish(session, square, begins)


def test_there_is_one_first_version(session, square, now):
    with pytest.raises(service.ZoneExists):
        service.publish_first(
            session,
            square,
            name="Another",
            effective_from=MARCH,
            actor=SYSTEM,
            now=now,
            source="",
            licence="",
        )


def test_publishing_is_audited_without_coordinates(session, publish, square):
    zone = publish(session, square, MARCH)

    event = session.scalars(
        select(AuditEvent).where(
            AuditEvent.action == "zone.published", AuditEvent.subject_id == str(zone.id)
        )
    ).one()
    assert event.details["version"] == 2
    assert event.details["is_emergency"] is True
    assert "76.6" not in str(event.details)


def test_a_published_version_cannot_be_edited(session):
    row = session.scalars(select(Zone)).one()
    row.name = "Renamed"

    with pytest.raises(RuntimeError, match="never edited"):
        session.flush()
    session.expire(row)


def test_a_published_version_cannot_be_deleted(session):
    session.delete(session.scalars(select(Zone)).one())

    with pytest.raises(RuntimeError, match="never edited"):
        session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        update(Zone).values(name="Renamed"),
        text("DELETE FROM zone"),
        text("UPDATE zone SET version = 9"),
    ],
)
def test_the_database_itself_refuses_to_change_a_version(session, statement):
    with pytest.raises(IntegrityError, match="never edited"):
        session.execute(statement)


@pytest.mark.parametrize(
    "broken",
    [
        {
            "type": "Polygon",
            "coordinates": [
                [[-76.62, 39.3], [-76.61, 39.31], [-76.61, 39.3], [-76.62, 39.31], [-76.62, 39.3]]
            ],
        },
        {
            "type": "Polygon",
            "coordinates": [[[39.3, -76.62], [39.3, -76.61], [39.31, -76.61], [39.3, -76.62]]],
        },
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "Point", "coordinates": [-76.62, 39.3]},
    ],
)
def test_a_doubtful_outline_is_refused_and_nothing_stored(session, publish, broken):
    with pytest.raises(InvalidOutline):
        publish(session, broken, MARCH)

    assert session.scalar(select(func.count()).select_from(Zone)) == 1


def test_in_a_batch_every_point_has_its_own_answer(session, publish, square, now):
    publish(session, square, MARCH)
    questions = [
        Question(IN_THE_SQUARE, at=datetime(2020, 1, 1, tzinfo=UTC)),
        Question(LonLat(39.29, -76.62)),
        Question(IN_THE_SQUARE),
        Question(MARKET, at=datetime(2016, 1, 1, tzinfo=UTC)),
        Question(IN_THE_SQUARE, accuracy_m=5000),
    ]

    outside, swapped, inside, too_early, uncertain = service.check_many(session, questions, now=now)

    assert (outside.status, inside.status) == (ZoneStatus.OUTSIDE, ZoneStatus.INSIDE)
    assert isinstance(swapped, OutsideServiceArea)
    assert isinstance(too_early, service.NoZoneInForce)
    assert uncertain.status is ZoneStatus.UNCERTAIN
    assert service.check_many(session, [], now=now) == []


def test_one_by_one_and_in_a_batch_the_answers_are_equal(session, now):
    points = [LonLat(-76.64 + n * 7e-4, 39.28 + n * 5e-4) for n in range(40)]

    many = service.check_many(session, [Question(point, 25.0) for point in points], now=now)

    assert many == [service.check(session, point, accuracy_m=25.0, now=now) for point in points]


def test_an_index_is_shared_by_versions_of_one_shape(session):
    [zone] = service.versions(session)

    assert service.index_of(zone) is service.index_of(zone)
