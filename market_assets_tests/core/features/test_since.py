"""The newest rows alone: the bytes of a whole computation, for every registered family and whatever rows are wanted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from market_assets.core.features.cross_sectional import compute as cross_sectional
from market_assets.core.features.registry import FAMILIES
from market_assets.core.features.since import compute_since, from_window, rows_since
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import market


@cache
def panel() -> Panel:
    """An adjusted market with late listing, missing bars, a long halt and a symbol that ended."""
    raw = market(sessions=420, equities=6, seed=5)
    rng = np.random.default_rng(1)
    gone = rng.random(raw.n_rows) < 0.01
    for index, low, high in ((1, 250, 330), (2, 300, 420)):
        gone[raw.offsets[index] + low : raw.offsets[index] + high] = True
    return adjust(raw.take(~gone))


@cache
def whole(name: str) -> np.ndarray:
    """A family's values on the market."""
    return FAMILIES[name].compute(panel())


def bits(values: np.ndarray) -> bytes:
    """Bytes of the values with one NaN payload."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


def wanted(case: str) -> np.ndarray:
    """First row wanted of every symbol."""
    low, high = panel().offsets[:-1], panel().offsets[1:]
    if case == "month":
        from_ts = np.sort(np.unique(panel().ts))[-21]
        return np.array(
            [low[i] + np.searchsorted(panel().ts[panel().rows(i)], from_ts) for i in range(len(panel().symbols))]
        )
    if case == "one symbol":
        return np.where(np.arange(len(low)) == 3, high - 30, high)
    if case == "one bar each":
        return high - 1
    if case == "nothing":
        return high.copy()
    rng = np.random.default_rng(7)
    return low + (rng.random(len(low)) * (high - low + 1)).astype(np.int64)


@pytest.mark.parametrize("case", ["month", "one symbol", "one bar each", "nothing", "anywhere"])
@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_the_newest_rows_are_those_of_the_whole(name: str, case: str) -> None:
    """Byte for byte, in the panel's order."""
    first = wanted(case)
    values = compute_since(FAMILIES[name], panel(), first)
    assert bits(values) == bits(whole(name)[rows_since(panel(), first)])


def test_planted_bug_a_window_that_is_too_short_is_seen() -> None:
    """The test above can fail: 80 bars less than the look-back, and bytes differ."""
    first = wanted("month")
    values = from_window(cross_sectional, FAMILIES["cross_sectional"].lookback - 80)(panel(), first)
    assert bits(values) != bits(whole("cross_sectional")[rows_since(panel(), first)])


def test_a_family_without_a_shorter_way_is_computed_whole() -> None:
    """The result is the same; only the cost is not."""
    family, first = replace(FAMILIES["regime"], since=None), wanted("month")
    assert bits(compute_since(family, panel(), first)) == bits(whole("regime")[rows_since(panel(), first)])
