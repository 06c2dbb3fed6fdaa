"""The session x symbol grid."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.market.grid import gather, spread, to_grid
from market_assets_tests.core.market.panels import panel_of


def ragged():
    """S0 has four bars, S1 lacks the second, S2 is a level."""
    panel = panel_of([[1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 9, 9]], kinds=("equity", "index", "level"))
    keep = np.ones(12, bool)
    keep[5] = False
    return panel.take(keep)


def test_grid_holds_every_bar_at_its_session_and_symbol():
    """Every row is found again by its ts and symbol, row by row; absent bars are NaN and not traded."""
    panel = ragged()
    grid = to_grid(panel)
    assert grid.close.shape == (4, 3)
    codes = panel.symbol_codes()
    for row in range(panel.n_rows):
        session = int(np.flatnonzero(grid.sessions == panel.ts[row])[0])
        assert grid.close[session, codes[row]] == panel.close[row]
    assert np.isnan(grid.close[1, 1])
    assert np.isnan(grid.open[1, 1])
    assert not grid.traded[1, 1]


def test_levels_are_never_traded():
    """A level has prices and no traded session."""
    grid = to_grid(ragged())
    assert not grid.traded[:, 2].any()
    assert grid.traded[:, 0].all()
    assert not np.isnan(grid.close[:, 2]).any()


def test_gather_undoes_spread():
    """Row values survive the way to the grid and back."""
    panel = ragged()
    values = np.arange(panel.n_rows, dtype=float)
    np.testing.assert_array_equal(gather(panel, spread(panel, values)), values)


def test_spread_refuses_another_length():
    """A value too many is an error, not a shift."""
    panel = ragged()
    with pytest.raises(ValueError, match="rows"):
        spread(panel, np.zeros(panel.n_rows + 1))
