"""The committed third-party files and data files are the ones their manifests describe."""

import shutil
from pathlib import Path

import pytest

from tools import check_data, vendor


def test_vendored_files_have_the_listed_hashes():
    assert vendor.faults(vendor.VENDOR_DIR) == []


def test_every_vendored_package_has_its_licence_text():
    for package in vendor.PACKAGES:
        text = (vendor.VENDOR_DIR / package.folder / "LICENCE.txt").read_text(encoding="utf-8")

        assert "Copyright" in text


@pytest.mark.parametrize("change", ["alter", "add", "remove"])
def test_a_change_of_a_vendored_file_is_found(tmp_path: Path, change: str):
    copy = Path(shutil.copytree(vendor.VENDOR_DIR, tmp_path / "vendor"))
    script = copy / "leaflet-1.9.4" / "leaflet.js"
    if change == "alter":
        script.write_bytes(script.read_bytes() + b" ")
    elif change == "add":
        (copy / "unknown.js").write_text("1")
    else:
        script.unlink()

    assert vendor.faults(copy)


def test_data_files_have_the_listed_hashes():
    assert check_data.faults(check_data.DATA_DIR) == []


def test_an_altered_or_unlisted_data_file_is_found(tmp_path: Path):
    copy = Path(shutil.copytree(check_data.DATA_DIR, tmp_path / "data"))
    (copy / "city_boundary.geojson").write_text("{}")
    (copy / "extra.csv").write_text("a")

    found = check_data.faults(copy)

    assert any(fault.startswith("city_boundary.geojson:") for fault in found)
    assert any(fault.startswith("extra.csv:") for fault in found)
