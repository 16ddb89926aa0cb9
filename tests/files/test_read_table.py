"""Tables that operators hand in, good and bad."""

import gzip
import json
import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.files.service import Chunk, MissingColumns, UnreadableFile, read_table

MARKET = (-76.6216, 39.2916)
STATION = (-76.6156, 39.3073)


def read(path: Path, **named: str) -> list[Chunk]:
    with read_table(path, named=named) as table:
        return list(table.chunks)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def points() -> gpd.GeoDataFrame:
    geometry = [
        shapely.Point(MARKET),
        None,
        shapely.Point(STATION),
        shapely.LineString([MARKET, STATION]),
    ]
    return gpd.GeoDataFrame(
        {"name": ["a", "b", "c", "d"], "n": [1, 2, 3, 4]}, geometry=geometry, crs=4326
    )


def test_csv_keeps_every_text_and_finds_coordinates_by_name(tmp_path):
    path = write(tmp_path / "a.csv", 'id,Longitude,LAT,note\n007,-76.6216,39.2916,"a, b"\n8,,,\n')
    with read_table(path) as table:
        assert table.columns == ("id", "Longitude", "LAT", "note")
        (chunk,) = table.chunks

    assert list(chunk.columns["id"]) == ["007", "8"]
    assert list(chunk.columns["note"]) == ["a, b", ""]
    assert list(chunk.numbers) == [1, 2]
    np.testing.assert_array_equal(chunk.lon, [-76.6216, np.nan])
    np.testing.assert_array_equal(chunk.lat, [39.2916, np.nan])


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("lon,lat", {}),
        ("lng,lat", {}),
        ("x,y", {}),
        (" LON , Lat ", {}),
        ("a,b", {"lon": "a", "lat": "b"}),
    ],
)
def test_columns_are_found_by_name_or_named(tmp_path, header, named):
    (chunk,) = read(write(tmp_path / "a.csv", f"{header}\n-76.6,39.3\n"), **named)

    assert (chunk.lon[0], chunk.lat[0]) == (-76.6, 39.3)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_the_header_uses(tmp_path, delimiter):
    text = "lon,lat,n\n-76.6,39.3,1\n".replace(",", delimiter)

    assert read(write(tmp_path / "a.csv", text))[0].lat[0] == 39.3


@pytest.mark.parametrize(
    "pair",
    ["nan,39.3", "-76.6,NaN", "inf,39.3", "-76.6,1e400", "-76.6,abc", "-76.6,", "-7_6.6,39.3",
     "1421000,593000", "-76.6,91", "181,39.3"],
)  # fmt: skip
def test_what_is_not_a_place_on_earth_has_no_coordinates(tmp_path, pair):
    (chunk,) = read(write(tmp_path / "a.csv", f"lon,lat\n{pair}\n"))

    assert np.isnan(chunk.lon[0])
    assert np.isnan(chunk.lat[0])


def test_gzip_is_told_by_its_content(tmp_path):
    packed = gzip.compress(b"lon,lat\n-76.6,39.3\n")
    for name in ("a.csv.gz", "a.csv"):
        (tmp_path / name).write_bytes(packed)

        assert read(tmp_path / name)[0].lon[0] == -76.6


def test_a_bad_row_is_reported_and_the_others_are_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"id,lon,lat\n1,-76.6,39.3\n2,-76.6\n3,-76.6,39.3,x\n4,-76.6,39.3,,\n\n"
        b'caf\xe9,-76.6,39.3\n"a"b,-76.6,39.3\n6\x00,-76.6,39.3\n7,-76.6,39.3\n'
    )
    (chunk,) = read(path)

    assert list(chunk.columns["id"]) == ["1", "4", "7"]
    assert list(chunk.numbers) == [1, 4, 8]
    assert [row.number for row in chunk.unreadable] == [2, 3, 5, 6, 7]
    assert [row.reason.split(" (")[0] for row in chunk.unreadable] == [
        "has 2 cells where the header has 3",
        "has 4 cells where the header has 3",
        "holds bytes that are not UTF-8 text",
        "quotes or line breaks are wrong",
        "holds zero bytes",
    ]


