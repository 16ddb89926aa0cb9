"""Writing one PMTiles file (version 3) from vector tiles.

Format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md. A header of 127 bytes, one
root directory, JSON metadata, then the tiles in the order of the Hilbert curve, so that tiles near
each other on the map lie near each other in the file.
"""

import gzip
import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

Tile = tuple[int, int, int]
"""Zoom, column, row; row 0 in the north."""

HEADER_BYTES = 127
MAX_ROOT_BYTES = 16_384 - HEADER_BYTES
GZIP = 2
VECTOR_TILES = 1
E7 = 10_000_000


def tile_id(tile: Tile) -> int:
    """Number of a tile along the Hilbert curve, all lower zooms first.

    Raises:
        ValueError: column or row do not exist at this zoom.
    """
    zoom, column, row = tile
    side = 1 << zoom
    if not (0 <= column < side and 0 <= row < side):
        raise ValueError(f"no tile {column}, {row} at zoom {zoom}")
    number = ((1 << 2 * zoom) - 1) // 3
    x, y = column, row
    half = side >> 1
    while half:
        right, low = int(bool(x & half)), int(bool(y & half))
        number += half * half * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = half - 1 - x, half - 1 - y
            x, y = y, x
        half >>= 1
    return number


def write_pmtiles(
    tiles: Mapping[Tile, bytes],
    *,
    bounds: tuple[float, float, float, float],
    metadata: Mapping[str, Any],
) -> bytes:
    """Give the bytes of a PMTiles file; the same tiles always give the same bytes.

    Args:
        tiles: uncompressed vector tiles.
        bounds: west, south, east, north in degrees.
        metadata: goes into the file as JSON; `vector_layers` belongs there.

    Raises:
        ValueError: there are no tiles, or too many for one root directory.
    """
    if not tiles:
        raise ValueError("there is no tile to write")
    packed = {tile_id(tile): _gzip(content) for tile, content in tiles.items()}
    contents: list[bytes] = []
    entries: list[tuple[int, int, int]] = []
    offsets: dict[bytes, int] = {}
    position = 0
    for number in sorted(packed):
        content = packed[number]
        if content not in offsets:
            offsets[content] = position
            contents.append(content)
            position += len(content)
        entries.append((number, offsets[content], len(content)))
    root = _directory(entries)
    if len(root) > MAX_ROOT_BYTES:
        raise ValueError(f"{len(entries)} tiles are too many for one directory")
    described = _gzip(json.dumps(metadata, sort_keys=True).encode())
    sizes = _Sizes(len(root), len(described), position, len(contents))
    header = _header(tiles, bounds, sizes)
    return b"".join([header, root, described, *contents])


class _Sizes(NamedTuple):
    root_bytes: int
    metadata_bytes: int
    data_bytes: int
    content_count: int


def _header(
    tiles: Mapping[Tile, bytes], bounds: tuple[float, float, float, float], sizes: _Sizes
) -> bytes:
    zooms = [zoom for zoom, _, _ in tiles]
    west, south, east, north = bounds
    metadata_at = HEADER_BYTES + sizes.root_bytes
    data_at = metadata_at + sizes.metadata_bytes
    places = (
        *(HEADER_BYTES, sizes.root_bytes),
        *(metadata_at, sizes.metadata_bytes),
        *(data_at, 0),  # no leaf directories
        *(data_at, sizes.data_bytes),
    )
    counts = (len(tiles), len(tiles), sizes.content_count)
    flags = (1, GZIP, GZIP, VECTOR_TILES, min(zooms), max(zooms))
    edges = (int(west * E7), int(south * E7), int(east * E7), int(north * E7))
    centre = (min(zooms), int((west + east) / 2 * E7), int((south + north) / 2 * E7))
    return b"".join(
        [
            b"PMTiles\x03",
            struct.pack("<8Q", *places),
            struct.pack("<3Q", *counts),
            struct.pack("<6B", *flags),
            struct.pack("<4i", *edges),
            struct.pack("<Bii", *centre),
        ]
    )


def _directory(entries: list[tuple[int, int, int]]) -> bytes:
    """Pack rows (tile number, offset, length), sorted by number, as columns of varints."""
    columns = [len(entries)]
    before = 0
    for number, _, _ in entries:
        columns.append(number - before)
        before = number
    columns += [1] * len(entries)
    columns += [length for _, _, length in entries]
    expected = None
    for _, offset, length in entries:
        columns.append(0 if offset == expected else offset + 1)
        expected = offset + length
    return _gzip(b"".join(map(_varint, columns)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)
