"""The regime family: plain definitions, which market is taken, and values carried only forward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.causality import prove_causal
from market_assets.core.features.layout import Layout
from market_assets.core.features.market_series import MAX_STALE, carry
from market_assets.core.features.regime import REGIME, session_features
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import agree, market

RAW = market(sessions=320, equities=8)
PANEL = adjust(RAW)
FAST = session_features(Layout.of(PANEL))
CLOSE = pd.DataFrame({"ts": PANEL.ts, "symbol": PANEL.symbol_codes(), "close": PANEL.close}).pivot(
    index="ts", columns="symbol", values="close"
)
INDEX = CLOSE[PANEL.symbols.index("^IDX")].reset_index(drop=True)
VIX = CLOSE[PANEL.symbols.index("^VIX")].reset_index(drop=True)
TRADED = CLOSE[[i for i, kind in enumerate(PANEL.kinds) if kind != "level"]].reset_index(drop=True)
R = np.log(INDEX).diff()
RETURNS = np.log(TRADED).diff()
DISPERSION = RETURNS.std(axis=1)


def above(window: int) -> pd.Series:
    mean = TRADED.rolling(window).mean()
    return (mean < TRADED).where(mean.notna()).astype(float).mean(axis=1)


def new_extremes() -> pd.Series:
    top, bottom = TRADED.rolling(20).max(), TRADED.rolling(20).min()
    return (1.0 * (top <= TRADED) - 1.0 * (bottom >= TRADED)).where(top.notna()).mean(axis=1)


def slope(window: np.ndarray) -> float:
    return float(np.polyfit(np.arange(len(window)), window, 1)[0])


def age(window: np.ndarray) -> float:
    return float(window[::-1].argmax())


PLAIN: dict[str, Callable[[], pd.Series]] = {
    **{f"market_ret_{lag}": (lambda lag=lag: np.log(INDEX / INDEX.shift(lag))) for lag in (1, 5, 20, 60)},
    "market_gap_20": lambda: INDEX / INDEX.rolling(20).mean() - 1,
    "market_gap_100": lambda: INDEX / INDEX.rolling(100).mean() - 1,
    "market_slope_60": lambda: np.log(INDEX).rolling(60).apply(slope, raw=True) / R.rolling(60).std(),
    "market_std_20": lambda: R.rolling(20).std(),
    "market_std_60": lambda: R.rolling(60).std(),
    "market_std_ratio_10_60": lambda: R.rolling(10).std() / R.rolling(60).std(),
    "market_std_rank_100": lambda: (R.rolling(20).std().rolling(100).rank() - 1) / 99,
    "market_drawdown_126": lambda: INDEX / INDEX.rolling(126).max() - 1,
    "market_drawdown_age_126": lambda: INDEX.rolling(126).apply(age, raw=True) / 126,
    "market_rebound_126": lambda: INDEX / INDEX.rolling(126).min() - 1,
    "market_skew_60": lambda: R.rolling(60).skew(),
    "market_autocorr_60": lambda: R.rolling(60).corr(R.shift(1)),
    "fear_level": lambda: VIX / 100,
    "fear_gap_20": lambda: np.log(VIX / VIX.rolling(20).mean()),
    "fear_change_5": lambda: np.log(VIX / VIX.shift(5)),
    "fear_z_60": lambda: (VIX - VIX.rolling(60).mean()) / VIX.rolling(60).std(),
    "fear_rank_100": lambda: (VIX.rolling(100).rank() - 1) / 99,
    "fear_premium_20": lambda: np.log(VIX / 100 / (R.rolling(20).std() * 252**0.5)),
    "breadth_up_1": lambda: (RETURNS > 0).where(RETURNS.notna()).astype(float).mean(axis=1),
    "breadth_above_20": lambda: above(20),
    "breadth_above_50": lambda: above(50),
    "breadth_new_20": new_extremes,
    "dispersion_1": lambda: DISPERSION,
    "dispersion_20": lambda: DISPERSION.rolling(20).mean(),
    "dispersion_z_60": lambda: (DISPERSION - DISPERSION.rolling(60).mean()) / DISPERSION.rolling(60).std(),
}


@pytest.mark.parametrize("name", PLAIN)
def test_feature_equals_its_definition(name: str) -> None:
    """Regime features equal their pandas definitions on the grid of closes."""
    agree(FAST[name], PLAIN[name](), rtol=1e-7, atol=1e-9)


def test_average_correlation() -> None:
    """With all symbols present the implied average equals the covariance-weighted mean of pairwise correlations."""
    block = RETURNS.iloc[280:300]
    covariance = block.cov().to_numpy()
    std = np.sqrt(np.diag(covariance))
    off = ~np.eye(len(std), dtype=bool)
    assert FAST["correlation_20"][299] == pytest.approx(covariance[off].sum() / np.outer(std, std)[off].sum())


def test_states() -> None:
    """States follow from the features they cut."""
    rank, drawdown = FAST["market_std_rank_100"], FAST["market_drawdown_126"]
    late = slice(130, None)
    np.testing.assert_array_equal(FAST["state_volatility"][late], np.digitize(rank[late], [1 / 3, 2 / 3]))
    np.testing.assert_array_equal(FAST["state_drawdown"][late], np.digitize(-drawdown[late], [0.05, 0.10]))
    both = np.sign(FAST["market_gap_20"]) + np.sign(FAST["market_gap_100"])
    np.testing.assert_array_equal(FAST["state_trend"][late], np.trunc(both[late] / 2))


def test_without_index_and_level_the_proxies_are_used() -> None:
    """The market becomes the equal-weight mean return, the fear gauge its EWMA volatility a year."""
    names = [name for name, kind in zip(PANEL.symbols, PANEL.kinds, strict=True) if kind == "equity"]
    values = session_features(Layout.of(PANEL.select(names)))
    simple = TRADED.iloc[:, :-1].pct_change(fill_method=None).mean(axis=1)
    agree(values["market_ret_1"][2:], np.log1p(simple)[2:])
    variance = (np.log1p(simple).iloc[2:] ** 2).ewm(alpha=0.06, min_periods=20).mean()
    agree(values["fear_level"][2:], np.sqrt(252 * variance))


def test_every_symbol_of_a_session_sees_the_same() -> None:
    """The family broadcasts one row a session."""
    values = REGIME.compute(PANEL)
    session = PANEL.sessions()[1]
    first = np.array([np.flatnonzero(session == s)[0] for s in range(session.max() + 1)])
    np.testing.assert_array_equal(values, values[first][session])


def later(panel: Panel, symbol: str, minutes: int) -> Panel:
    """The panel with one symbol's bars stamped later in the day."""
    ts = panel.ts.copy()
    ts[panel.rows(panel.symbols.index(symbol))] += np.timedelta64(minutes, "m")
    return replace(panel, ts=ts)


