"""The base map: classes and names of streets, the file's form, and the committed file itself."""

import gzip
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from app.config import ROOT
from app.geo.coords import EPSG_LOCAL_M, EPSG_WGS84
from app.maps import basemap, pmtiles

DATA = ROOT / "data"
WEST, SOUTH = -76.62, 39.29


@pytest.mark.parametrize(
    ("official", "written"),
    [
        ("W FRANKLIN ST", "W Franklin St"),
        ("E 25TH ST", "E 25th St"),
        ("SAINT PAUL PL", "St Paul Pl"),
        ("GREENMOUNT AVE", "Greenmount Ave"),
        ("LIBERTY HEIGHTS ROAD", "Liberty Heights Rd"),
        ("MCCULLOH ST", "McCulloh St"),
        ("O'DONNELL ST", "O'Donnell St"),
        ("S MARTIN LUTHER KING JR BLVD", "S Martin Luther King Jr Blvd"),
        ("", ""),
    ],
)
def test_a_name_is_written_as_on_a_map(official: str, written: str):
    assert basemap.display_name(official) == written


@pytest.mark.parametrize(
    ("official", "subtype", "expected"),
    [
        ("Minor Arterial Street", "Paved Road", "minor_arterial"),
        ("Other Principal Arterial Street", "Paved Road", "principal"),
        ("Interstate and Principal Arterial", "Limited Access", "motorway"),
        ("Freeway and Expressway", "Ramp", "ramp"),
        ("Collector Street", "Paved Road", "collector"),
        ("", "Paved Road", "local"),
        ("", "Alley", "alley"),
        ("Local Street", "Fictitious Centerline Segment", ""),
        ("residential", "", "local"),
        ("motorway_link", "", "ramp"),
        ("footway", "", ""),
    ],
)
def test_a_street_has_the_class_its_layer_gives_it(official: str, subtype: str, expected: str):
    found = basemap.street_class(pd.Series([official]), pd.Series([subtype]))

    assert found.tolist() == [expected]


def test_blocks_of_one_street_become_one_line():
    lines = [shapely.LineString([(x, 0), (x + 100, 0)]) for x in (0, 100, 200)]
    blocks = gpd.GeoDataFrame(
        {"class": "local", "kind": "minor_road", "name": ["A St", "A St", "B St"]},
        geometry=lines,
        crs=EPSG_LOCAL_M,
    )

    joined = basemap.join_streets(blocks)

    assert sorted(zip(joined["name"], joined.length, strict=True)) == [("A St", 200), ("B St", 100)]


def test_water_is_what_lies_beyond_the_shore_without_slivers():
    census = shapely.box(0, 0, 2000, 2000)
    harbour = shapely.box(500, 500, 1500, 1000)
    land = census.difference(harbour).difference(shapely.box(1000, 1800, 1500, 1803))

    water = basemap.water_of(census, land)

    assert water.area == pytest.approx(harbour.area, rel=0.001)


def test_tiles_are_numbered_along_the_hilbert_curve():
    numbers = [pmtiles.tile_id(tile) for tile in [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1)]]

    assert numbers == [0, 1, 2, 3]
    assert pmtiles.tile_id((1, 1, 0)) == 4
    assert pmtiles.tile_id((12, 3423, 1763)) == 19078479
    assert len({pmtiles.tile_id((5, x, y)) for x in range(32) for y in range(32)}) == 1024
    with pytest.raises(ValueError, match="no tile"):
        pmtiles.tile_id((1, 2, 0))


@pytest.fixture
def two_streets(tmp_path: Path) -> Path:
    path = tmp_path / "streets.gpkg"
    frame = gpd.GeoDataFrame(
        {"name": ["W FRANKLIN ST", "N EUTAW ST"], "highway": ["primary", "residential"]},
        geometry=[
            shapely.LineString([(WEST, SOUTH), (WEST + 0.01, SOUTH)]),
            shapely.LineString([(WEST + 0.005, SOUTH - 0.005), (WEST + 0.005, SOUTH + 0.005)]),
        ],
        crs=EPSG_WGS84,
    )
    frame.to_file(path, driver="GPKG")
    return path


def test_another_reader_finds_what_was_written(two_streets: Path, tmp_path: Path):
    out = tmp_path / "small.pmtiles"

    built = basemap.build(two_streets, DATA, out)

    roads = pyogrio.read_dataframe(out, layer="roads")
    assert built.street_count == 2
    assert set(roads["name"]) == {"W Franklin St", "N Eutaw St"}
    assert set(roads["kind"]) == {"major_road", "minor_road"}
    west, south, east, north = roads.to_crs(EPSG_WGS84).total_bounds
    assert (west, south) == pytest.approx((WEST, SOUTH - 0.005), abs=2e-5)
    assert (east, north) == pytest.approx((WEST + 0.01, SOUTH + 0.005), abs=2e-5)
    assert {layer for layer, _ in pyogrio.list_layers(out)} == {
        "roads", "earth", "water", "landuse", "places",
    }  # fmt: skip


def test_one_build_gives_the_same_bytes_as_the_next(two_streets: Path, tmp_path: Path):
    first, second = tmp_path / "1.pmtiles", tmp_path / "2.pmtiles"
    basemap.build(two_streets, DATA, first)
    basemap.build(two_streets, DATA, second)

    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("content", [b"", b"not a vector file", gzip.compress(b"{}")])
def test_a_file_without_streets_is_refused_in_words(content: bytes, tmp_path: Path):
    path = tmp_path / "streets.geojson"
    path.write_bytes(content)

    with pytest.raises(basemap.UnreadableStreets, match=r"streets\.geojson"):
        basemap.build(path, DATA, tmp_path / "out.pmtiles")
    assert not (tmp_path / "out.pmtiles").exists()


def test_the_committed_file_is_small_and_names_the_zone_edge_streets():
    path = DATA / basemap.FILE_NAME
    box = (-76.629, 39.285, -76.612, 39.296)
    to_web = gpd.GeoSeries([shapely.box(*box)], crs=EPSG_WGS84).to_crs(3857)

    roads = pyogrio.read_dataframe(path, layer="roads", bbox=tuple(to_web.total_bounds))

    assert path.stat().st_size < 4_000_000
    assert {"W Franklin St", "W Pratt St", "Light St", "N Martin Luther King Jr Blvd"} <= set(
        roads["name"].dropna()
    )


def test_build_command_prints_one_line_and_is_audited(app, two_streets: Path, tmp_path: Path):
    out = tmp_path / "small.pmtiles"

    result = app.test_cli_runner().invoke(
        args=["basemap", "build", str(two_streets), "--out", str(out)]
    )

    assert result.exit_code == 0, result.output
    assert "2 streets" in result.stdout
    assert len(result.stdout.strip().splitlines()) == 1
    assert out.stat().st_size > 1000


def test_the_base_map_is_served_by_range_and_may_be_kept(client):
    whole = (DATA / basemap.FILE_NAME).read_bytes()

    with client.get("/maps/basemap.pmtiles", headers={"Range": "bytes=100-227"}) as answer:
        assert answer.status_code == 206
        assert answer.data == whole[100:228]
        assert answer.headers["Content-Range"] == f"bytes 100-227/{len(whole)}"
        assert "max-age=604800" in answer.headers["Cache-Control"]
    known = {"If-None-Match": answer.headers["ETag"]}
    with client.get("/maps/basemap.pmtiles", headers=known) as again:
        assert again.status_code == 304
