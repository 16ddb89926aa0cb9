"""The officer's script: small, in parts, and alone."""

import gzip
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "app/static/field"
MODULES = sorted(FOLDER.glob("*.js"))
MAP = FOLDER / "map.js"
SVG_NAMESPACE = "http://www.w3.org/2000/svg"
LARGEST_BYTES = 15_000


def test_the_script_without_the_map_stays_small():
    whole = b"".join(path.read_bytes() for path in MODULES if path != MAP)
    assert len(gzip.compress(whole, 9)) <= LARGEST_BYTES


def test_every_import_is_a_file_of_ours():
    for path in MODULES:
        text = path.read_text()
        for target in re.findall(r'(?:from|import)\s*\(?"([^"]+)"', text):
            is_beside = target.startswith("./")
            found = FOLDER / target if is_beside else FOLDER.parent.parent / target[1:]
            assert found.is_file(), f"{path.name} imports {target}"


def test_no_outside_host_is_named():
    for path in MODULES:
        hosts = set(re.findall(r"https?://[^\"\s]*", path.read_text()))
        assert hosts <= {SVG_NAMESPACE}, path.name


def test_nothing_is_written_as_markup_and_nothing_is_kept_in_the_browser():
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b"
    stores = r"localStorage|sessionStorage|document\.cookie"
    for path in MODULES:
        assert not re.search(f"{markup}|{stores}", path.read_text()), path.name
