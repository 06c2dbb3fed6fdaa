"""Bad input: one clear error that names file, row, column and rule."""

from __future__ import annotations

import gzip

import polars as pl
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import BAR_SCHEMA
from market_assets.sources.base import open_source
from market_assets.sources.contract import validate_bars

HEADER = "date,symbol,open,high,low,close,volume,dividend_amount,split_coefficient"
ROWS = (
    "2018-01-02,AAA,10,11,9,10.5,1000,0,1",
    "2018-01-03,AAA,10.5,11,10,10.75,1100,0,1",
    "2018-01-02,BBB,20,21,19,20.5,2000,0.1,1",
    "2018-01-03,BBB,20.5,21,20,20.75,2100,0,2",
)


def write(folder, rows=ROWS, header=HEADER):
    """CSV file with the given rows; a mapping {row number: text} replaces single rows."""
    lines = [rows.get(i + 1, row) for i, row in enumerate(ROWS)] if isinstance(rows, dict) else list(rows)
    path = folder / "bars.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return str(path)


def load(path, kind="csv", **options):
    """All bars of a file."""
    source = open_source({"kind": kind, "path": path, **options})
    return source.bars([record.symbol for record in source.symbols()])


def refusal(path, **options):
    """The error that a file is refused with."""
    with pytest.raises(BadInputError) as caught:
        load(path, **options)
    return caught.value


def test_a_sound_file_is_read_as_it_stands(tmp_path):
    """Values, order, schema and the session close in UTC."""
    bars = load(write(tmp_path))
    assert bars.schema == BAR_SCHEMA
    assert bars["symbol"].to_list() == ["AAA", "AAA", "BBB", "BBB"]
    assert str(bars["ts"][0]) == "2018-01-02 21:00:00+00:00"
    assert bars["close"].to_list() == [10.5, 10.75, 20.5, 20.75]
    assert bars["split"].to_list() == [1, 1, 1, 2]
    assert bars["dividend"].to_list() == [0, 0, 0.1, 0]
    assert bars["known_at"].null_count() == 4


BAD_ROWS = [
    ("negative price", {3: "2018-01-02,BBB,20,21,-19,20.5,2000,0,1"}, "positive_price", 3, "low"),
    ("zero price", {3: "2018-01-02,BBB,0,21,0,20.5,2000,0,1"}, "positive_price", 3, "open"),
    ("NaN", {2: "2018-01-03,AAA,10.5,11,NaN,10.75,1100,0,1"}, "not_finite", 2, "low"),
    ("infinite price", {2: "2018-01-03,AAA,10.5,inf,10,10.75,1100,0,1"}, "not_finite", 2, "high"),
    ("overflow", {2: "2018-01-03,AAA,10.5,1e999,10,10.75,1100,0,1"}, "not_finite", 2, "high"),
    ("huge price", {2: "2018-01-03,AAA,10.5,1e300,10,10.75,1100,0,1"}, "price_magnitude", 2, "high"),
    ("text price", {2: "2018-01-03,AAA,abc,11,10,10.75,1100,0,1"}, "not_a_number", 2, "open"),
    ("thousands", {2: "2018-01-03,AAA,1_0,11,10,10.75,1100,0,1"}, "not_a_number", 2, "open"),
    ("blank cell", {2: "2018-01-03,AAA,,11,10,10.75,1100,0,1"}, "missing_value", 2, "open"),
    ("high below low", {4: "2018-01-03,BBB,20.5,19,20,20.75,2100,0,2"}, "high_below_low", 4, "high"),
    ("open outside", {4: "2018-01-03,BBB,25,21,20,20.75,2100,0,2"}, "open_outside_range", 4, "open"),
    ("close outside", {4: "2018-01-03,BBB,20.5,21,20,19,2100,0,2"}, "close_outside_range", 4, "close"),
    ("negative volume", {1: "2018-01-02,AAA,10,11,9,10.5,-1,0,1"}, "volume_range", 1, "volume"),
    ("zero split", {1: "2018-01-02,AAA,10,11,9,10.5,1000,0,0"}, "split_range", 1, "split"),
    ("negative dividend", {1: "2018-01-02,AAA,10,11,9,10.5,1000,-1,1"}, "dividend_range", 1, "dividend"),
    ("infinite time", {2: "infinity,AAA,10.5,11,10,10.75,1100,0,1"}, "infinite_timestamp", 2, "ts"),
    ("no such day", {2: "2018-02-30,AAA,10.5,11,10,10.75,1100,0,1"}, "timestamp_value", 2, "ts"),
    ("American date", {2: "01/03/2018,AAA,10.5,11,10,10.75,1100,0,1"}, "timestamp_format", 2, "ts"),
    ("year 9999", {2: "9999-01-03,AAA,10.5,11,10,10.75,1100,0,1"}, "timestamp_range", 2, "ts"),
    ("year 1", {2: "0001-01-03,AAA,10.5,11,10,10.75,1100,0,1"}, "timestamp_range", 2, "ts"),
    ("no date", {2: ",AAA,10.5,11,10,10.75,1100,0,1"}, "missing_value", 2, "ts"),
    ("traversal", {3: "2018-01-02,../x,20,21,19,20.5,2000,0,1"}, "symbol_allow_list", 3, "symbol"),
    ("pipe", {3: "2018-01-02,a|b,20,21,19,20.5,2000,0,1"}, "symbol_allow_list", 3, "symbol"),
    ("injection", {3: "2018-01-02,'; drop table,20,21,19,20.5,2000,0,1"}, "symbol_allow_list", 3, "symbol"),
    ("long symbol", {3: f"2018-01-02,{'A' * 500},20,21,19,20.5,2000,0,1"}, "symbol_allow_list", 3, "symbol"),
    ("no symbol", {3: "2018-01-02,,20,21,19,20.5,2000,0,1"}, "missing_value", 3, "symbol"),
    ("conflict", {2: "2018-01-02,AAA,10,11,9,10.75,1000,0,1"}, "duplicate_key", 2, "close"),
    ("too few fields", {2: "2018-01-03,AAA,10.5,11,10"}, "field_count", 2, None),
    ("too many fields", {2: "2018-01-03,AAA,10.5,11,10,10.75,1100,0,1,9"}, "field_count", 2, None),
    ("blank line", {2: ""}, "blank_line", 2, None),
    ("loose quote", {2: '2018-01-03,AA"A,10.5,11,10,10.75,1100,0,1'}, "quoting", 2, None),
]


