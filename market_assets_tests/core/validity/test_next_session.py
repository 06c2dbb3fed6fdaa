"""First session of a decision, and its unit."""

import numpy as np

from market_assets.core.labels.atr import average_true_range
from market_assets.core.validity.next_session import next_session_returns, relative_range
from market_assets_tests.core.validity.worlds import moves_past, moving_grid


def test_return_is_that_of_the_first_held_session():
    """From the next open to the one after; a missing open leaves no number."""
    grid = moving_grid(0)
    found = next_session_returns(grid)
    for t, name in ((0, 0), (37, 3), (397, 5)):
        np.testing.assert_equal(found[t, name], grid.open[t + 2, name] / grid.open[t + 1, name] - 1.0)
    assert np.isnan(found[-2:]).all()
    gone = np.argwhere(np.isnan(grid.open))
    gone = gone[(gone[:, 0] >= 2) & (gone[:, 0] < len(grid.open) - 2)]
    assert gone.size
    for t, name in gone:
        assert np.isnan(found[t - 1, name])
        assert np.isnan(found[t - 2, name])


def test_unit_is_the_true_range_of_own_bars():
    """A name with missing bars has the range of its own bars, not of the grid's rows."""
    grid = moving_grid(1)
    found = relative_range(grid, 20)
    name = int(np.argmax(np.isnan(grid.close).sum(axis=0)))
    own = np.flatnonzero(~np.isnan(grid.close[:, name]))
    columns = [part[own, name] for part in (grid.high, grid.low, grid.close)]
    np.testing.assert_array_equal(
        found[own, name], average_true_range(np.array([0, own.size]), *columns, 20) / grid.close[own, name]
    )
    assert np.isnan(found[np.isnan(grid.close)]).all()


def test_the_future_does_not_move_the_unit():
    """Bars after a session change nothing before."""
    assert not moves_past(lambda grid: relative_range(grid, 20), moving_grid(2))
    assert moves_past(next_session_returns, moving_grid(2))
