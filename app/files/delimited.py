"""CSV and its kin, plain or gzipped, read as a stream: memory does not grow with the file."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from app.files.tables import (
    ROWS_A_CHUNK,
    Chunk,
    UnreadableFile,
    UnreadableRow,
    coordinate_columns,
    degrees,
    unique_columns,
)

GZIP_MAGIC = b"\x1f\x8b"
LINE_LIMIT = 1_000_000
DELIMITERS = ",;\t"
_WIDE_TEXT = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def open_bytes(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The file's content, unzipped if it is gzip by its first bytes, and the raw file below it."""
    with path.open("rb") as raw:
        start = raw.read(2)
        raw.seek(0)
        if start == GZIP_MAGIC:
            with gzip.open(raw, "rb") as unzipped:
                yield cast(BinaryIO, unzipped), raw
        else:
            yield raw, raw


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what goes wrong while reading into a sentence.

    Raises:
        UnreadableFile
    """
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(
            f"{path.name} is a damaged or incomplete gzip file. Fetch or make it again."
        ) from error
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror or error}.") from error


@dataclass
class _Lines:
    """Lines of text that remember whether the current record had bytes that are not UTF-8."""

    text: io.TextIOWrapper
    name: str
    count: int = 0
    is_damaged: bool = False

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(LINE_LIMIT):
            self.count += 1
            if len(line) == LINE_LIMIT:
                raise UnreadableFile(
                    f"{self.name}: line {self.count} has more than {LINE_LIMIT:,} characters. "
                    "This is not a table with one row a line."
                )
            if not line.isascii():
                self.is_damaged = self.is_damaged or not _is_utf8(line)
            yield line


@dataclass(frozen=True)
class _Layout:
    """How the table is written."""

    columns: tuple[str, ...]
    coordinates: tuple[str, str]
    delimiter: str


def _is_utf8(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8 were read as lone surrogates
        return False
    return True


@contextmanager
def read_delimited(
    path: Path, named: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], Iterator[Chunk]]]:
    """Open the table: its columns, and its rows in chunks.

    Comma, semicolon or tab, whichever the header has most of. UTF-8 with or without a byte order
    mark; a row with other bytes is unreadable by itself.

    Raises:
        UnreadableFile: empty, not text, damaged.
        MissingColumns: no columns for coordinates.
    """
    with ExitStack() as stack:
        with explained(path):
            content, raw = stack.enter_context(open_bytes(path))
            _refuse_what_is_not_text(content, path)
            text = io.TextIOWrapper(content, "utf-8-sig", errors="surrogateescape", newline="")
            stack.callback(text.detach)
            lines = _Lines(text, path.name)
            iterator = iter(lines)
            first = next(iterator, "")
        delimiter = max(DELIMITERS, key=first.count)
        columns = _columns(first, delimiter, lines, path)
        coordinates = coordinate_columns(columns, named, path.name)
        layout = _Layout(columns, coordinates, delimiter)
        yield columns, _chunks(path, raw, lines, iterator, layout)


def _columns(first: str, delimiter: str, lines: _Lines, path: Path) -> tuple[str, ...]:
    if not first.strip():
        raise UnreadableFile(f"{path.name} is empty: its first line must name the columns.")
    if lines.is_damaged or "\x00" in first:
        raise UnreadableFile(f"{path.name} is not a text file in UTF-8. Save it as CSV UTF-8.")
    return unique_columns(next(csv.reader([first], delimiter=delimiter)), path.name)


def _refuse_what_is_not_text(content: BinaryIO, path: Path) -> None:
    start = content.read(4)
    content.seek(0)
    if start.startswith(_WIDE_TEXT):
        raise UnreadableFile(f"{path.name} is in UTF-16. Save it as CSV UTF-8.")
    if start.startswith(b"PK"):
        raise UnreadableFile(
            f"{path.name} is a zip or spreadsheet file. Unpack it, or save the sheet as CSV UTF-8."
        )


def _chunks(
    path: Path,
    raw: BinaryIO,
    lines: _Lines,
    iterator: Iterator[str],
    layout: _Layout,
) -> Iterator[Chunk]:
    size = max(path.stat().st_size, 1)
    with explained(path):
        numbers: list[int] = []
        rows: list[list[str]] = []
        unreadable: list[UnreadableRow] = []
        for number, row in enumerate(_rows(lines, iterator, layout), start=1):
            if isinstance(row, list):
                numbers.append(number)
                rows.append(row)
            else:
                unreadable.append(UnreadableRow(number, *row))
            if len(rows) + len(unreadable) == ROWS_A_CHUNK:
                yield _chunk(layout, numbers, rows, unreadable, raw.tell() / size)
                numbers, rows, unreadable = [], [], []
        if rows or unreadable:
            yield _chunk(layout, numbers, rows, unreadable, 1.0)


def _rows(
    lines: _Lines, iterator: Iterator[str], layout: _Layout
) -> Iterator[list[str] | tuple[str, tuple[str, ...]]]:
    """Each record as cells, one a column, or as (reason, cells found); blank lines are none."""
    width = len(layout.columns)
    reader = csv.reader(iterator, delimiter=layout.delimiter, strict=True)
    while True:
        lines.is_damaged = False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"quotes or line breaks are wrong ({error})", ()
            continue
        if not cells:
            continue
        if lines.is_damaged:
            yield "holds bytes that are not UTF-8 text", tuple(map(_visible, cells))
        elif len(cells) == width and "\x00" not in "".join(cells):
            yield cells
        elif len(cells) > width and not any(cells[width:]):
            yield cells[:width]
        elif len(cells) != width:
            reason = f"has {len(cells)} cells where the header has {width}"
            yield reason, tuple(map(_visible, cells))
        else:
            yield "holds zero bytes", tuple(map(_visible, cells))


def _visible(cell: str) -> str:
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\x00", "�")


def _chunk(
    layout: _Layout,
    numbers: list[int],
    rows: list[list[str]],
    unreadable: list[UnreadableRow],
    share_read: float,
) -> Chunk:
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(layout.columns)
    by_name = dict(zip(layout.columns, cells, strict=True))
    lon_texts, lat_texts = (by_name[name] for name in layout.coordinates)
    lon, lat, not_degrees_count = degrees(lon_texts, lat_texts)
    share_read = min(share_read, 1.0)
    return Chunk(numbers, by_name, lon, lat, tuple(unreadable), share_read, not_degrees_count)