def test_a_gauge_that_closes_later_is_seen_a_day_later() -> None:
    """If the level is stamped after the equities' close, the equities see yesterday's value."""
    moved = later(PANEL, "^VIX", 15)
    rows = moved.rows(0)
    column = REGIME.names.index("fear_level")
    seen = REGIME.compute(moved)[rows, column]
    np.testing.assert_array_equal(seen[1:], VIX.to_numpy()[:-1] / 100)
    breadth = REGIME.names.index("breadth_up_10")
    np.testing.assert_array_equal(REGIME.compute(moved)[rows, breadth], REGIME.compute(PANEL)[rows, breadth])


def test_carry_is_bounded() -> None:
    """A value is carried forward for ``MAX_STALE`` sessions, never backward."""
    out = carry(np.array([2, 4]), np.array([1.0, 2.0]), 14)
    expected = [np.nan] * 2 + [1.0] * 2 + [2.0] * (MAX_STALE + 1) + [np.nan] * (14 - 5 - MAX_STALE)
    np.testing.assert_array_equal(out, expected)
    assert np.isnan(carry(np.array([], dtype=np.int64), np.array([]), 3)).all()


def starting_at(panel: Panel, symbol: str, session: int) -> Panel:
    """The panel with one symbol's bars before a session taken away."""
    keep = np.ones(panel.n_rows, dtype=bool)
    rows = panel.rows(panel.symbols.index(symbol))
    keep[rows.start : rows.start + session] = False
    return panel.take(keep)


@pytest.mark.parametrize("symbol", ["^VIX", "^IDX"])
def test_a_series_that_begins_later_changes_nothing_before(symbol: str) -> None:
    """Before its first bar a late gauge or index leaves every value as if it did not exist."""
    late = session_features(Layout.of(starting_at(PANEL, symbol, 200)))
    without = session_features(Layout.of(PANEL.select(name for name in PANEL.symbols if name != symbol)))
    for name in REGIME.names:
        if not name.startswith("breadth"):  # an index is a traded symbol too, so breadth counts it
            np.testing.assert_array_equal(late[name][:200], without[name][:200], err_msg=name)


@pytest.mark.parametrize("symbol", ["^VIX", "^IDX"])
def test_the_proof_passes_where_a_series_begins_between_cuts(symbol: str) -> None:
    """Dropping the future may drop a whole symbol; the past must not notice."""
    panel = starting_at(RAW, symbol, 260)
    result = prove_causal(REGIME, panel, [np.unique(panel.ts)[200], np.unique(panel.ts)[290]], seed=0)
    assert result.passed, result.violations[:3]
