"""A layer as a file: what stands in it, and what a program makes of it."""

import csv
import io
import json
import stat
from datetime import UTC, datetime
from html import unescape

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from PIL import Image

from app.filters import RecordFilter
from app.maps import exports, service
from app.maps.picture_style import HOTSPOT_BINS, ZONE
from tests.maps.fakes import MARKET_M, records, scattered

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
BOX = (-76.635, 39.28, -76.605, 39.305)


def made(name, asked=None, **about):
    return service.map_layer(
        None, name, asked or RecordFilter(), viewer_roles=("commander",), now=NOW, **about
    )


@pytest.fixture
def personal(use):
    use(records([*scattered(150, spread_m=500), *[MARKET_M] * 40]))


@pytest.fixture
def public(use):
    use(
        records([*scattered(150, spread_m=500), *[MARKET_M] * 40]),
        "arrests",
        is_public_record=True,
        version="v1",
    )


@pytest.mark.parametrize("name", ["hotspots", "density"])
def test_geojson_is_json_without_nan_and_stands_alone(personal, name):
    found = json.loads(exports.export(made(name), "geojson"), parse_constant=pytest.fail)
    frame = gpd.read_file(io.BytesIO(exports.export(made(name), "geojson")))

    assert found["metadata"]["layer"] == name
    assert len(frame) == len(made(name))
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.is_valid.all()