@pytest.mark.parametrize(("name", "rows", "rule", "row", "column"), BAD_ROWS, ids=[case[0] for case in BAD_ROWS])
def test_a_faulty_row_is_named(tmp_path, name, rows, rule, row, column):
    """File, 1-based data row, column and rule of each kind of fault; the message stays short."""
    path = write(tmp_path, rows)
    error = refusal(path)
    assert (error.rule, error.where.file, error.where.row, error.where.column) == (rule, path, row, column)
    assert len(str(error)) < 500


@pytest.mark.parametrize("gone", ["date", "symbol", "open", "high", "low", "close", "volume"])
def test_a_missing_column_is_named(tmp_path, gone):
    """Each required column by its name."""
    names = HEADER.split(",")
    at = names.index(gone)
    cut = [",".join(field for i, field in enumerate(row.split(",")) if i != at) for row in (HEADER, *ROWS)]
    error = refusal(write(tmp_path, cut[1:], cut[0]))
    assert error.rule == "missing_column"
    assert error.where.column == ("ts" if gone == "date" else gone)


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        (HEADER.replace("dividend_amount", "dividned"), "unknown_column"),
        (HEADER.replace("dividend_amount", "open"), "duplicate_column"),
        (HEADER.replace("dividend_amount", "timestamp"), "duplicate_column"),
        (HEADER.replace("dividend_amount", ""), "missing_column"),
    ],
)
def test_headers_are_strict(tmp_path, header, rule):
    """A misspelt, repeated or nameless column is refused, because it would silently mean "no dividends"."""
    assert refusal(write(tmp_path, header=header)).rule == rule


def test_an_extra_column_may_be_ignored_by_name(tmp_path):
    """The option `ignore` lists columns that are allowed and dropped."""
    path = write(tmp_path, header=HEADER.replace("dividend_amount", "analyst note"))
    assert load(path, ignore=["analyst note"])["dividend"].to_list() == [0, 0, 0, 0]


