"""Make app/static/vendor again from the named packages, or verify the copies that lie there.

Usage: python tools/vendor.py            fetch the pinned packages with `npm pack`, write, verify
       python tools/vendor.py --check    verify every file against manifest.json (no network)

Users need no Node: the copies are committed. A fetched archive must have the hash pinned here, so a
changed package is refused and not taken over.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR_DIR = Path(__file__).resolve().parent.parent / "app" / "static" / "vendor"
MANIFEST_NAME = "manifest.json"
LICENCE_NAMES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE")


@dataclass(frozen=True)
class Package:
    """One package to vendor: its files inside the archive, and what it carries inside itself."""

    name: str
    version: str
    licence: str
    archive_sha256: str
    files: tuple[str, ...]
    bundles: tuple[str, ...] = ()
    """name@version of the packages whose code is inside the files; only their licences are kept."""

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.version}"


PACKAGES = (
    Package(
        name="leaflet",
        version="1.9.4",
        licence="BSD-2-Clause",
        archive_sha256="84c65a256e50657896f54c33bd857b6849ebe94c817803be818bf32a3dde0b77",
        files=(
            "dist/leaflet.js",
            "dist/leaflet.css",
            "dist/images/layers.png",
            "dist/images/layers-2x.png",
            "dist/images/marker-icon.png",
            "dist/images/marker-icon-2x.png",
            "dist/images/marker-shadow.png",
        ),
    ),
    Package(
        name="protomaps-leaflet",
        version="5.1.0",
        licence="BSD-3-Clause",
        archive_sha256="0b45b08d0e6f7d39816415dbe6821d0556e7997ec716ed0123305cc1fe5a3fd8",
        files=("dist/protomaps-leaflet.js",),
        bundles=(
            "@mapbox/point-geometry@1.1.0",
            "@mapbox/vector-tile@2.0.4",
            "@protomaps/basemaps@5.0.0",
            "color2k@2.0.3",
            "pbf@4.0.1",
            "pmtiles@3.2.1",
            "potpack@1.0.2",
            "quickselect@2.0.0",
            "rbush@3.0.1",
        ),
    ),
)

NPM = "https://cdn.jsdelivr.net/npm/"
GITHUB = "https://cdn.jsdelivr.net/gh/"
AWESOME = "https://cdnjs.cloudflare.com/ajax/libs/Leaflet.awesome-markers/2.0.2/"

URLS: dict[str, str | None] = {
    NPM + "leaflet@1.9.3/dist/leaflet.js": "leaflet-1.9.4/leaflet.js",
    NPM + "leaflet@1.9.3/dist/leaflet.css": "leaflet-1.9.4/leaflet.css",
    "https://code.jquery.com/jquery-3.7.1.min.js": None,
    NPM + "bootstrap@5.2.2/dist/js/bootstrap.bundle.min.js": None,
    NPM + "bootstrap@5.2.2/dist/css/bootstrap.min.css": None,
    "https://netdna.bootstrapcdn.com/bootstrap/3.0.0/css/bootstrap-glyphicons.css": None,
    AWESOME + "leaflet.awesome-markers.js": None,
    AWESOME + "leaflet.awesome-markers.css": None,
    NPM + "@fortawesome/fontawesome-free@6.2.0/css/all.min.css": None,
    GITHUB + "python-visualization/folium/folium/templates/leaflet.awesome.rotate.min.css": None,
}
"""Every address folium links, and the local copy in its place; None: we use nothing of it."""


def sha256_of(path: Path) -> str:
    """Give the lower-case hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(spec: str, into: Path) -> Path:
    """Fetch one package archive by `npm pack name@version` and give its path."""
    answer = subprocess.run(
        ["npm", "pack", spec, "--json", "--pack-destination", str(into)],
        check=True,
        capture_output=True,
        text=True,
    )
    described = json.loads(answer.stdout)
    first = described[0] if isinstance(described, list) else next(iter(described.values()))
    return into / str(first["filename"]).replace("@", "").replace("/", "-")


def read_member(archive: Path, member: str) -> bytes | None:
    """Read one file of the archive's `package/` folder; None where it is not there."""
    with tarfile.open(archive) as tar:
        try:
            file = tar.extractfile(f"package/{member}")
        except KeyError:
            return None
        return file.read() if file else None


def licence_of(archive: Path) -> str:
    """Give the licence text in the archive; the declared name where the package ships no text."""
    for name in LICENCE_NAMES:
        text = read_member(archive, name)
        if text is not None:
            return text.decode("utf-8")
    described = json.loads(read_member(archive, "package.json") or b"{}")
    return f"Licence as declared in package.json: {described.get('license', 'not stated')}\n"


def fetch(package: Package, target: Path, scratch: Path) -> None:
    """Write the files and licence texts of one package below `target`."""
    archive = pack(f"{package.name}@{package.version}", scratch)
    if sha256_of(archive) != package.archive_sha256:
        raise SystemExit(f"{package.name}: the archive is not the pinned one; nothing was written")
    folder = target / package.folder
    shutil.rmtree(folder, ignore_errors=True)
    for member in package.files:
        content = read_member(archive, member)
        if content is None:
            raise SystemExit(f"{package.name}: {member} is not in the archive")
        path = folder / member.removeprefix("dist/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "LICENCE.txt").write_text(licence_of(archive), encoding="utf-8")
    if package.bundles:
        parts = [f"{spec}\n\n{licence_of(pack(spec, scratch))}" for spec in package.bundles]
        text = f"\n{'-' * 80}\n".join(parts)
        (folder / "BUNDLED-LICENCES.txt").write_text(text, encoding="utf-8")


def describe(target: Path) -> dict[str, object]:
    """Build the manifest for what lies in `target`."""
    packages = [
        {
            "name": package.name,
            "version": package.version,
            "source": f"npm package {package.name}@{package.version}",
            "archive_sha256": package.archive_sha256,
            "licence": package.licence,
            "bundles": list(package.bundles),
            "files": {
                path.relative_to(target).as_posix(): sha256_of(path)
                for path in sorted((target / package.folder).rglob("*"))
                if path.is_file()
            },
        }
        for package in PACKAGES
    ]
    return {"packages": packages, "urls": URLS}


def faults(target: Path) -> list[str]:
    """List every difference between the files in `target` and its manifest; empty means none."""
    manifest = json.loads((target / MANIFEST_NAME).read_text(encoding="utf-8"))
    listed = {
        name: sha for package in manifest["packages"] for name, sha in package["files"].items()
    }
    present = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    found = [f"{name}: not listed" for name in sorted(present - listed.keys() - {MANIFEST_NAME})]
    found += [f"{name}: missing" for name in sorted(listed.keys() - present)]
    found += [
        f"{name}: its SHA-256 is not the listed one"
        for name in sorted(listed.keys() & present)
        if sha256_of(target / name) != listed[name]
    ]
    found += [
        f"{url}: its copy {local} is missing"
        for url, local in manifest["urls"].items()
        if local is not None and local not in present
    ]
    return found


def main() -> int:
    """Fetch and verify, or verify alone; the exit code says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="verify only; needs no npm")
    if not parser.parse_args().check:
        VENDOR_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            for package in PACKAGES:
                fetch(package, VENDOR_DIR, Path(scratch))
        manifest = json.dumps(describe(VENDOR_DIR), indent=1)
        (VENDOR_DIR / MANIFEST_NAME).write_text(manifest + "\n", encoding="utf-8")
    found = faults(VENDOR_DIR)
    for fault in found:
        print(fault)
    print(f"{len(PACKAGES)} packages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
