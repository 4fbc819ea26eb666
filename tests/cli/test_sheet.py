"""CSV files as people have them."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from connector.cli import sheet


def written(folder: Path, data: bytes) -> Path:
    path = folder / "leads.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_usual_encodings_are_found_out(tmp_path: Path, encoding: str) -> None:
    paper = sheet.read(written(tmp_path, "Prénom,Société\nZoé,Crème\n".encode(encoding)))
    assert paper.headers == ("Prénom", "Société")
    assert next(paper.lines()).cells == ("Zoé", "Crème")


@pytest.mark.parametrize("mark", sheet.DELIMITERS)
def test_usual_separators_are_found_out(tmp_path: Path, mark: str) -> None:
    paper = sheet.read(written(tmp_path, f"First Name{mark}Last Name{mark}Email\na{mark}b{mark}c\n".encode()))
    assert paper.delimiter == mark
    assert len(paper.headers) == 3


def test_separators_inside_quotes_do_not_count(tmp_path: Path) -> None:
    assert sheet.read(written(tmp_path, b'"a;b;c;d",e,f\n1,2,3\n')).delimiter == ","


def test_lines_are_numbered_as_an_editor_shows_them(tmp_path: Path) -> None:
    paper = sheet.read(written(tmp_path, b'a,b\n1,"two\nlines"\n\n3,4\n'))
    assert [(line.number, line.cells) for line in paper.lines()] == [(2, ("1", "two\nlines")), (5, ("3", "4"))]


def test_a_row_with_too_few_cells_says_so(tmp_path: Path) -> None:
    (line,) = sheet.read(written(tmp_path, b"a,b\n1\n")).lines()
    assert "1 cells and the header 2" in str(line.fault)


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "is empty"),
        (b"a,b,a\n", "two columns called 'a'"),
        (b"a\x81,b\n", "--encoding"),
        (b"a,b\n1," + b"x" * (sheet.CELL_LIMIT + 1), "Line 2 cannot be read"),
    ],
)
def test_what_is_no_csv_is_refused_with_a_sentence(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(click.ClickException, match=said):
        list(sheet.read(written(tmp_path, data)).lines())


def test_a_named_encoding_wins(tmp_path: Path) -> None:
    assert sheet.read(written(tmp_path, b"a\xe9\x81,b\n"), encoding="latin-1").headers[0] == "aé\x81"
