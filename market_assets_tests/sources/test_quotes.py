"""Best quotes to side series: sessions by symbol, crossed quotes, faults by row, and recorded quotes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.features.order_book import QUOTE_SERIES
from market_assets.sources.side import open_side_source
from market_assets_tests.real_data import real_file

HEAD = "timestamp,symbol,bid,bid_size,ask,ask_size\n"
DAYS = ("2019-01-02", "2019-01-03", "2019-01-04")


def text(symbols: tuple[str, ...] = ("AAPL", "MSFT")) -> str:
    """Two quotes a session at 15:00 and 20:30 UTC, after a first one at the close of the day before."""
    rows = [
        f"{day}T{clock}Z,{name},{100 + k}.00,{3 + k},{100 + k}.50,1"
        for name in symbols
        for k, day in enumerate(DAYS)
        for clock in ("15:00", "20:30", "21:00")
    ]
    return HEAD + "\n".join(rows) + "\n"


def rows(tmp_path: Path, given: str, **options: object) -> pl.DataFrame:
    """Figures of a file with this text."""
    path = tmp_path / "quotes.csv"
    path.write_text(given)
    source = open_side_source({"kind": "quotes", "path": str(path), **options})
    assert source.series() == sorted(QUOTE_SERIES)
    return source.rows(source.series())


def test_sessions_of_every_symbol(tmp_path: Path) -> None:
    """From close to close: the first session, of which a part may be missing, is left out."""
    found = rows(tmp_path, text())
    assert found.height == 2 * 2 * len(QUOTE_SERIES)
    ends = found["ts"].dt.strftime("%Y-%m-%dT%H:%M").unique().sort().to_list()
    assert ends == ["2019-01-03T21:00", "2019-01-04T21:00"]
    spread = found.filter((pl.col("series") == "book_spread") & (pl.col("symbol") == "AAPL"))["value"]
    # a quote at the border belongs to the session that follows it
    first, second, third = (0.5 / (100.25 + k) for k in range(3))
    assert spread.to_list() == pytest.approx([(first + 2 * second) / 3, (second + 2 * third) / 3])
    queue = found.filter((pl.col("series") == "book_best_imbalance") & (pl.col("symbol") == "MSFT"))["value"]
    assert queue[0] == pytest.approx((2 / 4 + 2 * 3 / 5) / 3)


@pytest.mark.parametrize(
    ("old", "new", "rule", "row", "column"),
    [
        ("101.00", "0.00", "quote", 4, "bid"),
        (",101.50,1", ",101.50,-1", "quote", 4, "ask_size"),
        ("2019-01-03T15:00Z,AAPL", "2019-01-03T15:00Z,aapl", "symbol_allow_list", 4, "symbol"),
        ("2019-01-03T15:00Z,AAPL", "2019-01-03T15:00,AAPL", None, 4, "timestamp"),
        ("bid_size", "size", "missing_column", None, "bid_size"),
    ],
)
def test_faults_are_named(
    tmp_path: Path, old: str, new: str, rule: str | None, row: int | None, column: str | None
) -> None:
    """Rule, row and column of what cannot be a quote."""
    with pytest.raises(BadInputError) as caught:
        rows(tmp_path, text().replace(old, new, 1))
    assert rule in (None, caught.value.rule)
    assert (caught.value.where.row, caught.value.where.column) == (row, column)


def test_recorded_quotes() -> None:
    """Minute quotes of five symbols: a spread of some hundredths of a per cent to some per cent, queues in bounds."""
    config = {"kind": "quotes", "path": real_file("us_equity_minute_quotes.parquet"), "bid": "bid_close"}
    source = open_side_source({**config, "ask": "ask_close", "timezone": "UTC"})
    found = source.rows(source.series())
    assert set(found["symbol"]) == {"AAPL", "AIG", "BAC", "IBM", "SPY"}
    of = {name: found.filter(pl.col("series") == name)["value"] for name in QUOTE_SERIES}
    assert min(len(values) for values in of.values()) >= 20
    assert of["book_spread"].is_between(1e-5, 0.05).all()
    assert of["book_best_imbalance"].abs().max() < 1.0
