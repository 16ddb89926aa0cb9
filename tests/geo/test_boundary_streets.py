"""Every piece of a boundary is named after the street it runs along, or after none."""

from itertools import pairwise

import pytest
import shapely

from app.geo.boundary_streets import label_boundary, read_centre_lines
from app.geo.coords import project_m, to_local_m, to_wgs84

EAST_M, NORTH_M = to_local_m().transform(-76.62, 39.29)


def from_m(*corners):
    """Metres east and north of a place downtown, as lon/lat."""
    return [to_wgs84().transform(EAST_M + east, NORTH_M + north) for east, north in corners]


def line(*corners):
    return shapely.LineString(from_m(*corners))


@pytest.fixture
def block():
    """400 m east to west, 300 m north to south, from its south-west corner round by the east."""
    return shapely.Polygon(from_m((0, 0), (400, 0), (400, 300), (0, 300)))


def lengths_m(edges):
    found = {}
    for edge in edges:
        found[edge.street] = found.get(edge.street, 0) + project_m(edge.line_wgs84).length
    return found


SOUTH = ("South St", line((-100, 0), (500, 0)))
EAST = ("East Ave", line((400, -100), (400, 400)))
NORTH = ("North St", line((-100, 300), (500, 300)))
WEST = ("West Blvd", line((0, -100), (0, 400)))


def test_each_side_has_its_street(block):
    found = lengths_m(label_boundary(block, [SOUTH, EAST, NORTH, WEST]))

    assert found == pytest.approx(
        {"South St": 400, "East Ave": 300, "North St": 400, "West Blvd": 300}, abs=25
    )


def test_the_stretches_are_the_whole_boundary_and_in_order(block):
    edges = label_boundary(block, [SOUTH, EAST, NORTH, WEST])

    assert sum(lengths_m(edges).values()) == pytest.approx(project_m(block.exterior).length)
    ends = [(edge.line_wgs84.coords[0], edge.line_wgs84.coords[-1]) for edge in edges]
    assert all(after[0] == before[1] for before, after in pairwise(ends))
    assert ends[0][0] == ends[-1][1] == block.exterior.coords[0]


def test_a_line_between_two_carriageways_gets_their_street(block):
    carriageways = [
        ("West Blvd", line((-12, -100), (-12, 400))),
        ("West Blvd", line((14, 400), (14, -100))),
    ]

    found = lengths_m(label_boundary(block, carriageways))

    assert found["West Blvd"] == pytest.approx(300, abs=25)


def test_a_street_that_crosses_gives_no_name(block):
    crossing = [(f"Cross {n} St", line((n, -50), (n, 50))) for n in (100, 200, 300)]

    assert set(lengths_m(label_boundary(block, crossing))) == {None}


@pytest.mark.parametrize(("off_m", "name"), [(39, "South St"), (41, None)])
def test_a_street_too_far_away_gives_no_name(block, off_m, name):
    far = [("South St", line((-100, -off_m), (500, -off_m)))]

    found = lengths_m(label_boundary(block, far))

    assert found.get(name, 0) >= 375
    assert ("South St" in found) is (name is not None)


def test_the_nearest_of_two_parallel_streets_is_meant(block):
    streets = [("Alley", line((-100, 20), (500, 20))), SOUTH]

    assert "Alley" not in lengths_m(label_boundary(block, streets))


def test_a_short_gap_belongs_to_its_neighbours(block):
    """At a wide crossing the centre line is missing for 30 m."""
    gap = [
        ("South St", line((-100, 0), (185, 0))),
        ("South St", line((215, 0), (500, 0))),
    ]

    edges = label_boundary(block, gap)

    assert lengths_m(edges)["South St"] == pytest.approx(400, abs=25)
    assert len([edge for edge in edges if edge.street == "South St"]) == 1


def test_a_name_that_changes_on_the_way_is_kept_on_both_sides(block):
    streets = [("W South St", line((-100, 0), (150, 0))), ("E South St", line((150, 0), (500, 0)))]

    found = lengths_m(label_boundary(block, streets))

    assert found["W South St"] == pytest.approx(150, abs=25)
    assert found["E South St"] == pytest.approx(250, abs=25)


def test_without_streets_there_are_no_names(block):
    assert [edge.street for edge in label_boundary(block, [])] == [None]
    elsewhere = [("Far St", line((9000, 9000), (9500, 9000)))]
    assert [edge.street for edge in label_boundary(block, elsewhere)] == [None]


def test_holes_and_parts_are_labelled_too(block):
    hole = shapely.Polygon(from_m((100, 100), (300, 100), (300, 200), (100, 200)))
    apart = shapely.Polygon(from_m((600, 0), (800, 0), (800, 200), (600, 200)))
    outline = shapely.MultiPolygon([block.difference(hole), apart])
    inner = ("Inner St", line((90, 100), (310, 100)))
    beyond = ("Beyond St", line((600, 200), (800, 200)))

    found = lengths_m(label_boundary(outline, [inner, beyond]))

    assert found["Inner St"] == pytest.approx(200, abs=25)
    assert found["Beyond St"] == pytest.approx(200, abs=25)
    total_m = shapely.length(project_m(outline.boundary))
    assert sum(found.values()) == pytest.approx(total_m, abs=0.1)


def test_the_shipped_streets_have_names_as_on_signs(pytestconfig):
    names = {name for name, _ in read_centre_lines(pytestconfig.rootpath / "data/streets.parquet")}

    assert names >= {"W Franklin St", "St Paul Pl", "N Martin Luther King Jr Blvd", "Light St"}
    shouted = {name for name in names if name.isupper() and len(name) > 5}
    assert all(name.startswith("I ") for name in shouted)  # the interstates
    assert not any("-" in name for name in names)