def test_csv_leaves_withheld_values_empty_beside_their_label(personal):
    written = list(csv.DictReader(io.StringIO(exports.export(made("hotspots"), "csv").decode())))

    withheld = [row for row in written if row["count_label"] == "1-4"]
    assert withheld
    assert {row["count"] for row in withheld} == {""}
    assert {row["expected"] for row in written} == {""}
    assert len(written) == len(made("hotspots"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_texts_that_could_be_formulas_are_defused(text):
    assert exports.safe_text(text) == f"'{text}"


@pytest.mark.parametrize("value", [-3, -1.5, 0, "N Eutaw St", "1-4", ""])
def test_numbers_and_plain_texts_stay_as_they_are(value):
    assert exports.safe_text(value) == value


def test_a_corner_named_like_a_formula_is_defused_in_the_csv(public, monkeypatch):
    from app.maps import service_hotspots

    monkeypatch.setattr(service_hotspots.places, "near_well_known", lambda *_: "=HYPERLINK(1)")
    text = exports.export(made("hotspots", RecordFilter(dataset="arrests")), "csv").decode()

    assert "'=HYPERLINK" in text
    assert ",=HYPERLINK" not in text


def test_a_geopackage_holds_the_cells_in_metres(public, tmp_path):
    layer = made("hotspots", RecordFilter(dataset="arrests"))
    path = tmp_path / "out.gpkg"
    path.write_bytes(exports.export(layer, "gpkg"))
    found = gpd.read_file(path)

    assert found.crs.to_epsg() == 26985
    assert found["cell_id"].tolist() == layer.cells["cell_id"].tolist()
    assert found["count"].tolist() == layer.cells["count"].tolist()
    assert np.allclose(found["p_value"], layer.cells["p_value"])
    assert pyogrio.read_info(path, layer="hotspots")["layer_metadata"]["zone_version"] == "1"


def test_withheld_counts_are_null_in_a_geopackage(personal, tmp_path):
    layer = made("hotspots")
    path = tmp_path / "out.gpkg"
    path.write_bytes(exports.export(layer, "gpkg"))
    found = gpd.read_file(path)

    assert found["count"].isna().sum() == layer.cells["count"].isna().sum() > 0
    assert found["expected"].isna().all()


@pytest.mark.parametrize("suffix", ["geojson", "csv", "gpkg", "png", "html"])
@pytest.mark.parametrize("name", ["hotspots", "density"])
def test_an_empty_set_gives_a_readable_file(use, tmp_path, name, suffix):
    use(records([]))
    path = tmp_path / f"out.{suffix}"
    path.write_bytes(exports.export(made(name, RecordFilter(bbox=BOX)), suffix))

    assert path.stat().st_size > 50
    if suffix in ("geojson", "gpkg"):
        assert len(gpd.read_file(path)) == len(made(name, RecordFilter(bbox=BOX)))


def test_temporary_files_are_private_and_gone(personal, monkeypatch):
    seen = []
    write = pyogrio.write_dataframe

    def spy(features, path, **options):
        seen.append((path.parent, stat.S_IMODE(path.parent.stat().st_mode)))
        write(features, path, **options)

    monkeypatch.setattr(exports.pyogrio, "write_dataframe", spy)
    exports.export(made("density"), "gpkg")

    assert [mode for _, mode in seen] == [0o700]
    assert not seen[0][0].exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hotspots", "density"])
def test_a_picture_shows_the_zone_and_the_data(personal, name):
    layer = made(name, RecordFilter(bbox=BOX))
    picture = Image.open(io.BytesIO(exports.export(layer, "png"))).convert("RGB")
    colours = {colour for _, colour in picture.getcolors(1_000_000)}

    assert picture.size == (1600, 1120)
    assert tuple(bytes.fromhex(ZONE[1:])) in colours
    if name == "hotspots":
        hot = bytes.fromhex(HOTSPOT_BINS[3].colour[1:])
        assert layer.cells["bin"].max() == 3
        assert tuple(hot) in colours  # in the legend, unblended


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hotspots", "density"])
def test_an_html_file_stands_alone_and_says_it_all(public, name):
    layer = made(name, RecordFilter(dataset="arrests", bbox=BOX))
    page = exports.export(layer, "html").decode()

    assert layer.metadata["caption"] in unescape(page)
    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page
    assert 'src="data:image/png;base64,' in page
    if name == "hotspots":
        for cell in layer.cells[layer.cells["bin"] >= 2].itertuples():
            assert cell.cell_id in page


def test_files_of_a_demonstration_say_so(use, tmp_path):
    use(records(scattered(60)))
    layer = made("hotspots", is_demonstration=True)
    (tmp_path / "x.gpkg").write_bytes(exports.export(layer, "gpkg"))

    assert b"All data are synthetic" in layer.geojson
    assert b"All data are synthetic" in exports.export(layer, "csv")
    info = pyogrio.read_info(tmp_path / "x.gpkg")
    assert info["layer_metadata"]["notice"] == "Demonstration. All data are synthetic."


def test_file_names_hold_plain_characters_only(use):
    use(records(scattered(9)), "odd name; rm -rf", is_public_record=True, version="1")
    layer = made("hotspots", RecordFilter(dataset="odd name; rm -rf"))

    name = exports.file_name(layer, "csv")
    assert name == "hotspots-odd_name__rm_-rf-2026-05-12-2026-05-12.csv"


def test_nullable_columns_keep_their_type(personal):
    cells = made("hotspots").cells

    assert cells["count"].dtype == pd.Int64Dtype()
    assert cells["rank"].dtype == pd.Int64Dtype()


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run(app):
    return lambda *args: app.test_cli_runner().invoke(args=["maps", "export", *args])


@pytest.mark.parametrize("suffix", ["geojson", "csv", "gpkg", "png", "html"])
def test_the_command_writes_each_format_and_one_line(use, run, tmp_path, suffix):
    use(records(scattered(60)))
    out = tmp_path / f"layer.{suffix}"
    result = run("hotspots", "--out", str(out))

    assert result.exit_code == 0, result.output
    assert out.stat().st_size > 100
    assert len(result.stdout.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("hotspots", "--out", "x.pdf"), 2, "next version"),
        (("hotspots", "--out", "x.exe"), 2, "geojson, csv, gpkg, png and html"),
        (("nothing", "--out", "x.csv"), 2, "nothing"),
        (("hotspots", "--out", "x.csv", "--cell-m", "no"), 2, "cell_m"),
        (("hotspots", "--out", "x.csv", "--from", "soon"), 2, "from"),
        (("trends", "--out", "x.csv"), 1, "not built yet"),
        (("hotspots", "--out", "x.csv", "--weekday", "1"), 1, "Weekday"),
        (("hotspots", "--out", "/nowhere/at/all/x.csv"), 1, "another folder"),
    ],
)
def test_the_command_says_what_is_wrong(  # noqa: PLR0917
    use, run, tmp_path, monkeypatch, arguments, code, words
):
    use(records(scattered(20)))
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)

    assert result.exit_code == code
    assert words in result.stderr
    assert not list(tmp_path.iterdir())


def test_the_command_is_audited_without_a_place(use, run, app, tmp_path):
    from sqlalchemy import text

    from app.db import reading

    use(records(scattered(60)))
    box = "-76.63,39.285,-76.61,39.3"
    assert run("hotspots", "--out", str(tmp_path / "a.csv"), "--bbox", box).exit_code == 0
    with app.app_context(), reading() as session:
        rows = session.execute(text("SELECT * FROM audit_event")).mappings().all()
    event = next(row for row in rows if row["action"] == "maps.exported")

    assert event["actor"].startswith("os:")
    assert "39.285" not in str(dict(event))
