"""The regime of the market to come."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from market_assets.core.labels.future_regime import FutureRegimeSpec, future_regime
from market_assets_tests.core.labels.panels import panel_of, random_panel

PANEL = random_panel(np.random.default_rng(5))


def plain_future(close, horizon, history, trend, turbulent):
    """The definition on one symbol that is the whole market."""
    ret = np.diff(np.log(close), prepend=np.nan)
    out = []
    for t in range(len(close)):
        past, ahead = ret[max(t - history + 1, 0) : t + 1], ret[t + 1 : t + 1 + horizon]
        if len(past) < history or np.isnan(past).any() or len(ahead) < horizon:
            out.append(math.nan)
            continue
        unit, move = np.std(past, ddof=1), ahead.sum()
        if math.sqrt(np.mean(ahead**2)) >= turbulent * unit:
            out.append(3)
        else:
            bar = trend * unit * math.sqrt(horizon)
            out.append(2 if move >= bar else 0 if move <= -bar else 1)
    return out


def test_future_regime_equals_the_definition():
    """Bear, sideways, bull and high volatility all occur, and each is that of the sessions after the row."""
    rng = np.random.default_rng(7)
    scale = np.where(np.arange(300) // 60 % 2, 0.03, 0.01)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1, 300) * scale))
    panel = panel_of({"A": np.column_stack([close] * 4)})
    target = future_regime(panel, FutureRegimeSpec(horizon=10, history=40))
    np.testing.assert_array_equal(target.value, plain_future(close, 10, 40, 0.5, 1.5))
    assert set(target.value[target.defined]) == {0, 1, 2, 3}
    # the market begins at its first return, so the level has no session for the first bar
    np.testing.assert_array_equal(target.t1[1:], panel.ts[np.minimum(np.arange(1, 300) + 10, 299)])


def test_all_symbols_of_a_session_share_the_future_of_the_market():
    """The market is the mean of the traded symbols."""
    target = future_regime(PANEL, FutureRegimeSpec(horizon=5, history=20))
    _, session = PANEL.sessions()
    for number in np.unique(session[target.defined]):
        assert len(set(target.value[session == number])) == 1


def test_without_traded_symbols_there_is_no_market():
    """A panel of levels has undefined rows, not an error."""
    target = future_regime(replace(PANEL, kinds=("level",) * 3), FutureRegimeSpec())
    assert not target.defined.any()
