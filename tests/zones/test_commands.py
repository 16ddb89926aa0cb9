"""The zone's operator commands: one line of result, exit codes, files kept row for row."""

import csv
import gzip
import json
import math
from collections import Counter

import geopandas
import pytest
import shapely
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.db import reading
from app.zones import service

LEAD_CLASSES = {"drug_possession", "prostitution"}
COUNTED_BY_HAND = {"2013": 537, "2014": 348, "2015": 73, "2017": 43, "2018": 49, "2020": 14}
ADDED = ["zone_status", "distance_to_boundary_m", "nearest_street"]


@pytest.fixture
def run(app):
    def run(*arguments):
        return app.test_cli_runner().invoke(args=["zone", *map(str, arguments)])

    return run


@pytest.fixture
def outline_file(tmp_path, square):
    path = tmp_path / "square.geojson"
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": square}))
    return path


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))


def actions(app):
    with app.app_context(), reading() as session:
        return [e.action for e in session.scalars(select(AuditEvent))]


def test_one_place(run, app):
    result = run("check", "--lat", 39.2916, "--lon", -76.6216)

    assert result.exit_code == 0
    assert result.stdout.startswith("Inside the zone: 363.3 m from the boundary")
    assert "W Franklin St" in result.stdout
    assert "zone.checked" in actions(app)


def test_one_place_as_json_is_the_answer_of_the_api(run):
    result = run("check", "--lat", 39.2916, "--lon", -76.6216, "--accuracy-m", 400, "--json")

    answer = json.loads(result.stdout)
    assert answer["status"] == "uncertain"
    assert answer["zone"]["version"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lat", "39.29"], "Missing option '--lon'"),
        (["--lat", "north", "--lon", "-76.6"], "not a valid float"),
        (["--lat", "nan", "--lon", "-76.6"], "between -90 and 90"),
        (["--lat", "39.29", "--lon", "inf"], "between -180 and 180"),
        (["--lat", "-76.62", "--lon", "39.29"], "look swapped"),
        (["--lat", "38.9", "--lon", "-77.0"], "outside Baltimore City"),
        (["--lat", "39.29", "--lon", "-76.62", "--accuracy-m", "-1"], "0 or more"),
        (["--lat", "39.29", "--lon", "-76.62", "--accuracy-m", "nan"], "0 or more"),
        (["--lat", "39.29", "--lon", "-76.62", "--at", "noon"], "--at: Send a time"),
    ],
)
def test_bad_arguments_exit_2_with_a_sentence(run, arguments, sentence):
    result = run("check", *arguments)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_before_the_first_version_exits_1(run):
    result = run("check", "--lat", 39.2916, "--lon", -76.6216, "--at", "2016-01-01")

    assert result.exit_code == 1
    assert result.stderr.startswith("no_zone_in_force:")


TABLE = """id, note ,Latitude,LNG,empty
1,"a, b",39.2916,-76.6216,
2,"line
break",39.3073,-76.6156,
03,"says ""x"" twice",,,
4,1e5,0,0,
5,,n/a,-76.6,
6,,91,-76.6,
7,,39.28,nan,
8,too short
9,,39.2865416,-76.6135497,
"""


