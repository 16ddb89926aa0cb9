"""The street file: what the tool makes, and what ships."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import shapely

from app.geo.street_network import load_network
from tools.prepare_streets import main, read_source

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "data/streets.parquet"


def line(
    fullname: str | None, numbers: tuple[int, int, int, int], coords: list[list[float]]
) -> dict:
    first_left, last_left, first_right, last_right = numbers
    properties = {
        "sid": 1,
        "fullname": fullname,
        "dirpre": None,
        "feanme": "ELM",
        "featype": "ST",
        "dirsuf": None,
        "subtype_label": "Paved Road",
        "sha_class_label": None,
        "fraddl": first_left,
        "toaddl": last_left,
        "fraddr": first_right,
        "toaddr": last_right,
        "leftzip": "21201",
        "block_num": 100,
        "len_m": 86.1,
    }
    geometry = {"type": "LineString", "coordinates": coords}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "streets.geojson"
    features = [
        line("ELM ST", (101, 199, 100, 198), [[-76.62, 39.29], [-76.6190004, 39.29]]),
        line("OAK-ELM", (0, 0, 0, 0), [[-76.619, 39.29], [-76.619, 39.291]]),
        line("OAK AVE", (1, 99, 4010000, 98), [[-76.619, 39.29], [-76.619, 39.291]]),
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_values_stay_as_they_are_and_coordinates_have_six_decimals(source):
    table = read_source(source)

    assert table["fullname"].to_pylist() == ["ELM ST", "OAK-ELM", "OAK AVE"]
    assert table["dirpre"].to_pylist() == [None, None, None]
    assert table["fraddr"].to_pylist() == [100, 0, 4010000]
    assert "leftzip" not in table.column_names
    first = shapely.from_wkb(table["geometry"][0].as_py())
    assert first.wkt == "LINESTRING (-76.62 39.29, -76.619 39.29)"


def test_the_same_source_gives_the_same_bytes(source, tmp_path, monkeypatch, capsys):
    files = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for out in files:
        monkeypatch.setattr("sys.argv", ["prepare_streets", str(source), str(out)])
        main()

    assert files[0].read_bytes() == files[1].read_bytes()
    assert "3 centre lines" in capsys.readouterr().out


def test_another_frame_is_refused(source, tmp_path):
    text = source.read_text()
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::26985"}}
    moved = tmp_path / "metres.geojson"
    moved.write_text(json.dumps({**json.loads(text), "crs": crs}))

    with pytest.raises(ValueError, match="longitude and latitude"):
        read_source(moved)


def test_unnamed_alleys_and_slips_of_the_keyboard_are_left_out(source, tmp_path, monkeypatch):
    out = tmp_path / "streets.parquet"
    monkeypatch.setattr("sys.argv", ["prepare_streets", str(source), str(out)])
    main()

    network = load_network(out)

    assert [street.label for street in network.streets] == ["Elm St", "Oak Ave"]
    assert network.ranges[1].tolist() == [[1, 99], [0, 0]]
    assert network.nodes_of[0] & network.nodes_of[1]


def test_the_city_s_file_is_whole():
    table = pq.read_table(SHIPPED)

    assert table.num_rows == 48_473
    assert json.loads(table.schema.metadata[b"geo"])["primary_column"] == "geometry"
    network = load_network(SHIPPED)
    assert 3_000 < len(network.streets) < 4_000
    assert all(line.length > 0 for line in network.lines_m)
