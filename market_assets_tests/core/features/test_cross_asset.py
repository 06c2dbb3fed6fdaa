"""The cross-asset family against pandas on the grid of returns, symbol by symbol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.causality import prove_causal
from market_assets.core.features.cross_asset import CROSS_ASSET
from market_assets.core.features.cross_asset_series import between
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import agree, market

PANEL = adjust(market(sessions=220, equities=7))
SYMBOL = 1
CLOSES = pd.DataFrame({"ts": PANEL.ts, "symbol": PANEL.symbol_codes(), "close": PANEL.close})
GRID = np.log(CLOSES.pivot(index="ts", columns="symbol", values="close").reset_index(drop=True)).diff()
INDEX, VIX = GRID[PANEL.symbols.index("^IDX")], GRID[PANEL.symbols.index("^VIX")]
TRADED = GRID[[i for i, kind in enumerate(PANEL.kinds) if kind != "level"]]
R = GRID[SYMBOL]
MATES = [i for i, name in enumerate(PANEL.sectors) if name == PANEL.sectors[SYMBOL] and i != SYMBOL]
SECTOR = GRID[MATES].mean(axis=1)
SECTORS = [
    GRID[
        [i for i, name in enumerate(PANEL.sectors) if name == wanted and i != SYMBOL and PANEL.kinds[i] != "level"]
    ].mean(axis=1)
    for wanted in sorted(set(PANEL.sectors))
]
DISPERSION = TRADED.std(axis=1)


def values(panel: Panel, symbol: int = SYMBOL) -> dict[str, np.ndarray]:
    """Every feature of one symbol."""
    return dict(zip(CROSS_ASSET.names, CROSS_ASSET.compute(panel)[panel.rows(symbol)].T, strict=True))


FAST = values(PANEL)


def fit(window: int) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Intercept, slope and residual deviation (divisor n - 2) of the line on the index."""
    slope = INDEX.rolling(window).cov(R) / INDEX.where(R.notna()).rolling(window).var()
    constant = R.rolling(window).mean() - slope * INDEX.rolling(window).mean()
    left = [np.nan] * len(R)
    for row in range(window, len(R)):
        part = slice(row - window + 1, row + 1)
        rest = R[part] - constant[row] - slope[row] * INDEX[part]
        left[row] = float(np.sqrt((rest**2).sum() / (window - 2)))
    return constant, slope, pd.Series(left)


A, B, LEFT = fit(100)


def residual_sum(window: int) -> pd.Series:
    return (R.rolling(window).sum() - window * A - B * INDEX.rolling(window).sum()) / (LEFT * window**0.5)


def leader() -> tuple[pd.Series, pd.Series]:
    found = pd.concat([s.shift(1).rolling(60).corr(R) for s in SECTORS], axis=1)
    signal = pd.concat([c * s / s.rolling(60).std() for c, s in zip(found.to_numpy().T, SECTORS, strict=True)], axis=1)
    pick = found.abs().fillna(-1.0).to_numpy().argmax(axis=1)
    rows = np.arange(len(R))
    return pd.Series(found.to_numpy()[rows, pick]), pd.Series(signal.to_numpy()[rows, pick])


LEVEL = np.log(CLOSES[CLOSES["symbol"] == SYMBOL]["close"]).reset_index(drop=True)
INDEX_LEVEL = INDEX.fillna(0.0).cumsum().where(INDEX.notna())


def gap(window: int) -> pd.Series:
    apart = LEVEL - INDEX_LEVEL
    return apart - apart.rolling(window).mean()


