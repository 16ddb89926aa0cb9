"""Outlines are read strictly: doubtful ones are refused with the reason, never repaired."""

import json

import numpy as np
import pytest
import shapely

from app.geo.geojson import (
    MAX_VERTICES,
    InvalidOutline,
    feature,
    geometry_as_geojson,
    outline_from,
    read_outline,
    require_outline_in_service_area,
    require_valid,
)

SQUARE = [[-76.63, 39.28], [-76.61, 39.28], [-76.61, 39.3], [-76.63, 39.3], [-76.63, 39.28]]
HOLE = [[-76.625, 39.285], [-76.625, 39.29], [-76.62, 39.29], [-76.62, 39.285], [-76.625, 39.285]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def in_a_feature(geometry):
    return {"type": "Feature", "properties": {}, "geometry": geometry}


@pytest.mark.parametrize(
    "wrapped",
    [
        polygon(SQUARE),
        in_a_feature(polygon(SQUARE)),
        {"type": "FeatureCollection", "features": [in_a_feature(polygon(SQUARE))]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
        polygon([[*position, 12.5] for position in SQUARE]),
        {**polygon(SQUARE), "crs": {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}},
    ],
)
def test_an_outline_is_read_however_it_is_wrapped(wrapped):
    assert read_outline(json.dumps(wrapped)).equals(shapely.Polygon(SQUARE))


def test_holes_and_parts_are_kept():
    far = [[x + 0.03, y + 0.03] for x, y in SQUARE]
    outline = outline_from({"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [far]]})

    assert [len(ring.coords) for ring in shapely.get_rings(shapely.get_parts(outline))] == [5, 5, 5]
    assert outline.area == pytest.approx(2 * 0.0004 - 0.000025)


def test_every_digit_comes_back(pytestconfig):
    text = (pytestconfig.rootpath / "data/pilot_zone.geojson").read_text()

    outline = read_outline(text)

    assert geometry_as_geojson(outline) == json.loads(text)["features"][0]["geometry"]


BOW_TIE = [[-76.63, 39.28], [-76.61, 39.3], [-76.61, 39.28], [-76.63, 39.3], [-76.63, 39.28]]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no GeoJSON object"),
        ([1], "no GeoJSON object"),
        ({"type": "Feature", "geometry": None}, "no GeoJSON object"),
        ({"type": "FeatureCollection"}, "must be a list"),
        ({"type": "FeatureCollection", "features": []}, "exactly one outline; it holds 0"),
        ({"type": "FeatureCollection", "features": [1, 2]}, "exactly one outline; it holds 2"),
        ({"type": "Point", "coordinates": [1, 2]}, "Polygon or a MultiPolygon"),
        ({"type": "GeometryCollection", "geometries": []}, "Polygon or a MultiPolygon"),
        ({"type": "Polygon"}, "must be a list"),
        ({"type": "Polygon", "coordinates": []}, "no ring"),
        ({"type": "MultiPolygon", "coordinates": []}, "no parts"),
        ({"type": "Polygon", "coordinates": {"a": 1}}, "must be a list"),
        (polygon([[0, 0]]), "at least 4 positions"),
        (polygon(SQUARE[:-1]), "not closed"),
        (polygon([*SQUARE[:3], [-76.63, 39.28001]]), "not closed"),
        (polygon([["a", "b"], *SQUARE]), "no finite number"),
        (polygon([[True, 39.3], *SQUARE]), "no finite number"),
        (polygon([["-76.6", 39.3], *SQUARE]), "no finite number"),
        (polygon([[10**400, 39.3], *SQUARE]), "no finite number"),
        (polygon([[1], *SQUARE]), "is not \\[lon, lat\\]"),
        (polygon([{"lon": 1, "lat": 2}, *SQUARE]), "is not \\[lon, lat\\]"),
        (polygon([[-190, 39.3], *SQUARE[1:4], [-190, 39.3]]), "out of range"),
        (polygon([[39.3, -96.6], *SQUARE[1:4], [39.3, -96.6]]), "out of range"),
        (polygon(BOW_TIE), "self-intersection near lon -76.62, lat 39.29"),
        (polygon(HOLE, SQUARE), "hole|nested|intersect"),
        (polygon(SQUARE, [[x + 1, y] for x, y in HOLE]), "hole lies outside shell"),
        (polygon([SQUARE[0], SQUARE[1], SQUARE[2], SQUARE[1], SQUARE[0]]), "not valid"),
        ({**polygon(SQUARE), "crs": {"properties": {"name": "EPSG:26985"}}}, "coordinate system"),
        ({**polygon(SQUARE), "crs": "EPSG:4326"}, "coordinate system"),
    ],
)
def test_what_is_doubtful_is_refused_with_its_reason(value, reason):
    with pytest.raises(InvalidOutline, match=reason):
        outline_from(value)


@pytest.mark.parametrize("text", ["", "{", "\xff", "[" * 200_000, '{"type": NaN}', "Infinity"])
def test_text_that_is_not_json_is_refused(text):
    with pytest.raises(InvalidOutline):
        read_outline(text)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_without_end_is_refused(number):
    ring = json.dumps(SQUARE).replace("-76.63", number, 1)

    with pytest.raises(InvalidOutline):
        read_outline(f'{{"type": "Polygon", "coordinates": [{ring}]}}')


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(InvalidOutline):
        read_outline(b"\xff\xfe\xfa{}")


def test_a_deep_nest_of_collections_is_refused():
    text = '{"type":"GeometryCollection","geometries":[' * 20_000 + "]}" * 20_000

    with pytest.raises(InvalidOutline):
        read_outline(text)


def test_a_ring_with_too_many_corners_is_refused():
    angle = np.linspace(0, 2 * np.pi, MAX_VERTICES + 1)
    ring = np.column_stack([-76.62 + 0.01 * np.cos(angle), 39.29 + 0.01 * np.sin(angle)])
    ring[-1] = ring[0]

    with pytest.raises(InvalidOutline, match="corners"):
        require_valid(shapely.Polygon(ring))


def test_an_outline_beyond_the_city_is_refused():
    with pytest.raises(InvalidOutline, match="outside Baltimore City"):
        require_outline_in_service_area(shapely.box(-77.1, 38.8, -77.0, 38.9))


def test_a_swapped_outline_is_named_as_such():
    with pytest.raises(InvalidOutline, match="swapped"):
        require_outline_in_service_area(shapely.Polygon([(y, x) for x, y in SQUARE]))


def test_a_feature_has_the_members_of_rfc_7946():
    written = feature(shapely.Point(-76.6, 39.3), {"name": "x"}, feature_id=7)

    assert written == {
        "type": "Feature",
        "id": 7,
        "properties": {"name": "x"},
        "geometry": {"type": "Point", "coordinates": [-76.6, 39.3]},
    }
    assert feature(None, {})["geometry"] is None
