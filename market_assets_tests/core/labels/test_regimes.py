"""Regimes known at a bar: their definitions, and that they know nothing later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.labels.regimes import REGIMES, behaviour, liquidity, market, sector_rotation
from market_assets.core.market.adjust import adjust
from market_assets_tests.core.features.panels import market as make_market
from market_assets_tests.core.labels.panels import panel_of

PANEL = adjust(make_market(sessions=260, equities=6))


@pytest.mark.parametrize("name", REGIMES)
def test_a_regime_is_known_at_its_bar(name):
    """Bars after a time change no code up to it, and a prefix has the same codes; most names occur."""
    whole = REGIMES[name](PANEL)
    time = np.unique(PANEL.ts)[200]
    kept = time >= PANEL.ts
    factor = np.where(kept, 1.0, np.random.default_rng(0).uniform(0.5, 2.0, PANEL.n_rows))
    columns = ("open", "high", "low", "close", "volume")
    other = REGIMES[name](replace(PANEL, **{column: getattr(PANEL, column) * factor for column in columns}))
    np.testing.assert_array_equal(other.code[kept], whole.code[kept])
    assert (other.code != whole.code).any()
    np.testing.assert_array_equal(REGIMES[name](PANEL.take(kept)).code, whole.code[kept])
    assert set(whole.code) <= set(range(-1, len(whole.names)))
    assert len(set(whole.code) - {-1}) >= 3
    assert whole.code.shape == (PANEL.n_rows,)


@pytest.mark.parametrize("name", REGIMES)
def test_symbols_that_are_not_traded_have_no_regime(name):
    """A volatility level is context."""
    index = PANEL.kinds.index("level")
    assert set(REGIMES[name](PANEL).code[PANEL.rows(index)]) == {-1}


def bars_of(returns, volume=None):
    """One symbol with these log returns, and its volume."""
    close = 100 * np.exp(np.cumsum(returns))
    panel = panel_of({"A": np.column_stack([close] * 4)})
    return panel if volume is None else replace(panel, volume=np.asarray(volume, dtype=float))


def test_behaviour_tells_a_trend_from_its_opposite_and_from_turbulence():
    """A drift of half the noise is a trend, alternating returns revert, larger returns are high volatility."""
    rng = np.random.default_rng(1)
    calm = rng.normal(0, 0.01, 200)
    down_and_up = 0.01 * (-1.0) ** np.arange(60) * rng.uniform(0.7, 0.9, 60)
    ends = {
        "trend": np.full(60, 0.006) + rng.normal(0, 0.002, 60),
        "mean reversion": down_and_up,
        "high volatility": rng.normal(0, 0.05, 25),
    }
    for name, end in ends.items():
        found = behaviour(bars_of(np.concatenate([calm, end])))
        assert found.names[found.code[-1]] == name


def test_liquidity_is_the_third_of_dollar_volume_in_its_own_past():
    """Volume that doubles is deep, that halves is thin, that stays between is normal."""
    steady = np.linspace(900, 1100, 150)[np.random.default_rng(2).permutation(150)]
    for factor, name in ((2.0, "deep"), (0.5, "thin")):
        found = liquidity(bars_of(np.zeros(150), steady * np.where(np.arange(150) >= 130, factor, 1.0)))
        assert found.names[found.code[-1]] == name
    volume = 1000 + 500 * np.sin(np.arange(200) / 9) + np.random.default_rng(3).normal(0, 20, 200)
    means = np.convolve(volume, np.ones(20), "valid")
    rank = [np.mean(means[t - 99 : t] < means[t]) for t in range(99, means.size)]
    wanted = np.digitize(rank, [1 / 3, 2 / 3])
    np.testing.assert_array_equal(liquidity(bars_of(np.zeros(200), volume)).code[118:], wanted)
    assert set(wanted) == {0, 1, 2}


def test_sectors_are_ranked_by_their_mean_return():
    """The rising sector leads, the falling one lags, and a symbol without a sector has no regime."""
    drift = {"A": 0.01, "B": 0.0, "C": -0.01, "D": 0.02}
    bars = {name: np.column_stack([100 * np.exp(np.arange(80) * rate)] * 4) for name, rate in drift.items()}
    panel = replace(panel_of(bars), sectors=("up", "flat", "down", ""))
    found = sector_rotation(panel)
    assert [found.code[panel.rows(index)][-1] for index in range(4)] == [2, 1, 0, -1]
    assert (found.code[panel.rows(0)][:60] == -1).all()
    alone = replace(panel, sectors=("up", "up", "up", ""))
    assert set(sector_rotation(alone).code) == {-1}


def test_the_market_is_one_for_all_symbols_of_a_session():
    """Code by session, whatever the symbol."""
    found = market(PANEL)
    _, session = PANEL.sessions()
    traded = found.code >= 0
    lowest, highest = np.full(session.max() + 1, 9), np.full(session.max() + 1, -9)
    np.minimum.at(lowest, session[traded], found.code[traded])
    np.maximum.at(highest, session[traded], found.code[traded])
    seen = highest >= 0
    assert seen.sum() > 100
    np.testing.assert_array_equal(lowest[seen], highest[seen])