PLAIN: dict[str, Callable[[], pd.Series]] = {
    "market_lag_1": lambda: INDEX.shift(1),
    "market_lag_2_5": lambda: INDEX.rolling(4).sum().shift(2),
    **{f"sector_ret_{w}": (lambda w=w: SECTOR.rolling(w).sum()) for w in (1, 5, 20)},
    "leader_corr_60": lambda: leader()[0],
    "leader_signal_1": lambda: leader()[1],
    **{f"sector_gap_{w}": (lambda w=w: (R - SECTOR).rolling(w).sum()) for w in (5, 20, 60)},
    **{f"sector_market_{w}": (lambda w=w: (SECTOR - INDEX).rolling(w).sum()) for w in (20, 60)},
    "beta_market_60": lambda: INDEX.rolling(60).cov(R) / INDEX.rolling(60).var(),
    "corr_market_60": lambda: INDEX.rolling(60).corr(R),
    "beta_change_20_60": lambda: (
        INDEX.rolling(20).cov(R) / INDEX.rolling(20).var() - INDEX.rolling(60).cov(R) / INDEX.rolling(60).var()
    ),
    "beta_sector_60": lambda: SECTOR.rolling(60).cov(R) / SECTOR.rolling(60).var(),
    "corr_sector_60": lambda: SECTOR.rolling(60).corr(R),
    "corr_market_lag_60": lambda: INDEX.shift(1).rolling(60).corr(R),
    "corr_sector_lag_60": lambda: SECTOR.shift(1).rolling(60).corr(R),
    **{f"residual_momentum_{w}": (lambda w=w: residual_sum(w)) for w in (20, 60)},
    "residual_z_1": lambda: (R - A - B * INDEX) / LEFT,
    "own_variance_60": lambda: 1.0 - INDEX.rolling(60).corr(R) ** 2,
    **{f"index_gap_{w}": (lambda w=w: gap(w)) for w in (20, 60)},
    "dispersion_share_20": lambda: R.rolling(20).std() / DISPERSION.rolling(20).mean(),
    "dispersion_corr_60": lambda: (R - INDEX).abs().rolling(60).corr(DISPERSION),
    "level_beta_60": lambda: VIX.rolling(60).cov(R) / VIX.rolling(60).var(),
    "level_corr_60": lambda: VIX.rolling(60).corr(R),
    "level_move_1": lambda: VIX * VIX.rolling(60).cov(R) / VIX.rolling(60).var(),
}


@pytest.mark.parametrize("name", CROSS_ASSET.names)
def test_feature_equals_its_definition(name: str) -> None:
    """Every cross-asset feature equals its pandas definition."""
    agree(FAST[name], PLAIN[name](), rtol=1e-7, atol=1e-10)


def test_a_symbol_is_not_its_own_market_or_sector() -> None:
    """The index is measured against the others, and a symbol alone in its sector has no sector."""
    index = values(PANEL, PANEL.symbols.index("^IDX"))
    others = TRADED.drop(columns=PANEL.symbols.index("^IDX")).mean(axis=1)
    agree(index["market_lag_1"], others.shift(1))
    assert np.isnan(index["sector_ret_5"]).all()
    assert np.nanmax(np.abs(index["corr_market_60"])) < 0.9


def test_without_index_the_others_are_the_market() -> None:
    """The mean return of the other tradable symbols takes the place of the index."""
    names = [name for name, kind in zip(PANEL.symbols, PANEL.kinds, strict=True) if kind == "equity"]
    others = GRID[[i for i in range(len(names)) if i != SYMBOL]].mean(axis=1)
    agree(values(PANEL.select(names))["corr_market_60"], others.rolling(60).corr(R), rtol=1e-7)


def test_an_index_that_closes_later_is_seen_a_day_later() -> None:
    """Stamped after the equities' close, the index's return of today belongs to the equities' next bar."""
    ts = PANEL.ts.copy()
    ts[PANEL.rows(PANEL.symbols.index("^IDX"))] += np.timedelta64(15, "m")
    moved = values(replace(PANEL, ts=ts))
    agree(moved["market_lag_1"][3:], INDEX.shift(2)[3:])


def test_between_adds_up_what_came_since_the_last_bar() -> None:
    """A symbol that skips sessions gets the sum over them; nothing known is nothing, not zero."""
    grid = np.array([np.nan, 1.0, 2.0, np.nan, 4.0, np.nan])
    np.testing.assert_array_equal(between(grid, np.array([0, 2, 3, 4])), [np.nan, 3.0, np.nan, 4.0])
    assert np.isnan(between(grid, np.array([2]))).all()


def test_a_leader_chosen_over_all_time_is_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof fails when the leading sector is chosen by its correlation over the whole sample."""
    from market_assets.core.features import cross_asset

    honest = cross_asset.lead_lag

    def peek(ret, market_ret, sector, candidates):  # type: ignore[no-untyped-def]
        def strength(candidate):  # type: ignore[no-untyped-def]
            both = ~np.isnan(candidate[:-1]) & ~np.isnan(ret[1:])
            return abs(np.corrcoef(candidate[:-1][both], ret[1:][both])[0, 1]) if both.sum() > 9 else 0.0

        return honest(ret, market_ret, sector, [max(candidates, key=strength)])

    raw = market(sessions=200, equities=6, seed=5)
    cuts = [np.unique(raw.ts)[150]]
    assert prove_causal(CROSS_ASSET, raw, cuts, seed=0).passed
    monkeypatch.setattr(cross_asset, "lead_lag", peek)
    found = prove_causal(CROSS_ASSET, raw, cuts, seed=0).leaks
    assert set(found) <= {"leader_corr_60", "leader_signal_1"}
    assert found
