"""The import contracts hold, and the check notices when one is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FORBIDDEN = {
    "a lower feature reaches up": ("app/zones/service.py", "from app.referrals import service"),
    "geometry knows the web": ("app/geo/coords.py", "import flask"),
    "a service knows HTTP": ("app/zones/service.py", "from app.web import inputs"),
    "a part of a service knows HTTP": (
        "app/maps/service_hotspots.py",
        "from app.web import inputs",
    ),
    "a part of a service reaches back": (
        "app/referrals/recording.py",
        "from app.referrals import service",
    ),
    "a view touches tables": ("app/zones/views.py", "from app.zones import models"),
    "a rule reads the database": ("app/screening/rules.py", "from app import db"),
    "another module draws": ("app/maps/service.py", "import folium"),
    "a service imports its view": ("app/referrals/service.py", "from app.referrals import views"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(command), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copied_tree(tmp_path):
    ignore = shutil.ignore_patterns("static", "templates", "__pycache__")
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=ignore)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


@pytest.mark.slow
def test_the_tree_keeps_its_contracts(copied_tree):
    result = lint(copied_tree)

    assert result.returncode == 0, result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_forbidden_import_is_noticed(copied_tree, name):
    path, line = FORBIDDEN[name]
    target = copied_tree / path
    target.write_text(f"{target.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")

    result = lint(copied_tree)

    assert result.returncode == 1
    assert "BROKEN" in result.stdout


@pytest.mark.slow
def test_a_new_folder_must_choose_its_layer(copied_tree):
    (copied_tree / "app" / "attic").mkdir()
    (copied_tree / "app" / "attic" / "__init__.py").write_text("")

    assert lint(copied_tree).returncode != 0
