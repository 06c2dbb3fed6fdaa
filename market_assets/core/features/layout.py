"""The sessions and cells of a panel, worked out once for all grids of a family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.bars import Bars
from market_assets.core.market.grid import cells
from market_assets.core.market.panel import Floats, Panel


@dataclass(frozen=True, eq=False)
class Layout:
    """Where every row of a panel stands on the session x symbol grid."""

    panel: Panel
    session: NDArray[np.int64]
    symbol: NDArray[np.int32]
    n_sessions: int
    tradable: NDArray[np.int64]

    @staticmethod
    def of(panel: Panel) -> Layout:
        """Index a panel; ``tradable`` are the numbers of the symbols that are not of kind ``level``."""
        session, symbol = cells(panel)
        tradable = np.array([i for i, kind in enumerate(panel.kinds) if kind != "level"], dtype=np.int64)
        return Layout(panel, session, symbol, int(session.max()) + 1 if session.size else 0, tradable)

    def bars(self, index: int) -> Bars:
        """Bars of symbol number ``index``."""
        return Bars.of(self.panel, index)

    def sessions_of(self, index: int) -> NDArray[np.int64]:
        """Session numbers of the bars of symbol number ``index``, increasing."""
        return self.session[self.panel.rows(index)]

    def grid(self, values: Floats) -> Floats:
        """Row values on the grid of tradable symbols, shape (n_sessions, n_tradable), NaN where there is no bar."""
        out = np.full((self.n_sessions, len(self.panel.symbols)), np.nan)
        out[self.session, self.symbol] = values
        return np.ascontiguousarray(out[:, self.tradable])

    def rows(self, grid: Floats) -> Floats:
        """A grid of tradable symbols back on the rows; rows of other symbols are NaN."""
        wide = np.full((self.n_sessions, len(self.panel.symbols)), np.nan)
        wide[:, self.tradable] = grid
        return wide[self.session, self.symbol]
