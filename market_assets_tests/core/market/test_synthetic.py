"""The synthetic market: determinism, prefixes, stylised facts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.market.calendar import sessions_of
from market_assets.core.market.grid import spread
from market_assets.core.market.panel import VALUE_COLUMNS
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.market.synthetic_returns import ALPHA, BETA, garch_scale


@pytest.fixture(scope="module")
def market():
    """The default market."""
    return synthesize(SyntheticSpec())


def test_size_calendar_and_sectors(market):
    """46 symbols x 1258 sessions of New York from 2015 to 2019, eleven sectors, known when they close."""
    panel = market.panel
    assert len(panel.symbols) == 46
    np.testing.assert_array_equal(panel.sessions()[0], sessions_of("XNYS", date(2015, 1, 2), date(2020, 1, 1)))
    assert panel.n_rows == 46 * 1258
    assert len(set(panel.sectors)) == 11
    assert set(panel.kinds) == {"equity"}
    np.testing.assert_array_equal(panel.known_at, panel.ts)


def test_same_spec_same_bytes(market):
    """Two runs agree to the byte and another seed does not."""
    assert synthesize(SyntheticSpec()).panel.content_hash() == market.panel.content_hash()
    assert synthesize(SyntheticSpec(seed=1)).panel.content_hash() != market.panel.content_hash()


@pytest.mark.parametrize("kind", ["planted", "null"])
def test_longer_and_wider_markets_begin_with_the_same_bars(kind):
    """Prefix property in time and in symbols, to the byte."""
    short = synthesize(SyntheticSpec(kind=kind, symbols=7, years=1.3, seed=5)).panel
    long = synthesize(SyntheticSpec(kind=kind, symbols=12, years=4.1, seed=5)).panel
    cut = long.select(short.symbols)
    assert cut.take(cut.ts <= short.ts.max()).content_hash() == short.content_hash()


def test_bars_are_sound(market):
    """OHLC order, positive prices and whole volumes hold on every row."""
    panel = market.panel
    assert (panel.high >= np.maximum(panel.open, panel.close)).all()
    assert (panel.low <= np.minimum(panel.open, panel.close)).all()
    assert (panel.low > 0).all()
    assert (panel.volume >= 1).all()
    assert (panel.volume == np.round(panel.volume)).all()
    assert all(np.isfinite(getattr(panel, name)).all() for name in VALUE_COLUMNS)


def test_actions_are_planted(market):
    """There are splits and dividends, and none on a first bar."""
    panel = market.panel
    assert 5 <= (panel.split != 1).sum() <= 100
    assert 200 <= (panel.dividend > 0).sum() <= 900
    assert (panel.split[panel.offsets[:-1]] == 1).all()
    assert (panel.dividend[panel.offsets[:-1]] == 0).all()


def test_tails_are_fat_and_volatility_clusters(market):
    """Median excess kurtosis above 2; |r| is autocorrelated for weeks while r is not."""
    returns = spread(market.panel, market.truth.total_return)
    assert np.median(stats.kurtosis(returns, axis=0)) > 2

    def autocorrelation(x, lag):
        x = x - x.mean(axis=0)
        return ((x[lag:] * x[:-lag]).mean(axis=0) / (x**2).mean(axis=0)).mean()

    assert autocorrelation(np.abs(returns), 1) > 0.08
    assert autocorrelation(np.abs(returns), 10) > 0.04
    null = synthesize(SyntheticSpec(kind="null"))
    assert abs(autocorrelation(spread(null.panel, null.truth.total_return), 1)) < 0.03


def test_sectors_and_market_show_in_correlations(market):
    """Symbols of one sector correlate more than others, and all correlate through the market."""
    correlation = np.corrcoef(spread(market.panel, market.truth.total_return).T)
    sectors = np.array(market.panel.sectors)
    same = sectors[:, None] == sectors[None, :]
    off = ~np.eye(len(sectors), dtype=bool)
    assert correlation[same & off].mean() > correlation[~same].mean() + 0.03
    assert correlation[~same].mean() > 0.1


def test_pressure_is_independent_across_symbols_and_persistent(market):
    """The latent signal has the declared persistence and no common part."""
    pressure = spread(market.panel, market.truth.pressure)
    lagged = np.mean([np.corrcoef(pressure[1:, i], pressure[:-1, i])[0, 1] for i in range(46)])
    assert abs(lagged - 0.93) < 0.015
    correlation = np.corrcoef(pressure.T)
    assert abs(correlation[np.triu_indices(46, 1)].mean()) < 0.02


@pytest.mark.parametrize(("kind", "low", "high"), [("planted", 0.09, 0.15), ("null", -0.015, 0.015)])
def test_pressure_moves_next_returns_only_when_planted(kind, low, high):
    """The slope of the next scaled return on pressure is the edge (0.12), or zero in a null market."""
    market = synthesize(SyntheticSpec(kind=kind, seed=3))
    truth = market.truth
    scaled = spread(market.panel, truth.total_return / truth.volatility)
    slope = stats.linregress(spread(market.panel, truth.pressure)[:-1].ravel(), scaled[1:].ravel()).slope
    assert low < slope < high


@pytest.mark.parametrize("kind", ["planted", "null"])
def test_pressure_shows_in_the_place_of_the_close(kind):
    """Five-day mean of the close location value correlates with pressure above 0.3, in both kinds of market."""
    market = synthesize(SyntheticSpec(kind=kind, seed=2))
    panel = market.panel
    location = (2 * panel.close - panel.high - panel.low) / np.maximum(panel.high - panel.low, 1e-9)
    grid = spread(panel, location)
    mean = sum(grid[k : len(grid) - 4 + k] for k in range(5)) / 5
    assert np.corrcoef(mean.ravel(), spread(panel, market.truth.pressure)[4:].ravel())[0, 1] > 0.3


@pytest.mark.parametrize("kind", ["planted", "null"])
def test_pressure_shows_in_volume(kind):
    """Five-day mean of log volume, each symbol centred, correlates with pressure above 0.5, in both kinds of market."""
    market = synthesize(SyntheticSpec(kind=kind, seed=2))
    volume = spread(market.panel, np.log(market.panel.volume))
    mean = sum(volume[k : len(volume) - 4 + k] for k in range(5)) / 5
    pressure = spread(market.panel, market.truth.pressure)[4:]
    each = [np.corrcoef(mean[:250, i], pressure[:250, i])[0, 1] for i in range(46)]
    assert np.mean(each) > 0.5


def test_expected_next_is_known_at_the_close():
    """The next mean is edge x sigma of the next session x pressure of this one, and zero in a null market."""
    market = synthesize(SyntheticSpec(symbols=3, years=1))
    truth = market.truth
    own = market.panel.rows(1)
    expected = market.spec.edge * truth.volatility[own][1:] * truth.pressure[own][:-1]
    np.testing.assert_allclose(truth.expected_next[own][:-1], expected)
    assert (synthesize(SyntheticSpec(kind="null", symbols=3, years=1)).truth.expected_next == 0).all()


def test_garch_scale_follows_its_recursion():
    """The vectorised scale equals the recursion written out for one series."""
    shocks = np.random.default_rng(0).standard_normal(50)
    variance = [1.0]
    for shock in shocks:
        variance.append(1 - ALPHA - BETA + ALPHA * variance[-1] * shock**2 + BETA * variance[-1])
    np.testing.assert_allclose(garch_scale(shocks) ** 2, variance)


def test_bounds():
    """Unknown options and values out of bounds are refused; a range without a session is named."""
    for options in ({"symbols": 0}, {"years": -1}, {"kind": "bull"}, {"persistence": 1.0}, {"colour": 1}):
        with pytest.raises(ValidationError):
            SyntheticSpec(**options)
    with pytest.raises(NotEnoughDataError):
        synthesize(SyntheticSpec(start=date(2015, 1, 3), years=1 / 365.25))
