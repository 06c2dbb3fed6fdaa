"""Recorded level updates to side series: the replayed book, whole intervals only, faults by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.features.order_book import LIMITS
from market_assets.sources.side import open_side_source
from market_assets_tests.real_data import real_file

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
COLUMNS = ("local_ts_ns", "event", "side", "price", "quantity", "final_update_id")


def stream(messages: int = 40, seed: int = 0) -> pl.DataFrame:
    """An early message, a snapshot of six levels a side, then one update a second on each side, and a trade."""
    rng = np.random.Generator(np.random.PCG64(seed))
    rows = [(START, "depth", "b", 50.0, 9.0, 5)]
    for side, sign in (("b", -1), ("a", 1)):
        rows += [(START, "snapshot", side, 100.0 + sign * (k + 1), 1.0 + k, 10) for k in range(6)]
    for m in range(messages):
        at = START + (m + 1) * SECOND
        for side, sign in (("b", -1), ("a", 1)):
            rows.append((at, "depth", side, 100.0 + sign * int(rng.integers(1, 6)), float(rng.integers(1, 9)), 11 + m))
        rows.append((at, "trade", None, 100.0, 1.0, None))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def open_stream(tmp_path: Path, frame: pl.DataFrame, **options: object):
    """The source of a stream stored as Parquet."""
    path = tmp_path / "stream.parquet"
    frame.write_parquet(path)
    return open_side_source({"kind": "book", "path": str(path), "symbol": "BTCUSDT", "seconds": 10, **options})


def test_intervals_and_times(tmp_path: Path) -> None:
    """Five figures an interval of ten seconds, known at its end; what is not whole at an end is left out."""
    source = open_stream(tmp_path, stream())
    assert source.series() == sorted(LIMITS)
    found = source.rows(source.series())
    ends = found["ts"].unique().sort()
    assert (found["known_at"] == found["ts"]).all()
    assert (ends.dt.second() % 10 == 0).all()
    assert found.height == 5 * len(ends) == 5 * 4
    assert set(found["symbol"]) == {"BTCUSDT"}
    spread = found.filter(pl.col("series") == "book_spread")["value"].to_numpy()
    np.testing.assert_allclose(spread, 2.0 / 100.0, rtol=1e-9)  # best levels 99 and 101 are never deleted


def test_a_message_before_the_snapshot_does_not_count(tmp_path: Path) -> None:
    """Its update id is in the snapshot already: without it the figures are the same."""
    whole = open_stream(tmp_path, stream()).rows(sorted(LIMITS))
    (tmp_path / "later").mkdir()
    assert open_stream(tmp_path / "later", stream()[1:]).rows(sorted(LIMITS)).equals(whole)


@pytest.mark.parametrize(
    ("change", "rule", "row"),
    [
        ({"side": "x"}, "book_side", 20),
        ({"price": 0.0}, "book_level", 20),
        ({"quantity": -1.0}, "book_level", 20),
        ({"final_update_id": None}, "book_update", 20),
        ({"event": "snapshot"}, "book_snapshot", None),
    ],
)
def test_faults_are_named(tmp_path: Path, change: dict, rule: str, row: int | None) -> None:
    """One bad level refuses the stream and says where it stands."""
    frame = stream().with_row_index()
    ((name, value),) = change.items()
    bad = pl.when(pl.col("index") == 19).then(pl.lit(value).cast(frame.schema[name])).otherwise(pl.col(name))
    source = open_stream(tmp_path, frame.with_columns(bad.alias(name)).drop("index"))
    with pytest.raises(BadInputError) as caught:
        source.rows(source.series())
    assert (caught.value.rule, caught.value.where.row) == (rule, row)


def test_no_whole_interval_is_refused(tmp_path: Path) -> None:
    """Minutes asked of less than a minute, sessions of less than a session."""
    for options in ({"seconds": 3600}, {"seconds": None}):
        source = open_stream(tmp_path, stream(), **options)
        with pytest.raises(BadInputError, match="book_interval"):
            source.rows(source.series())


def test_a_real_stream() -> None:
    """Eleven recorded minutes give ten whole ones, with a spread of one to ten hundredths on 61,800."""
    config = {"kind": "book", "path": real_file("l2_binance_spot_btcusdt.parquet"), "symbol": "BTCUSDT", "seconds": 60}
    found = open_side_source(config).rows(sorted(LIMITS))
    assert found["ts"].n_unique() == 10
    tick = 0.01 / 61_800
    assert found.filter(pl.col("series") == "book_spread")["value"].is_between(tick * 0.99, 10 * tick).all()