def test_spoken_headers_are_understood(tmp_path):
    """Capitals and blanks in names do not matter; adj_close is left out."""
    header = "Date,Ticker,Open,High,Low,Close,Volume,Adj Close,Split Coefficient"
    assert load(write(tmp_path, header=header))["split"].to_list() == [1, 1, 1, 2]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", (HEADER + "\n").encode(), HEADER.encode()])
def test_empty_files(tmp_path, content):
    """No byte, only blank lines, or only a header."""
    path = tmp_path / "empty.csv"
    path.write_bytes(content)
    error = refusal(str(path))
    assert (error.rule, error.where.file) == ("empty_file", str(path))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ((HEADER + "\n" + ROWS[0] + "\n").encode().replace(b"AAA", b"A\xff"), "encoding"),
        ((HEADER + "\n" + ROWS[0] + "\n").encode().replace(b"AAA", b"A\0"), "encoding"),
        ((HEADER + "\n" + ROWS[0] + "\n").encode().replace(b"AAA,", b"AAA\r,"), "line_ending"),
    ],
)
def test_bytes_on_which_readers_differ(tmp_path, content, rule):
    """Bad UTF-8, NUL and lone carriage returns are refused at their row."""
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    error = refusal(str(path))
    assert (error.rule, error.where.row) == (rule, 1)


def test_unreadable_files(tmp_path):
    """Absent files, folders and truncated gzip are bad input, not tracebacks."""
    packed = tmp_path / "bars.csv.gz"
    packed.write_bytes(gzip.compress("\n".join([HEADER, *ROWS]).encode())[:-12])
    for path in (tmp_path / "absent.csv", tmp_path, packed):
        assert refusal(str(path)).rule == "unreadable_file"


def test_windows_lines_bom_quotes_and_gzip_are_read(tmp_path):
    """The same rows in other clothes give the same bars."""
    plain = load(write(tmp_path))
    quoted = "\r\n".join(",".join(f'"{field}"' for field in row.split(",")) for row in (HEADER, *ROWS))
    path = tmp_path / "dressed.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + quoted.encode() + b"\r\n\r\n"))
    assert load(str(path)).equals(plain)


def test_identical_duplicates_are_dropped_and_noted(tmp_path):
    """A row given twice counts once, and the source says so."""
    path = write(tmp_path, [*ROWS, ROWS[1].replace("10.5,11", "10.50,11.0")])
    source = open_source({"kind": "csv", "path": path})
    assert len(source.bars(["AAA", "BBB"])) == 4
    assert any("1 rows repeat" in note for note in source.notes())


def test_revisions_are_rows_of_their_own(tmp_path):
    """The same bar with another known_at is a revision, not a duplicate; known before its close is refused."""
    header = HEADER + ",known_at"
    first = "2018-01-02,AAA,10,11,9,10,1000,0,1,2018-01-02"
    revised = "2018-01-02,AAA,10,11,9,10.5,1000,0,1,2018-01-05"
    assert load(write(tmp_path, [first, revised], header))["close"].to_list() == [10, 10.5]
    early = "2018-01-03,AAA,10,11,9,10,1000,0,1,2018-01-02"
    error = refusal(write(tmp_path, [first, early], header))
    assert (error.rule, error.where.row, error.where.column) == ("known_before_close", 2, "known_at")


def test_first_rule_then_first_row(tmp_path):
    """Of several faults the first rule in the fixed order is reported, at its first row."""
    rows = {
        1: "2018-01-02,AAA,10,8,9,10.5,1000,0,1",
        2: "2018-01-03,AAA,-1,11,10,10.75,1100,0,1",
        4: "2018-01-03,BBB,-2,21,20,20.75,2100,0,2",
    }
    error = refusal(write(tmp_path, rows))
    assert (error.rule, error.where.row) == ("positive_price", 2)


def test_the_last_row_of_a_large_frame_is_named():
    """A fault in row 200,000 is found there."""
    count = 200_000
    minutes = pl.Series(range(count)).cast(pl.Int64) * 60_000_000
    frame = pl.DataFrame(
        {
            "symbol": ["AAA"] * count,
            "ts": minutes.cast(pl.Datetime("us", "UTC")),
            **{name: [10.0] * count for name in ("open", "low", "close", "volume")},
            "high": [10.0] * (count - 1) + [9.0],
        }
    )
    with pytest.raises(BadInputError) as caught:
        validate_bars(frame, "large")
    assert (caught.value.rule, caught.value.where.row) == ("high_below_low", count)