def test_long_files_come_in_chunks_with_numbers_that_go_on(tmp_path):
    rows = "".join(f"{i},-76.6,39.3\n" for i in range(1, 120_001))
    chunks = read(write(tmp_path / "a.csv", "id,lon,lat\n" + rows))

    assert len(chunks) == 3
    assert chunks[2].numbers[0] == 100_001
    assert chunks[2].columns["id"][-1] == "120000"
    assert chunks[-1].share_read == 1.0


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b"id,date\n1,2013-01-01\n", "no columns for coordinates"),
        ("a.csv", b"-76.6,39.3\n-76.7,39.4\n", "a line with the column names is missing"),
        ("a.csv", b"lon,lat,LON\n1,2,3\n", "two columns called"),
        ("a.csv", "lon,lat\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"PK\x03\x04rest", "zip or spreadsheet"),
        ("a.csv", b"lon\x00,lat\n", "not a text file"),
        ("a.csv", b"lon,lat\n" + b"1" * 1_000_001, "more than 1,000,000 characters"),
        (
            "a.csv.gz",
            gzip.compress(b"lon,lat\n-76.6,39.3\n" * 5000)[:-40],
            "damaged or incomplete gzip",
        ),
        ("a.csv.gz", b"\x1f\x8bnot really", "damaged or incomplete gzip"),
        ("a.geojson", b"{", "not valid JSON"),
        ("a.geojson", b"[" * 100_000, "not valid JSON"),
        ("a.geojson", b'{"type": "Point"}', "not a GeoJSON FeatureCollection"),
        ("a.geojson", b"<OGRVRTDataSource/>", "not valid JSON"),
        ("a.geojson", b'{"features": [], "crs": {"name": "EPSG:2248"}}', "not in lon/lat"),
        ("a.parquet", b"PAR1 not really", "damaged or is not a Parquet"),
        ("a.gpkg", b"not a database", "damaged or is not the kind"),
        ("a.kml", b"<kml><!DOCTYPE x></kml>", "XML entities"),
        ("a.xlsx", b"PK", "of a kind that is not read here"),
        ("a", b"lon,lat\n", "of a kind that is not read here"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)

    with pytest.raises((UnreadableFile, MissingColumns), match=says):
        read(tmp_path / name)


@pytest.mark.parametrize(
    "address", ["/vsicurl/http://127.0.0.1:9/x.gpkg", "http://127.0.0.1:9/a.csv", "."]
)
def test_only_regular_files_are_opened(address):
    with pytest.raises(UnreadableFile, match="There is no file"):
        read(Path(address))


@pytest.mark.parametrize(
    ("suffix", "epsg"),
    [(".gpkg", 4326), (".gpkg", 2248), (".fgb", 4326), (".fgb", 2248), (".geojson", 4326)],
)
def test_vector_files_give_points_in_wgs84(tmp_path, suffix, epsg):
    path = tmp_path / f"a{suffix}"
    points().to_crs(epsg).to_file(path, **({"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}))
    (chunk,) = read(path)

    assert list(chunk.columns) == ["name", "n"]
    assert list(chunk.columns["n"]) == ["1", "2", "3", "4"]
    np.testing.assert_allclose(chunk.lon, [MARKET[0], np.nan, STATION[0], np.nan], atol=1e-6)
    np.testing.assert_allclose(chunk.lat, [MARKET[1], np.nan, STATION[1], np.nan], atol=1e-6)


def test_kml_and_shapefile_give_points(tmp_path):
    frame = points().iloc[[0, 2]]
    frame.to_file(tmp_path / "a.kml", driver="KML")
    frame.to_crs(26985).to_file(tmp_path / "b c[1].shp")

    for name in ("a.kml", "b c[1].shp"):
        (chunk,) = read(tmp_path / name)
        np.testing.assert_allclose(chunk.lat, [MARKET[1], STATION[1]], atol=1e-6)


def test_a_shapefile_without_its_crs_is_refused(tmp_path):
    points().iloc[[0, 2]].to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()

    with pytest.raises(UnreadableFile, match=r"no \.prj file"):
        read(tmp_path / "a.shp")


@pytest.mark.parametrize("part", ["shp", "dbf", "shx"])
def test_a_shapefile_cut_short_is_refused(tmp_path, part):
    frame = gpd.GeoDataFrame(
        {"n": range(50)}, geometry=gpd.points_from_xy([-76.6] * 50, [39.3] * 50), crs=4326
    )
    frame.to_file(tmp_path / "a.shp")
    path = tmp_path / f"a.{part}"
    path.write_bytes(path.read_bytes()[:200])

    with pytest.raises(UnreadableFile, match="cut short"):
        read(tmp_path / "a.shp")


def test_a_shapefile_claiming_2_to_the_31_points_does_no_harm(tmp_path):
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(-76.6, 39.2, -76.5, 39.3)], crs=4326)
    frame.to_file(tmp_path / "a.shp")
    content = bytearray((tmp_path / "a.shp").read_bytes())
    content[100 + 8 + 4 + 32 + 4 : 100 + 8 + 4 + 32 + 8] = struct.pack("<i", 0x7FFFFFF0)
    (tmp_path / "a.shp").write_bytes(content)
    (chunk,) = read(tmp_path / "a.shp")

    assert np.isnan(chunk.lon).all()


def test_a_file_that_tells_gdal_to_open_another_is_not_followed(tmp_path):
    secret = write(tmp_path / "s.csv", "lon,lat,secret\n-76.6,39.3,planted-word\n")
    for suffix in (".gpkg", ".shp", ".kml", ".fgb"):
        path = write(
            tmp_path / f"v{suffix}",
            f'<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>{secret}</SrcDataSource>'
            '<GeometryType>wkbPoint</GeometryType><GeometryField encoding="PointFromColumns" '
            'x="lon" y="lat"/></OGRVRTLayer></OGRVRTDataSource>',
        )
        with pytest.raises(UnreadableFile):
            read(path)


def test_several_layers_are_refused_by_name(tmp_path):
    for layer in ("first", "second"):
        points().iloc[[0]].to_file(tmp_path / "a.gpkg", layer=layer)

    with pytest.raises(UnreadableFile, match="first, second"):
        read(tmp_path / "a.gpkg")


def test_parquet_keeps_types_as_text_and_reads_its_coordinates(tmp_path):
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "day": pd.to_datetime(["2013-01-01", None]),
            "lon": [-76.6, None],
            "lat": [39.3, 39.3],
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    (chunk,) = read(tmp_path / "a.parquet")

    assert list(chunk.columns["id"]) == ["1", "2"]
    assert chunk.columns["day"][0].startswith("2013-01-01")
    assert chunk.columns["day"][1] == ""
    np.testing.assert_array_equal(chunk.lon, [-76.6, np.nan])


def test_geoparquet_is_read_by_its_geometry(tmp_path):
    points().to_crs(26985).to_parquet(tmp_path / "a.parquet")
    (chunk,) = read(tmp_path / "a.parquet")

    np.testing.assert_allclose(chunk.lat, [MARKET[1], np.nan, STATION[1], np.nan], atol=1e-6)


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": ["-76.6", "39.3"]},
        {"type": "Point", "coordinates": [float("nan"), 39.3]},
        {"type": "Point", "coordinates": [True, 39.3]},
        {"type": "Point", "coordinates": [10**400, 39.3]},
        {"type": "Point", "coordinates": {"lon": 1}},
        "POINT (-76.6 39.3)",
    ],
)
def test_a_geojson_feature_without_a_usable_point_has_no_coordinates(tmp_path, geometry):
    good = {
        "type": "Feature",
        "properties": {"a": 1},
        "geometry": {"type": "Point", "coordinates": MARKET},
    }
    bad = {"type": "Feature", "properties": None, "geometry": geometry}
    path = write(
        tmp_path / "a.geojson", json.dumps({"type": "FeatureCollection", "features": [good, bad]})
    )
    (chunk,) = read(path)

    assert list(chunk.columns["a"]) == ["1", ""]
    np.testing.assert_array_equal(np.isnan(chunk.lon), [False, True])


def test_what_goes_wrong_outside_the_reader_keeps_its_own_name(tmp_path):
    path = write(tmp_path / "a.csv", "lon,lat\n-76.6,39.3\n")

    with pytest.raises(OSError, match="the disk is full"), read_table(path):
        raise OSError("the disk is full")
