"""Parquet files."""

from __future__ import annotations

import random
from datetime import date, datetime

import polars as pl
import pytest

from market_assets.core.errors import BadInputError
from market_assets.sources.base import open_source

FRAME = pl.DataFrame(
    {
        "date": [date(2018, 1, 2), date(2018, 1, 3), date(2018, 1, 2)],
        "symbol": ["AAA", "AAA", "BBB"],
        "open": [10.0, 10.5, 20.0],
        "high": [11.0, 11.0, 21.0],
        "low": [9.0, 10.0, 19.0],
        "close": [10.5, 10.75, 20.5],
        "adj_close": [5.25, 5.375, 20.5],
        "volume": [1000, 1100, 2000],
    }
)


def load(path, **options):
    """All bars of a file."""
    source = open_source({"kind": "parquet", "path": str(path), **options})
    return source.bars([record.symbol for record in source.symbols()])


def write(folder, frame=FRAME):
    """Parquet file of a frame."""
    path = folder / "bars.parquet"
    frame.write_parquet(path)
    return path


def test_parquet_and_csv_give_the_same_bars(tmp_path):
    """Typed and text columns end in equal frames."""
    text = tmp_path / "bars.csv"
    FRAME.write_csv(text)
    source = open_source({"kind": "csv", "path": str(text)})
    assert load(write(tmp_path)).equals(source.bars(["AAA", "BBB"]))


def test_categorical_symbols_and_midnight_datetimes(tmp_path):
    """The types that other writers use are understood."""
    other = FRAME.with_columns(pl.col("symbol").cast(pl.Categorical), pl.col("date").cast(pl.Datetime("ns")))
    assert load(write(tmp_path, other)).equals(load(write(tmp_path)))


@pytest.mark.parametrize(
    ("change", "rule", "row", "column"),
    [
        (pl.lit(None, pl.Float64).alias("open"), "missing_value", 1, "open"),
        (pl.Series("low", [9.0, float("nan"), 19.0]), "not_finite", 2, "low"),
        (pl.Series("high", [11.0, 11.0, float("inf")]), "not_finite", 3, "high"),
        (pl.Series("open", ["10", "10", "x"]), "not_a_number", 3, "open"),
        (pl.Series("volume", [True, True, False]), "column_type", None, "volume"),
        (pl.Series("symbol", [1, 2, 3]), "column_type", None, "symbol"),
        (pl.Series("date", [1.0, 2.0, float("-inf")]), "infinite_timestamp", 3, "ts"),
        (pl.Series("date", [datetime(2018, 1, 2, 16)] * 3), "naive_timestamp", 1, "ts"),
        (pl.Series("symbol", ["AAA", "../x", "BBB"]), "symbol_allow_list", 2, "symbol"),
    ],
)
def test_faults_are_named(tmp_path, change, rule, row, column):
    """Row, column and rule of typed faults."""
    path = write(tmp_path, FRAME.with_columns(change))
    with pytest.raises(BadInputError) as caught:
        load(path)
    where = caught.value.where
    assert (caught.value.rule, where.file, where.row, where.column) == (rule, str(path), row, column)


def test_an_empty_table_is_refused(tmp_path):
    """A Parquet file without rows is an empty file."""
    with pytest.raises(BadInputError, match="empty_file"):
        load(write(tmp_path, FRAME.head(0)))


def test_truncated_files_are_refused_at_every_length(tmp_path):
    """Cut anywhere, the file is unreadable and named."""
    path = write(tmp_path)
    data = path.read_bytes()
    for length in [*range(0, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(BadInputError) as caught:
            load(path)
        assert (caught.value.rule, caught.value.where.file) == ("unreadable_file", str(path))


def test_damaged_bytes_never_escape_as_another_error(tmp_path):
    """200 single damaged bytes: the file is refused by a rule or still satisfies the contract."""
    path = write(tmp_path)
    data = path.read_bytes()
    for seed in range(200):
        rng = random.Random(seed)
        at = rng.randrange(len(data))
        path.write_bytes(data[:at] + bytes([data[at] ^ rng.randrange(1, 256)]) + data[at + 1 :])
        try:
            bars = load(path)
        except BadInputError:
            continue
        assert (bars["high"] >= bars["low"]).all()


def test_adjusted_close_is_compared_and_not_stored(tmp_path):
    """Agreeing adj_close gives no note; a contradiction is noted with its first row."""
    source = open_source({"kind": "parquet", "path": str(write(tmp_path))})
    assert source.notes() == ()
    wrong = FRAME.with_columns(adj_close=pl.Series([5.25, 6.0, 20.5]))
    source = open_source({"kind": "parquet", "path": str(write(tmp_path, wrong))})
    assert "adj_close differs" in source.notes()[0]
    assert "adj_close" not in source.bars(["AAA"]).columns
