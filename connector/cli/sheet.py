"""A CSV file as people have it: any usual encoding and separator, rows with their line numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
"""Tried in turn; Windows-1252 is what spreadsheets on Windows still write."""
CELL_LIMIT = 1_000_000
OURS = ("Leadwire line", "Leadwire problem")
"""Columns by which a file of failed rows is known again when it comes back mended."""
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet may take for the beginning of a formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: where it starts in the file, and its cells. `fault` says why it cannot be read as a row."""

    number: int
    cells: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A readable CSV file."""

    headers: tuple[str, ...]
    text: str
    encoding: str
    delimiter: str

    @property
    def form(self) -> str:
        """`UTF-8, comma`: as what the file was read."""
        encoding = ENCODINGS.get(self.encoding, self.encoding)
        return f"{encoding}, {DELIMITERS.get(self.delimiter, self.delimiter)}"

    def lines(self) -> Iterator[Line]:
        """The rows below the header, blank ones left out."""
        records = _records(self.text, self.delimiter)
        next(records)
        for number, cells in records:
            if any(cell.strip() for cell in cells):
                own = map(bared, cells) if self.headers[: len(OURS)] == OURS else cells
                yield Line(number=number, cells=tuple(own), fault=self._fault(cells))

    def _fault(self, cells: Sequence[str]) -> str | None:
        if len(cells) == len(self.headers):
            return None
        return f"The row has {len(cells)} cells and the header {len(self.headers)}. Is a quote or a separator missing?"


def guarded(cell: str) -> str:
    """The cell as text that no spreadsheet runs; `bared` gives it back."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULAS) else cell


def bared(cell: str) -> str:
    """A guarded cell as it was."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULAS) else cell


def read(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Sheet:
    """Open a CSV file; what is not given is found out. A file that is no CSV ends the command with a sentence."""
    if delimiter and len(delimiter) > 1:
        raise click.UsageError(f"A separator is one character, not {delimiter!r}.")
    text, used = _decoded(path.read_bytes(), encoding)
    separator = delimiter or _delimiter(text)
    first = next(_records(text, separator), None)
    if first is None:
        raise click.ClickException(f"{path.name} is empty.")
    headers = tuple(cell.strip() for cell in first[1])
    if headers[: len(OURS)] == OURS:
        headers = tuple(map(bared, headers))
    doubled = sorted({header for header in headers if headers.count(header) > 1})
    if doubled:
        raise click.ClickException(f"{path.name} has two columns called {doubled[0]!r}. Rename one.")
    return Sheet(headers=headers, text=text, encoding=used, delimiter=separator)


def _decoded(data: bytes, encoding: str | None) -> tuple[str, str]:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for candidate in (encoding,) if encoding else ("utf-16",) if wide else ENCODINGS:
        try:
            return data.decode(candidate), candidate
        except (UnicodeDecodeError, LookupError):
            continue
    raise click.ClickException("The file's encoding is not known. Name it, as in: --encoding latin-1")


def _delimiter(text: str) -> str:
    """The separator that cuts the header into most cells."""
    cut = {mark: len(next(_records(text, mark), (0, []))[1]) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: cut[mark])


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the number of the line it starts on."""
    csv.field_size_limit(CELL_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise click.ClickException(f"Line {start} cannot be read as CSV: {error}.") from None
