"""CSV bytes to a frame of text columns, refusing everything on which parsers disagree.

Numbers and stamps are read later, from text, so that a row can be named. Before the fast parser sees the bytes, the
constructs that different readers treat differently are refused: bad encoding, NUL, lone carriage returns, blank lines,
ragged rows and loose quotes. What remains means the same to every reader.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from pathlib import Path

import numpy as np
import polars as pl

from market_assets.core.errors import BadInputError, Location

MAX_BYTES = 4 * 1024**3
"""Largest text read, after decompression: a small .gz can unfold into any size."""

_BLANK_LINE = re.compile(rb"(?:\A|\n)[ \t,]*\r?\n")
_QUOTED_FIELD = rb'(?:[^",\r\n]*|"(?:[^"\r\n]|"")*")'
_QUOTED_LINE = re.compile(rb"%s(?:,%s)*\r?" % (_QUOTED_FIELD, _QUOTED_FIELD))
_COMMA, _NEWLINE = 0x2C, 0x0A


def read_bytes(path: str) -> bytes:
    """Bytes of a file, decompressed if its name ends in ``.gz``.

    Raises
    ------
    BadInputError
        rules ``unreadable_file`` (absent, a folder, no permission, truncated or corrupt gzip), ``file_too_large``.
    """
    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise BadInputError("file_too_large", f"more than {MAX_BYTES} bytes", Location(path))
        if not path.lower().endswith(".gz"):
            return Path(path).read_bytes()
        with gzip.open(path) as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise BadInputError("unreadable_file", f"cannot be read: {error}", Location(path)) from error
    if len(data) > MAX_BYTES:
        raise BadInputError("file_too_large", f"more than {MAX_BYTES} bytes once decompressed", Location(path))
    return data


def _row_at(data: bytes, position: int) -> int:
    """1-based data row of a byte position; the header is row 0."""
    return data.count(b"\n", 0, position)


def _check_encoding(data: bytes, path: str) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = _row_at(data, error.start)
        raise BadInputError("encoding", f"byte {error.start} is not UTF-8", Location(path, row)) from error
    if (position := data.find(b"\0")) >= 0:
        raise BadInputError("encoding", "a NUL byte", Location(path, _row_at(data, position)))


def _check_lines(data: bytes, path: str) -> None:
    if data.count(b"\r") != data.count(b"\r\n"):
        found = re.search(rb"\r(?!\n)", data)
        row = _row_at(data, found.start()) if found else None
        raise BadInputError("line_ending", "a carriage return inside a line", Location(path, row))
    if found := _BLANK_LINE.search(data):
        raise BadInputError("blank_line", "the line is blank", Location(path, _row_at(data, found.end() - 1)))


def _check_quotes(data: bytes, path: str) -> None:
    if b'"' not in data:
        return
    for row, line in enumerate(data.split(b"\n")):
        if b'"' in line and not _QUOTED_LINE.fullmatch(line):
            raise BadInputError("quoting", "a quote that does not enclose a whole field", Location(path, row))


def _check_widths(data: bytes, width: int, path: str) -> None:
    """Every line has as many fields as the header."""
    if b'"' in data:  # commas may be quoted: count fields with a reader that knows
        counts = np.array([len(fields) for fields in csv.reader(io.StringIO(data.decode("utf-8"), newline=""))])
    else:
        raw = np.frombuffer(data, dtype=np.uint8)
        ends = np.searchsorted(np.flatnonzero(raw == _COMMA), np.flatnonzero(raw == _NEWLINE))
        counts = np.diff(ends, prepend=0) + 1
    wrong = np.flatnonzero(counts != width)
    if len(wrong):
        row = int(wrong[0])
        raise BadInputError("field_count", f"{counts[row]} fields where the header has {width}", Location(path, row))


def header_of(data: bytes, path: str) -> list[str]:
    """Column names of the first line.

    Raises
    ------
    BadInputError
        rules ``empty_file``, ``missing_column`` (a blank name), ``duplicate_column``.
    """
    names = next(csv.reader([data.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8")]), [])
    if not names:
        raise BadInputError("empty_file", "the file is empty", Location(path))
    for position, name in enumerate(names):
        if not name.strip():
            raise BadInputError("missing_column", f"column {position + 1} has no name", Location(path, None, name))
        if name in names[:position]:
            raise BadInputError("duplicate_column", f"{name!r} stands twice in the header", Location(path, None, name))
    return names


def read_csv_text(path: str) -> pl.DataFrame:
    """Read a CSV file into columns of text; empty fields are null.

    Raises
    ------
    BadInputError
        see the functions above; nothing else comes out of a malformed file.
    """
    data = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise BadInputError("empty_file", "the file is empty", Location(path))
    data = data.rstrip(b"\r\n") + b"\n"
    _check_encoding(data, path)
    _check_lines(data, path)
    _check_quotes(data, path)
    names = header_of(data, path)
    _check_widths(data, len(names), path)
    try:
        frame = pl.read_csv(data, has_header=False, skip_rows=1, new_columns=names, infer_schema=False)
    except pl.exceptions.NoDataError:
        return pl.DataFrame({name: pl.Series([], dtype=pl.String) for name in names})
    except pl.exceptions.PolarsError as error:
        raise BadInputError("unreadable_file", f"cannot be parsed: {error}", Location(path)) from error
    return frame
