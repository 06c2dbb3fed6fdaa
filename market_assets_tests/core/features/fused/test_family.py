"""The tape of the technical family beside its formulas computed one operation at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from market_assets.core import symbol_threads
from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.declaration import CLOSE, Feature
from market_assets.core.features.fused import family
from market_assets.core.features.fused.family import fused_family
from market_assets.core.features.institutional import INSTITUTIONAL
from market_assets.core.features.momentum import MOMENTUM
from market_assets.core.features.pattern import PATTERN
from market_assets.core.features.series import ratio, rolling_mean
from market_assets.core.features.statistical import STATISTICAL
from market_assets.core.features.technical import TECHNICAL
from market_assets.core.features.trend import TREND
from market_assets.core.features.volatility_bars import VOLATILITY_BARS
from market_assets.core.features.volume import VOLUME
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import join, stamps, symbol_bars

GROUPS = (TREND, MOMENTUM, VOLATILITY_BARS, VOLUME, PATTERN, STATISTICAL, INSTITUTIONAL)
ROUNDING = 1e-11
"""Largest difference, in standard deviations of a column: windows are added up in another order."""


def _spoiled(kind: str, bars: dict[str, np.ndarray], rng: np.random.Generator) -> None:
    prices = ("open", "high", "low", "close")
    if kind == "gaps":
        for column in bars.values():
            column[rng.random(column.size) < 0.01] = np.nan
    elif kind == "late":
        for column in bars.values():
            column[:40] = np.nan
    elif kind == "flat":
        bars.update({name: np.full(bars[name].size, 10.1) for name in prices})
    elif kind == "halted":
        for name in bars:
            bars[name][50:140] = 0.0 if name == "volume" else bars["close"][49]
    elif kind == "idle":
        bars["volume"][rng.random(bars["volume"].size) < 0.3] = 0.0
    elif kind == "ticks":
        bars.update({name: np.round(bars[name]) for name in prices})
    elif kind == "tiny":
        bars.update({name: bars[name] * 1e-9 for name in prices})


KINDS = ("clean", "gaps", "late", "flat", "halted", "idle", "ticks", "tiny")


@cache
def panel() -> Panel:
    """Symbols of every kind, and some that are shorter than most windows."""
    rng = np.random.Generator(np.random.PCG64(5))
    blocks = []
    for number, kind in enumerate((*KINDS, "empty", "one", "short", "month", "quarter")):
        n = {"empty": 0, "one": 1, "short": 7, "month": 21, "quarter": 63}.get(kind, 300)
        bars = symbol_bars(n, rng)
        _spoiled(kind, bars, rng)
        blocks.append((f"{number:02d} {kind}", "", "equity", stamps(300)[:n], bars))
    return join(blocks)


@cache
def both(group: int) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Names, and values of a group from the tape and from its formulas, columns by rows."""
    whole = TECHNICAL.compute(panel())
    names = tuple(GROUPS[group].features)
    plain = [GROUPS[group].values(Bars.of(panel(), index)) for index in range(len(panel().symbols))]
    formulas = np.stack([np.concatenate([values[name] for values in plain]) for name in names])
    return names, whole[:, [TECHNICAL.names.index(name) for name in names]].T, formulas


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_tape_and_formulas_agree(group: int) -> None:
    """The same rows are defined; values differ by rounding alone, on clean, broken and short series."""
    names, tape, formulas = both(group)
    np.testing.assert_array_equal(np.isnan(tape), np.isnan(formulas))
    for name, one, other in zip(names, tape, formulas, strict=True):
        apart = np.nanmax(np.abs(one - other)) / max(np.nanstd(other), 1e-12)
        assert apart < ROUNDING, name


def test_a_wrong_window_is_noticed() -> None:
    """The comparison above fails where the formula is another: a mean of 21 bars for one of 20."""
    tape = both(0)[1][1]
    rows = panel().rows(0)
    close = panel().close[rows].copy()
    wrong = ratio(close, rolling_mean(close, 21)) - 1.0
    assert np.nanmax(np.abs(tape[rows] - wrong)) > 1e-3


def test_columns_may_be_one_value() -> None:
    """Two features of one formula, and one that is read by another, all get their columns."""

    def compute(bars: Bars) -> dict[str, np.ndarray]:
        gap = ratio(bars.close, rolling_mean(bars.close, 3)) - 1.0
        return {"one": gap, "two": gap, "three": gap * gap, "four": bars.close}

    one = Feature("toy", "own", CLOSE, 2)
    group = Group({"one": one, "two": one, "three": one, "four": replace(one, lookback=0)}, compute)
    values = fused_family("toy", "1", (group,)).compute(panel())
    np.testing.assert_array_equal(values[:, 0], values[:, 1])
    np.testing.assert_array_equal(values[:, 0] ** 2, values[:, 2])
    np.testing.assert_array_equal(values[:, 3], panel().close)


def test_groups_may_not_share_a_name() -> None:
    """A name that two groups declare is an error."""
    group = Group({"a": Feature("toy", "own", CLOSE, 0)}, lambda bars: {"a": bars.close})
    with pytest.raises(ValueError, match="repeat"):
        fused_family("toy", "1", (group, group))


@pytest.mark.parametrize("threads", [2, 3, 20])
def test_threads_give_the_same_bytes(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Symbols of a large panel are worked through side by side, also when there are more threads than symbols."""
    alone = TECHNICAL.compute(panel()).tobytes()
    monkeypatch.setattr(symbol_threads, "THREADED_ROWS", 0)
    monkeypatch.setattr(symbol_threads, "THREADS", threads)
    monkeypatch.setattr(family, "THREADS", threads)
    assert TECHNICAL.compute(panel()).tobytes() == alone
