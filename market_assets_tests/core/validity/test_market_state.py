"""Market states use the past only; the check that says so catches full-sample states."""

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.validity.market_state import (
    REGIMES,
    lagged,
    market_level,
    market_regimes,
    market_returns,
    realised_volatility,
    relative_liquidity,
    trailing_rank,
)
from market_assets_tests.core.execution.grids import make_grid
from market_assets_tests.core.validity.worlds import moves_past, moving_grid


def test_market_return_is_the_mean_of_those_that_traded():
    """Two names, one bar missing: the mean runs over names with both bars; nothing on the first session."""
    grid = make_grid([[10, 20], [11, 21], [11, 1], [12.1, 22]], missing=[(2, 1)])
    assert np.isnan(market_returns(grid)[0])
    assert market_returns(grid)[1:] == pytest.approx([(0.1 + 0.05) / 2, 0.0, 0.1], abs=1e-12)
    assert market_level(market_returns(grid)) == pytest.approx(np.cumprod([1, 1.075, 1, 1.1]))


def test_regimes_have_their_meaning():
    """A calm rise and a wild fall carry their names once 119 sessions are known; before, -1."""
    generator = np.random.default_rng(0)
    calm = generator.normal(0.004, 0.005, 300)
    wild = generator.normal(-0.01, np.linspace(0.01, 0.05, 60), 60)
    codes = market_regimes(np.cumprod(1 + np.concatenate([calm, wild])))
    assert set(codes[:119]) == {-1}
    assert codes[130:].min() >= 0
    names = np.array(REGIMES)[codes[130:]]
    assert np.mean([name.endswith("rising") for name in names[:160]]) > 0.9
    assert np.mean(names[-40:] == "high volatility, falling") > 0.8


def test_thirds_are_about_equal():
    """Trailing terciles of steady volatility hold about a third of the sessions each."""
    codes = market_regimes(np.cumprod(1 + np.random.default_rng(1).normal(0, 0.01, 4000)))
    shares = np.bincount(codes[codes >= 0] // 3, minlength=3) / np.sum(codes >= 0)
    assert shares == pytest.approx(np.full(3, 1 / 3), abs=0.06)


def test_trailing_rank_is_the_plain_rank():
    """Share of the other values of the window below, ties half; missing values are stepped over."""
    values = np.random.default_rng(2).integers(0, 6, 80).astype(float)
    values[::7] = np.nan
    found = trailing_rank(values, 10)
    known = [k for k in range(80) if not np.isnan(values[k])]
    for place, k in enumerate(known):
        window = values[known[place - 9 : place + 1]] if place >= 9 else None
        if window is None:
            assert np.isnan(found[k])
            continue
        below = np.sum(window[:-1] < values[k]) + 0.5 * np.sum(window[:-1] == values[k])
        assert found[k] == pytest.approx(below / 9)
    assert np.isnan(found[::7]).all()


def test_liquidity_is_relative_to_each_name():
    """A halved volume everywhere reads about one half, whatever the size of the names; new names change nothing."""
    close = np.full((100, 3), 10.0)
    volume = np.tile([1e3, 1e6, 1e9], (100, 1))
    volume[80] /= 2
    found = relative_liquidity(close, volume, 20)
    assert np.isnan(found[:19]).all()
    assert found[[79, 80]] == pytest.approx([1.0, 0.5 / (19.5 / 20)])
    late = volume.copy()
    late[:90, 2] = np.nan
    assert relative_liquidity(close, late, 20)[80] == pytest.approx(found[80])


@pytest.mark.parametrize(
    "state",
    [
        market_returns,
        lambda grid: market_regimes(market_level(market_returns(grid))),
        lambda grid: trailing_rank(realised_volatility(market_returns(grid), 20), 60),
        lambda grid: trailing_rank(relative_liquidity(grid.close, grid.volume, 20), 60),
    ],
)
def test_states_never_move_with_the_future(state):
    """Every state up to a session is the same bytes when all later bars are changed."""
    assert not moves_past(state, moving_grid(3))


def test_full_sample_states_are_caught():
    """The planted mistake, a threshold from the whole sample, moves the past and is found."""

    def full_sample(grid):
        volatility = realised_volatility(market_returns(grid), 20)
        return volatility >= np.nanquantile(volatility, 0.9)

    assert moves_past(full_sample, moving_grid(3))


def test_lag_shifts_and_never_looks_ahead():
    """States move back in time; a negative lag is refused; a lag beyond the end knows nothing."""
    codes = np.array([4, 5, 6, 7])
    assert lagged(codes, 2, -1).tolist() == [-1, -1, 4, 5]
    assert lagged(codes, 0, -1).tolist() == codes.tolist()
    assert lagged(codes, 9, -1).tolist() == [-1] * 4
    with pytest.raises(BadInputError, match="state_lag"):
        lagged(codes, -1, 0)
