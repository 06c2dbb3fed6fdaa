"""EWM volatility against the published case, pandas, and snippet 3.1 as printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.labels.volatility import ewm_volatility, lagged_returns
from market_assets_tests.core.labels.panels import random_panel
from market_assets_tests.golden.cases import case

DAYS = np.datetime64("2020-01-01T21:00", "us") + np.arange(400) * np.timedelta64(1, "D")
GOLDEN = case("vol_target", "ewm_std_span5")


def sigma(close, reference, span, ts=DAYS):
    offsets = np.array([0, close.size])
    return ewm_volatility(offsets, lagged_returns(offsets, ts[: close.size], close, reference), span)


def test_published_one_bar_volatility():
    """Returns and EWM deviation of span 5; the first bar has no return, the second no deviation."""
    close, expected = np.array(GOLDEN["inputs"]["close"], dtype=float), GOLDEN["expected"]
    returns = lagged_returns(np.array([0, close.size]), DAYS[: close.size], close, "bar")
    np.testing.assert_allclose(returns[1:], expected["returns"], rtol=0, atol=GOLDEN["tolerance"])
    wanted = [np.nan if value is None else value for value in expected["ewm_std"]]
    np.testing.assert_allclose(sigma(close, "bar", 5)[1:], wanted, rtol=0, atol=GOLDEN["tolerance"])


def test_published_snippet_on_daily_bars_is_two_bar_volatility():
    """Since the last bar more than one day older: on daily bars that is two bars ago. ``day`` is the repair."""
    close = np.array(GOLDEN["inputs"]["close"], dtype=float)
    wanted = np.array(GOLDEN["expected"]["afml_3_1_on_daily_bars"], dtype=float)
    found = sigma(close, "before_day", 5)
    assert np.isnan(found[:2]).all()
    np.testing.assert_allclose(found[2:], wanted, rtol=0, atol=GOLDEN["tolerance"])
    np.testing.assert_array_equal(sigma(close, "day", 5), sigma(close, "bar", 5))


def snippet_3_1(close: pd.Series, span: int) -> pd.Series:
    """getDailyVol as printed in Lopez de Prado (2018)."""
    found = close.index.searchsorted(close.index - pd.Timedelta(days=1))
    found = found[found > 0]
    before = pd.Series(close.index[found - 1], index=close.index[close.shape[0] - found.shape[0] :])
    returns = close.loc[before.index] / close.loc[before.to_numpy()].to_numpy() - 1
    return returns.ewm(span=span).std()


def test_intraday_bars_give_the_printed_snippet():
    """On irregular bars within days the returns reach back more than a day, as printed."""
    rng = np.random.default_rng(0)
    ts = np.datetime64("2021-03-01", "us") + np.cumsum(rng.integers(1, 400, 300)) * np.timedelta64(1, "m")
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 300)))
    wanted = snippet_3_1(pd.Series(close, index=ts), 20)
    found = sigma(close, "before_day", 20, ts)
    np.testing.assert_allclose(found[300 - len(wanted) :], wanted, rtol=1e-10)
    assert np.isnan(found[: 300 - len(wanted)]).all()
    assert not np.allclose(found[100:], sigma(close, "bar", 20, ts)[100:], rtol=0.1)


@pytest.mark.parametrize("span", [2, 5, 60])
def test_kernel_equals_pandas(span):
    """Symbol by symbol, with missing returns that age what came before."""
    panel = random_panel(np.random.default_rng(3), missing=0.02)
    returns = lagged_returns(panel.offsets, panel.ts, panel.close, "bar")
    found = ewm_volatility(panel.offsets, returns, span, 4)
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        series = pd.Series(returns[rows])
        wanted = series.ewm(span=span, min_periods=4).std().where(series.notna())
        np.testing.assert_allclose(found[rows], wanted, rtol=1e-9, atol=1e-15)


def test_symbols_stand_alone_and_later_bars_change_nothing():
    """The first bar of a symbol has no return, and a prefix has the same bytes."""
    panel = random_panel(np.random.default_rng(4))
    returns = lagged_returns(panel.offsets, panel.ts, panel.close, "day")
    assert np.isnan(returns[panel.offsets[:-1]]).all()
    whole = ewm_volatility(panel.offsets, returns, 10)
    begin, end = panel.offsets[1], panel.offsets[1] + 30
    alone = sigma(panel.close[begin:end], "day", 10, panel.ts[begin:end])
    np.testing.assert_array_equal(alone, whole[begin:end])


def test_what_is_not_a_deviation_is_refused():
    """A span of one bar has no deviation, and other references are unknown."""
    with pytest.raises(BadInputError, match="ewm_span"):
        ewm_volatility(np.array([0, 2]), np.zeros(2), 1)
    with pytest.raises(BadInputError, match="return_reference"):
        lagged_returns(np.array([0, 2]), DAYS[:2], np.ones(2), "week")