def test_a_table_keeps_every_row_and_column_as_text(run, tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(TABLE, encoding="utf-8")

    result = run("check-file", source, target, "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "rows": 9,
        "inside": 2,
        "outside": 2,
        "no_location": 4,
        "failed": 1,
    }
    before, after = list(csv.reader(TABLE.splitlines(keepends=True))), read_csv(target)
    assert after[0][5:] == ADDED
    assert [row[:5] for row in after[1:8]] == before[1:8]
    assert [row[5] for row in after[1:]] == [
        "inside",
        "outside",
        "no_location",
        "outside",
        "no_location",
        "no_location",
        "no_location",
        "failed",
        "inside",
    ]
    assert after[8][:2] == ["8", "too short"]
    assert after[1][6:] == ["363.269", "W Franklin St"]
    assert after[3][6:] == ["", ""]
    assert float(after[9][6]) == 0


def test_rows_with_exchanged_coordinates_are_pointed_out(run, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("lat,lon\n-76.62,39.29\n-76.61,39.29\n")

    result = run("check-file", source, tmp_path / "out.csv")

    assert result.exit_code == 0
    assert "2 rows would lie in the city with lat and lon exchanged" in result.stderr


def test_a_column_of_the_same_name_is_kept(run, tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("lat,lon,zone_status\n39.2916,-76.6216,mine\n")

    result = run("check-file", source, target)

    assert read_csv(target)[0][2:4] == ["zone_status", "zone_status_2"]
    assert read_csv(target)[1][2:4] == ["mine", "inside"]
    assert "zone_status_2" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("no_columns.csv", "a,b\n1,2\n", 2),
        ("only_lat.csv", "lat,b\n39.2,2\n", 2),
        ("empty.csv", "", 1),
        ("broken.csv.gz", "not gzip at all\x00", 1),
        ("broken.geojson", "{", 1),
        ("broken.gpkg", "no database", 1),
        ("strange.docx", "PK", 1),
    ],
)
def test_a_file_that_cannot_be_used_says_so_and_writes_nothing(run, tmp_path, name, content, code):
    (tmp_path / name).write_text(content)

    result = run("check-file", tmp_path / name, tmp_path / "out.csv")

    assert result.exit_code == code
    assert len(result.stderr) > 20
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_missing_file_and_an_unknown_result_exit_2(run, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("lat,lon\n39.2916,-76.6216\n")

    assert run("check-file", tmp_path / "absent.csv", tmp_path / "out.csv").exit_code == 2
    assert run("check-file", source, tmp_path / "out.xlsx").exit_code == 2
    assert run("check-file", source, tmp_path / "absent" / "out.csv").exit_code == 2
    assert run("check-file", source, source).exit_code == 2
    assert source.read_text() == "lat,lon\n39.2916,-76.6216\n"


@pytest.mark.parametrize("suffix", ["csv.gz", "geojson", "gpkg"])
def test_the_suffix_decides_what_is_written(run, tmp_path, suffix):
    source, target = tmp_path / "in.csv", tmp_path / f"out.{suffix}"
    source.write_text("fid,geom,lat,lon\n1,x,39.2916,-76.6216\n02,y,,\n")

    result = run("check-file", source, target)

    assert result.exit_code == 0, result.stderr
    if suffix == "csv.gz":
        with gzip.open(target, "rt", encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        assert [row["zone_status"] for row in rows] == ["inside", "no_location"]
        return
    frame = geopandas.read_file(target)
    assert frame.crs == 4326
    assert frame["zone_status"].tolist() == ["inside", "no_location"]
    assert frame["distance_to_boundary_m"].dtype == "float64"
    assert math.isclose(frame["distance_to_boundary_m"].iloc[0], 363.269, abs_tol=0.01)
    assert math.isnan(frame["distance_to_boundary_m"].iloc[1])
    assert frame["fid"].tolist() == ["1", "02"]
    assert frame["geom"].tolist() == ["x", "y"]
    assert frame.geometry.iloc[0] == shapely.Point(-76.6216, 39.2916)
    assert frame.geometry.iloc[1] is None


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp"])
def test_vector_files_are_read_in_their_own_coordinate_system(run, tmp_path, suffix):
    points = geopandas.GeoSeries.from_xy([-76.6216, -76.6156], [39.2916, 39.3073], crs=4326)
    frame = geopandas.GeoDataFrame({"name": ["market", "station"]}, geometry=points)
    if suffix != "geojson":
        frame = frame.to_crs(26985)
    source, target = tmp_path / f"in.{suffix}", tmp_path / "out.csv"
    frame.to_file(source)

    result = run("check-file", source, target)

    assert result.exit_code == 0, result.stderr
    rows = [dict(zip(read_csv(target)[0], row, strict=True)) for row in read_csv(target)[1:]]
    assert [row["name"] for row in rows] == ["market", "station"]
    assert [row["zone_status"] for row in rows] == ["inside", "outside"]
    assert math.isclose(float(rows[0]["distance_to_boundary_m"]), 363.269, abs_tol=0.01)


def test_checking_a_file_is_audited_with_counts_only(run, app, tmp_path):
    (tmp_path / "in.csv").write_text("lat,lon\n39.2916,-76.6216\n")
    run("check-file", tmp_path / "in.csv", tmp_path / "out.csv")

    with app.app_context(), reading() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "zone.file_checked")
        ).one()
        assert event.actor.startswith("os:")
        assert event.details == {
            "rows": 1,
            "inside": 1,
            "outside": 0,
            "no_location": 0,
            "failed": 0,
        }


@pytest.mark.slow
@pytest.mark.real_arrests
def test_the_yearly_counts_of_the_real_arrests(run, tmp_path, real_arrests):
    target = tmp_path / "out.csv"

    result = run("check-file", real_arrests, target, "--json")

    assert json.loads(result.stdout)["rows"] == 171_955
    with target.open(encoding="utf-8", newline="") as text:
        counted = Counter(
            row["arrest_date"][:4]
            for row in csv.DictReader(text)
            if row["zone_status"] == "inside" and row["lead_class"] in LEAD_CLASSES
        )
    assert {year: counted[year] for year in COUNTED_BY_HAND} == COUNTED_BY_HAND
    with gzip.open(real_arrests, "rt", encoding="utf-8", newline="") as text:
        before = list(csv.reader(text))
    assert before == [row[:-3] for row in read_csv(target)]


def test_a_second_load_is_refused_and_says_what_to_do(run, outline_file):
    result = run("load", outline_file, "--effective-from", "2026-03-01")

    assert result.exit_code == 1
    assert result.stderr.startswith("zone_exists:")
    assert "--emergency" in result.stderr


@pytest.mark.parametrize(
    "more", [["--emergency"], ["--reason", "x"], ["--emergency", "--reason", " "]]
)
def test_an_emergency_needs_a_reason(run, outline_file, more):
    result = run("load", outline_file, "--effective-from", "2026-03-01", *more)

    assert result.exit_code == 2


def test_an_emergency_publishes_the_next_version(run, app, outline_file, square):
    result = run(
        "load", outline_file, "--effective-from", "2026-03-01", "--emergency", "--reason", "flood"
    )

    assert result.exit_code == 0, result.stderr
    assert "is now version 2" in result.stdout
    assert "zone.published" in actions(app)
    listed = json.loads(run("list", "--json").stdout)["zones"]
    assert [zone["version"] for zone in listed] == [1, 2]
    assert listed[0]["effective_to"] == listed[1]["effective_from"] == "2026-03-01T00:00:00-05:00"
    assert json.loads(run("export").stdout)["geometry"] == square


def test_the_first_load_takes_name_source_and_licence_from_the_file(empty_app, pytestconfig):
    path = pytestconfig.rootpath / "data/pilot_zone.geojson"

    result = empty_app.test_cli_runner().invoke(
        args=["zone", "load", str(path), "--effective-from", "2017-02-08", "--json"]
    )

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["name"] == "Baltimore LEAD pilot zone"
    with empty_app.app_context(), reading() as session:
        [zone] = service.versions(session)
    assert "mapbaltimore" in zone.source
    assert "MIT" in zone.licence


def test_without_a_zone_nothing_is_answered(empty_app):
    runner = empty_app.test_cli_runner()

    assert runner.invoke(args=["zone", "list"]).stdout == "No zone is loaded.\n"
    check = runner.invoke(args=["zone", "check", "--lat", "39.29", "--lon", "-76.62"])
    assert check.exit_code == 1
    assert check.stderr.startswith("no_zone_in_force:")


def test_a_crossing_outline_is_refused_with_the_place(run, tmp_path):
    path = tmp_path / "bow_tie.geojson"
    ring = [[-76.62, 39.3], [-76.61, 39.31], [-76.61, 39.3], [-76.62, 39.31], [-76.62, 39.3]]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))

    result = run("load", path, "--effective-from", "2026-03-01", "--emergency", "--reason", "flood")

    assert result.exit_code == 1
    assert "self-intersection near lon -76.615" in result.stderr
    assert len(json.loads(run("list", "--json").stdout)["zones"]) == 1


def test_list_is_a_table(run):
    result = run("list")

    assert "Baltimore LEAD pilot zone" in " ".join(result.stdout.split())
    assert "2017-02-08" in result.stdout


def test_export_writes_a_file_or_prints(run, tmp_path):
    target = tmp_path / "zone.geojson"

    assert run("export", "--out", target).stdout == "Version 1 written to zone.geojson.\n"
    assert json.loads(target.read_text()) == json.loads(run("export", "--version", 1).stdout)
    assert run("export", "--version", 9).exit_code == 1


@pytest.mark.parametrize("command", ["check", "check-file", "load", "list", "export"])
def test_every_command_has_help(run, command):
    result = run(command, "--help")

    assert result.exit_code == 0
    assert "Usage:" in result.stdout
