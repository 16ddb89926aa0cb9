"""The file beside an import that holds its rejected rows, each with the reason."""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from app.errors import InvalidInput


class CannotWriteRejected(InvalidInput):
    """The rejected rows have nowhere to go."""

    code = "cannot_write_rejected"


class RejectedRows:
    """Writes rejected rows to a file that appears whole at the end, if there is any row."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".partial")
        self._columns = columns
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __call__(self, number: int, reason: str, cells: Sequence[str]) -> None:
        """Note one row: its number in the file, why, and what it held."""
        if self._writer is None:
            self._open()
        self._writer.writerow([number, reason, *cells])

    def _open(self) -> None:
        try:
            descriptor = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise CannotWriteRejected(
                f"Some rows cannot be used, and {self.path} for them cannot be written "
                f"({error.strerror}). Name another place with --rejected."
            ) from error
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(["row", "reason", *self._columns])

    def finish(self) -> None:
        """Put the file in its place."""
        if self._file is not None:
            self._file.close()
            os.replace(self._partial, self.path)

    def abandon(self) -> None:
        """Leave no file."""
        if self._file is not None:
            self._file.close()
            self._partial.unlink(missing_ok=True)


@contextmanager
def rejected_rows(path: Path, columns: Sequence[str]) -> Iterator[RejectedRows]:
    """Collect rejected rows; nothing is left behind when the import fails.

    Raises:
        CannotWriteRejected: at the first row, when the folder does not take the file.
    """
    reject = RejectedRows(path, columns)
    try:
        yield reject
    except BaseException:
        reject.abandon()
        raise
    reject.finish()
