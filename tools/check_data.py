"""Check that the files in data/ are the ones data/manifest.json describes.

Usage: python tools/check_data.py [--write]

Every file directly in data/ must be listed with its size and SHA-256, and every listed file must be
there. `--write` records the present sizes and hashes; source, licence and date are written by hand.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

DATA_DIR = Path(__file__).resolve().parent.parent / "data"
MANIFEST_NAME = "manifest.json"
UNLISTED_BY_DESIGN = frozenset({MANIFEST_NAME, "README.md"})
REQUIRED_WORDS = ("source", "licence", "date")


def sha256_of(path: Path) -> str:
    """Give the lower-case hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(data_dir: Path) -> dict[str, dict[str, str | int]]:
    """Read the entries by file name; an entry holds bytes, sha256, source, licence and date."""
    manifest = json.loads((data_dir / MANIFEST_NAME).read_text(encoding="utf-8"))
    files: dict[str, dict[str, str | int]] = manifest["files"]
    return files


def faults(data_dir: Path) -> list[str]:
    """List in words all in which the folder differs from its manifest; empty means it agrees."""
    listed = read_manifest(data_dir)
    present = {path.name for path in data_dir.iterdir() if path.is_file()} - UNLISTED_BY_DESIGN
    found = [f"{name}: not listed in {MANIFEST_NAME}" for name in sorted(present - listed.keys())]
    found += [f"{name}: listed but missing" for name in sorted(listed.keys() - present)]
    for name in sorted(present & listed.keys()):
        entry = listed[name]
        found += [f"{name}: no {word} stated" for word in REQUIRED_WORDS if not entry.get(word)]
        if entry.get("sha256") != sha256_of(data_dir / name):
            found.append(f"{name}: its SHA-256 is not the listed one")
    return found


def write_hashes(data_dir: Path) -> None:
    """Record the present size and hash of every listed file that is there."""
    path = data_dir / MANIFEST_NAME
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for name, entry in manifest["files"].items():
        if (data_dir / name).is_file():
            entry["bytes"] = (data_dir / name).stat().st_size
            entry["sha256"] = sha256_of(data_dir / name)
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    """Print the faults and say by the exit code whether there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="record the present hashes first")
    if parser.parse_args().write:
        write_hashes(DATA_DIR)
    found = faults(DATA_DIR)
    for fault in found:
        print(fault)
    print(f"{len(read_manifest(DATA_DIR))} files listed, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
