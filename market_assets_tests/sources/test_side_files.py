"""Files of side series: what is read, when it counts as known, and what is refused by file, row, column and rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.side import EVERYONE, LOADED_SCHEMA
from market_assets.sources.side import open_side_source
from market_assets_tests.real_data import real_file

LONG = """date,series,value
2019-01-02,VIX,23.22
2019-01-02,VVIX,93.1
2019-01-03,VIX,25.45
2019-01-03,SKEW,120
"""


def rows(tmp_path: Path, text: str, name: str = "side.csv", **options: Any) -> pl.DataFrame:
    """Everything that a file with this text and these options offers."""
    path = tmp_path / name
    path.write_text(text)
    source = open_side_source({"kind": "side", "path": str(path), **options})
    assert open_side_source(source.describe()).rows(source.series()).equals(source.rows(source.series()))
    return source.rows(source.series())


def test_dates_are_session_closes_and_due_after_the_delay(tmp_path: Path) -> None:
    """Chosen series under other names; a date is 16:00 New York, a figure comes out a quarter of an hour later."""
    found = rows(tmp_path, LONG, names={"VIX": "vix", "VVIX": "vvix"}, delay_hours=0.25)
    assert found.schema == LOADED_SCHEMA
    close = datetime(2019, 1, 2, 21, tzinfo=UTC)
    assert found.rows() == [
        ("vix", EVERYONE, close, None, 23.22, close + timedelta(minutes=15)),
        ("vix", EVERYONE, close + timedelta(days=1), None, 25.45, close + timedelta(days=1, minutes=15)),
        ("vvix", EVERYONE, close, None, 93.1, close + timedelta(minutes=15)),
    ]


def test_a_declared_known_at_is_kept(tmp_path: Path) -> None:
    """Stamps with offsets, own symbols by another name, one column of one name, some rows only."""
    text = """timestamp,known_at,symbol,exchange,rate
2020-01-01T08:00Z,2020-01-01T08:01Z,BTC-USDT,one,0.0001
2020-01-01T08:00Z,2020-01-01T08:02Z,BTC-USDT,two,0.0009
2020-01-01T16:00Z,2020-01-01T16:01Z,ETH-USDT,one,-0.0002
"""
    options = {"series": "funding_rate", "column": "rate", "where": {"exchange": "one"}}
    found = rows(tmp_path, text, **options, symbols={"BTC-USDT": "BTC"})
    at = datetime(2020, 1, 1, 8, tzinfo=UTC)
    later = at + timedelta(hours=8)
    minute = timedelta(minutes=1)
    assert found.rows() == [
        ("funding_rate", "BTC", at, at + minute, 0.0001, None),
        ("funding_rate", "ETH-USDT", later, later + minute, -0.0002, None),
    ]


BAD = [
    (LONG, {}, "side_known_at", None, "known_at"),
    (LONG, {"delay_hours": 0}, "name_allow_list", 1, "series"),
    (LONG, {"names": {"VIXX": "vix"}, "delay_hours": 0}, "side_series", None, "series"),
    (LONG, {"names": {"VIX": "VIX"}, "delay_hours": 0}, "name_allow_list", None, None),
    (LONG, {"series": "vix", "column": "close", "delay_hours": 0}, "missing_column", None, "close"),
    (LONG, {"series": "vix", "delay_hours": 0}, "side_duplicate", 2, "value"),
    (LONG, {"where": {"series": "none"}, "delay_hours": 0}, "empty_selection", None, None),
    (LONG.replace("25.45", "x"), {"names": {"VIX": "vix"}, "delay_hours": 0}, "not_a_number", 3, "value"),
    (LONG.replace("2019-01-03,VIX", "2019-13-03,VIX"), {"names": {"VIX": "vix"}, "delay_hours": 0}, None, 3, "date"),
    (LONG.replace("date", "day"), {"series": "vix", "delay_hours": 0}, "missing_column", None, "ts"),
    ("ts,known_at,value\n2020-01-02T08:00Z,2020-01-01T08:00Z,1\n", {"series": "a"}, "side_known_at", 1, "known_at"),
    ("ts,symbol,value\n2020-01-02T08:00Z,a b,1\n", {"series": "a", "delay_hours": 0}, "symbol_allow_list", 1, "symbol"),
    ("ts,value\n2020-01-02T08:00,1\n", {"series": "a", "delay_hours": 0}, "naive_timestamp", 1, "ts"),
]


@pytest.mark.parametrize(("text", "options", "rule", "row", "column"), BAD)
def test_faults_are_named(
    tmp_path: Path, text: str, options: dict, rule: str | None, row: int | None, column: str | None
) -> None:
    """Rule, row of the file (also behind a selection) and column."""
    with pytest.raises(BadInputError) as caught:
        rows(tmp_path, text, **options)
    assert rule in (None, caught.value.rule)
    assert (caught.value.where.row, caught.value.where.column) == (row, column)


def test_an_unknown_option_or_kind_is_refused(tmp_path: Path) -> None:
    """A misspelt option would otherwise be a silent default."""
    for config in ({"kind": "side", "path": "x", "serie": "a"}, {"kind": "book"}, {"kind": "funding"}, {}):
        with pytest.raises(BadInputError, match=r"source_option|source_kind"):
            open_side_source(config)
    with pytest.raises(BadInputError, match="unreadable_file"):
        open_side_source({"kind": "side", "path": str(tmp_path / "none.csv"), "series": "a"}).series()


REAL = {
    "cboe_volatility_indices.parquet": {
        "names": {"VIX": "vix", "VIX3M": "vix3m", "VVIX": "vvix"},
        "delay_hours": 0.25,
    },
    "crypto_funding_rates.parquet": {
        "series": "funding_rate",
        "column": "funding_rate",
        "where": {"exchange": "binance"},
        "timezone": "UTC",
        "delay_hours": 0.0,
    },
    "short_volume_daily.parquet": {
        "series_column": "field",
        "names": {"short_ratio": "short_volume_ratio"},
        "delay_hours": 12.0,
    },
}


@pytest.mark.parametrize("name", sorted(REAL))
def test_real_files_are_read(name: str) -> None:
    """Public series as they come: every figure is known, none before its time."""
    source = open_side_source({"kind": "side", "path": real_file(name), **REAL[name]})
    found = source.rows(source.series())
    wanted = REAL[name].get("names")
    assert source.series() == (sorted(wanted.values()) if wanted else ["funding_rate"])
    assert found.height > 1_000
    assert found.filter(pl.coalesce("known_at", "due") < pl.col("ts")).is_empty()
    assert found.null_count()["value"].item() == 0
