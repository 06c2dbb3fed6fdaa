"""Stress windows and the figures inside them."""

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.validity.card import CardSpec, make_card
from market_assets.core.validity.market_state import market_returns, realised_volatility
from market_assets.core.validity.stress import (
    StressSpec,
    StressWindow,
    event_days,
    high_values,
    stress_cards,
    stress_windows,
)
from market_assets_tests.core.execution.grids import random_grid
from market_assets_tests.core.validity.worlds import moves_past, moving_grid

SPEC = StressSpec(liquidity_window=20, history=100)
NO_LAG = StressSpec(liquidity_window=20, history=100, lag=0)
CARDS = CardSpec(bootstrap_reps=100, min_observations=5)


def days(*numbers):
    return np.datetime64("2016-01-04") + np.array(numbers)


def test_high_values_are_a_tenth_of_their_past():
    """About a tenth of steady values is marked, each one only by the values before it."""
    values = np.random.default_rng(0).random(5000)
    assert high_values(values, 252, 0.1).mean() == pytest.approx(0.1, abs=0.02)
    rising = np.arange(400.0)
    assert high_values(rising, 252, 0.1).tolist() == [False] * 251 + [True] * 149


def test_events_fall_on_their_session_or_the_next():
    """A holiday's event counts on the next session; dates outside do not count."""
    sessions = days(0, 1, 3, 4).astype("datetime64[us]") + np.timedelta64(21, "h")
    assert event_days(sessions, days(1)).tolist() == [False, True, False, False]
    assert event_days(sessions, days(2)).tolist() == [False, False, True, False]
    assert not event_days(sessions, days(-5, 9)).any()
    assert not event_days(sessions, []).any()
    with pytest.raises(BadInputError, match="session_order"):
        event_days(sessions[::-1], days(1))


@pytest.mark.parametrize("number", [0, 1])
def test_windows_never_move_with_the_future(number):
    """Masks up to a session are the same bytes when every later bar is changed, and are not empty."""
    grid = moving_grid(1)
    assert stress_windows(grid, [], SPEC)[number].inside[:251].any()
    assert not moves_past(lambda one: stress_windows(one, [], NO_LAG)[number].inside, grid)


def test_rows_depend_on_the_close_before_the_decision():
    """With the lag of 2, row t has the state of close t - 2, the one its position was decided at."""
    grid = moving_grid(2)
    own = stress_windows(grid, [], SPEC)[0].inside
    plain = high_values(realised_volatility(market_returns(grid), 20), 100, 0.1)
    assert np.array_equal(own[2:], plain[:-2])
    assert own.any()


def test_a_quantile_of_the_whole_sample_is_caught():
    """The planted mistake marks the past by volatility still to come; the same check finds it."""

    def whole(grid):
        volatility = realised_volatility(market_returns(grid), 20)
        return volatility >= np.nanquantile(volatility, 0.9)

    assert moves_past(whole, moving_grid(1))


def test_event_windows_hold_the_day_of_the_event():
    """The return booked at the next open carries the event's day."""
    grid = random_grid(0, sessions=30)
    window = stress_windows(grid, [grid.sessions[10]], StressSpec())[2]
    assert np.flatnonzero(window.inside).tolist() == [11]
    assert np.flatnonzero(~window.known).tolist() == [0]


def test_cards_split_the_known_periods():
    """Inside and outside are the periods they say; unknown ones are in neither."""
    returns = np.random.default_rng(1).normal(0, 0.01, 60)
    inside = np.arange(60) % 3 == 0
    known = np.arange(60) >= 20
    (cards,) = stress_cards(returns, (StressWindow("x", inside, known),), CARDS, seed=1)
    assert cards.inside == make_card("x", "inside", returns[inside & known], CARDS, 1)
    assert cards.outside == make_card("x", "outside", returns[~inside & known], CARDS, 1)
    assert cards.inside.n + cards.outside.n == 40
    with pytest.raises(BadInputError, match="window_length"):
        stress_cards(returns[1:], (StressWindow("x", inside, known),), CARDS, seed=1)
