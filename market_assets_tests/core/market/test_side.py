"""Side series are joined as of when they were known; the leakage proof sees a join that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.features.base import Family
from market_assets.core.features.causality import prove_causal
from market_assets.core.features.declaration import Feature
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets.core.market.side import EVERYONE, SideTable
from market_assets_tests.core.features.panels import market

DAY = np.timedelta64(1, "D")
HASH_WITHOUT_SIDE = "af0762cc345fd38fce82c39933cb29e66cdcb64fbf7f8c6102dc9aa7a458efe5"
"""Of ``market(sessions=60, equities=2)``, before panels had a side table."""
START = np.datetime64("2015-01-01T00:00:00", "us")


def side(n: int = 250, seed: int = 0) -> SideTable:
    """Two series, one of a symbol and one of the market, learned 1 to 40 days late, a third of the rows revised."""
    rng = np.random.Generator(np.random.PCG64(seed))
    ts = np.tile(START + np.arange(n) * DAY, 2)
    known = ts + rng.integers(1, 40, 2 * n) * DAY
    revised = rng.random(2 * n) < 0.33
    names, owners = np.repeat(["funding", "fear"], n), np.repeat(["S01", EVERYONE], n)
    again = known[revised] + rng.integers(1, 40, int(revised.sum())) * DAY
    return SideTable(
        series=np.concatenate([names, names[revised]]),
        symbol=np.concatenate([owners, owners[revised]]),
        ts=np.concatenate([ts, ts[revised]]),
        known_at=np.concatenate([known, again]),
        value=rng.standard_normal(2 * n + int(revised.sum())),
    )


def plain(table: SideTable, series: str, symbol: str, stamp: np.datetime64) -> tuple[float, float]:
    """The definition, row by row."""
    rows = [
        (ts, known, value)
        for name, owner, ts, known, value in zip(
            table.series, table.symbol, table.ts, table.known_at, table.value, strict=True
        )
        if name == series and owner == symbol and known <= stamp
    ]
    if not rows:
        return np.nan, np.nan
    ts, _, value = max(rows, key=lambda row: (row[0], row[1]))
    return float(value), float((stamp - ts) / DAY)


def test_as_of_equals_its_definition() -> None:
    """The latest fact known at each bar, and of its revisions the latest known, with the age of the fact."""
    table = side()
    stamps = START + np.arange(0, 300, 3) * DAY + np.timedelta64(21, "h")
    for series, symbol in (("funding", "S01"), ("fear", EVERYONE)):
        value, staleness = table.as_of(series, symbol, stamps)
        expected = np.array([plain(table, series, symbol, stamp) for stamp in stamps])
        np.testing.assert_array_equal(np.column_stack([value, staleness]), expected)
        assert np.isnan(value[0])
        assert np.isfinite(value).mean() > 0.9


def test_the_order_of_the_rows_does_not_matter() -> None:
    """Names and values are those of the sorted table when the rows of all series and owners are mixed."""
    table, stamps = side(), START + np.arange(0, 300, 7) * DAY
    mixed = table.take(np.random.Generator(np.random.PCG64(5)).permutation(table.n_rows))
    assert mixed.names == table.names == ("fear", "funding")
    for series, symbol in (("funding", "S01"), ("fear", "S01"), ("fear", EVERYONE)):
        np.testing.assert_array_equal(mixed.as_of(series, symbol, stamps), table.as_of(series, symbol, stamps))
    assert table.take(np.zeros(table.n_rows, dtype=bool)).names == ()


def test_own_series_goes_before_the_markets() -> None:
    """A symbol without a series of its own takes the market-wide one; a series nobody has is NaN, not an error."""
    table, stamps = side(), START + np.array([200, 240]) * DAY
    late = table.take(table.series == "fear")
    own = replace(late, symbol=np.full(late.n_rows, "S05"), known_at=np.full(late.n_rows, stamps[1]), value=-late.value)
    before, after = late.joined(own).as_of("fear", "S05", stamps)[0]
    assert before == table.as_of("fear", "S05", stamps)[0][0]
    assert after == own.as_of("fear", "S05", stamps)[0][1]
    assert np.isfinite(table.as_of("fear", "S05", stamps)[0]).all()
    assert np.isnan(table.as_of("funding", "S05", stamps)[0]).all()
    assert np.isnan(table.as_of("nothing", "S01", stamps)[0]).all()


def test_hashes_of_panels_without_side_series_stay() -> None:
    """No side table and an empty one hash alike; any value of a table counts, the order of its rows does not."""
    panel, table = replace(market(sessions=60, equities=2), side=None), side(40)
    assert panel.content_hash() == HASH_WITHOUT_SIDE
    empty = table.take(np.zeros(table.n_rows, dtype=bool))
    assert replace(panel, side=empty).content_hash() == panel.content_hash()
    held = replace(panel, side=table)
    assert held.content_hash() != panel.content_hash()
    assert replace(panel, side=table.take(np.arange(table.n_rows)[::-1])).content_hash() == held.content_hash()
    value = table.value.copy()
    value[7] += 1e-12
    assert replace(panel, side=table.with_values(value)).content_hash() != held.content_hash()
    assert adjust(held).side is table
    assert held.select(["S01"]).side is table


def honest(table: SideTable, name: str, stamps: np.ndarray) -> np.ndarray:
    return table.as_of("funding" if name == "S01" else "fear", name, stamps)[0]


def by_event_time(table: SideTable, name: str, stamps: np.ndarray) -> np.ndarray:
    """The leak: joined on the moment the figure is about, before anybody could read it."""
    return honest(replace(table, known_at=table.ts), name, stamps)


def at_the_next_bar(table: SideTable, name: str, stamps: np.ndarray) -> np.ndarray:
    """The leak: what is known at the bar after, one bar before."""
    return honest(table, name, np.append(stamps[1:], stamps[-1:]))


def at_the_end(table: SideTable, name: str, stamps: np.ndarray) -> np.ndarray:
    """The leak: what is known at the last bar, in every row."""
    return honest(table, name, np.full(stamps.size, stamps.max() if stamps.size else 0, dtype=stamps.dtype))


def whole_mean(table: SideTable, name: str, stamps: np.ndarray) -> np.ndarray:
    """The leak: less the mean of all that is ever learned."""
    return honest(table, name, stamps) - table.value.mean()


def learned_next(table: SideTable, name: str, stamps: np.ndarray) -> np.ndarray:
    """The leak: the figure that will be learned next."""
    order = np.argsort(table.known_at, kind="stable")
    following = np.searchsorted(table.known_at[order], stamps, side="right")
    return table.value[order][np.minimum(following, order.size - 1)]


def last_revision(table: SideTable, name: str, stamps: np.ndarray) -> np.ndarray:
    """The leak: every fact in its final form, though on the day of its first."""
    order = np.lexsort((table.known_at, table.ts, table.symbol, table.series))
    one = table.take(order)
    key = np.array([f"{s}|{o}|{t}" for s, o, t in zip(one.series, one.symbol, one.ts, strict=True)])
    _, code = np.unique(key, return_inverse=True)
    final = np.full(code.max() + 1, np.nan)
    final[code] = one.value
    return honest(one.with_values(final[code]), name, stamps)


LEAKS = (by_event_time, at_the_next_bar, at_the_end, whole_mean, learned_next, last_revision)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(("rule", "clean"), [(honest, True), *((leak, False) for leak in LEAKS)])
def test_the_proof_sees_side_series(rule: Callable[..., np.ndarray], clean: bool, sparse: bool) -> None:
    """A join as of known_at passes, joins on anything later are found, of a figure a day and of one every 30 days."""

    def compute(panel: Panel) -> np.ndarray:
        out = np.full((panel.n_rows, 1), np.nan)
        for index, name in enumerate(panel.symbols):
            if panel.side is not None:
                out[panel.rows(index), 0] = rule(panel.side, name, panel.ts[panel.rows(index)])
        return out

    family = Family("toy", "1", {"x": Feature("as of", "own", ("side:funding", "side:fear"), 0)}, compute)
    table = side()
    if sparse:
        table = table.take((table.ts - START) / DAY % 30 == 0)
    raw = replace(market(sessions=200, equities=3, context=False), side=table)
    cuts = np.unique(raw.ts)[[140, 160]]
    for cut in (cuts[:1], cuts):
        assert prove_causal(family, raw, cut, seed=3).passed is clean


@pytest.mark.parametrize(
    ("change", "rule", "column"),
    [
        ({"known_at": pl.col("ts") - pl.duration(days=1)}, "side_known_at", "known_at"),
        ({"value": pl.lit(float("nan"))}, "side_value", "value"),
        ({"value": pl.lit(None, dtype=pl.Float64)}, "side_value", "value"),
        ({"ts": pl.col("ts").first(), "known_at": pl.col("known_at").last()}, "side_duplicate", "known_at"),
    ],
)
def test_bad_rows_are_named(change: dict[str, pl.Expr], rule: str, column: str) -> None:
    """What cannot be, is refused with row, column and rule."""
    days = pl.Series(np.array([START, START + DAY])).dt.replace_time_zone("UTC")
    frame = pl.DataFrame({"series": ["a", "a"], "symbol": ["", ""], "ts": days, "known_at": days, "value": [1.0, 2.0]})
    assert SideTable.from_frame(frame).n_rows == 2
    with pytest.raises(BadInputError, match=rule) as caught:
        SideTable.from_frame(frame.with_columns(**change))
    assert f"column {column}" in str(caught.value)
    assert "row 1" in str(caught.value)
