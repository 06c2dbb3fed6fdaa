"""What other symbols did while one symbol went from its previous bar to this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.cross_section import row_std
from market_assets.core.features.elementwise import log_return, ratio
from market_assets.core.features.layout import Layout
from market_assets.core.features.market_series import Series, closes_of_kind, mean_level, returns_grid
from market_assets.core.features.regime_market import fear_proxy
from market_assets.core.market.panel import Floats

Rows = NDArray[np.int64]


def between(values: Floats, session: Rows) -> Floats:
    """Sum of the defined ``values`` (n_sessions,) after the bar before, up to this bar, at bars ``session`` (m,).

    Bars of one session need one value; one that another exchange learns later in the day counts for the next bar.
    NaN at the first bar, and where nothing is defined since the bar before.
    """
    out = np.full(session.size, np.nan)
    if session.size < 2:
        return out
    known = ~np.isnan(values[: session[-1] + 1])
    starts = session[:-1] + 1
    total = np.add.reduceat(np.where(known, values[: session[-1] + 1], 0.0), starts)
    count = np.add.reduceat(known.astype(np.int64), starts)
    out[1:] = np.where(count > 0, total, np.nan)
    return out


def without(own: Floats, total: Floats, count: Floats) -> Floats:
    """Mean of a group without one member; its own value is NaN where it adds nothing. NaN when nobody is left."""
    known = ~np.isnan(own)
    rest = count - known
    return ratio(np.where(rest > 0.0, total - np.where(known, own, 0.0), np.nan), np.maximum(rest, 1.0))


def first_known(columns: list[Floats]) -> Floats:
    """Row by row the first column that is defined there."""
    out = columns[0]
    for column in columns[1:]:
        out = np.where(np.isnan(out), column, out)
    return out


@dataclass(frozen=True)
class Surroundings:
    """Log returns (n_sessions, n_tradable) of a market, and what is derived from them for one symbol at a time."""

    layout: Layout
    returns: Floats

    @staticmethod
    def of(layout: Layout) -> Surroundings:
        """Read the returns of every tradable symbol, each over its own previous bar."""
        return Surroundings(layout, returns_grid(layout))

    @cached_property
    def sectors(self) -> NDArray[np.int64]:
        """Sector number of every tradable symbol, (n_tradable,)."""
        names = [self.layout.panel.sectors[i] for i in self.layout.tradable]
        return np.unique(names, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def sector_sums(self) -> tuple[Floats, Floats]:
        """Sum and number of the defined returns of every sector, both (n_sectors, n_sessions)."""
        known = ~np.isnan(self.returns)
        filled = np.where(known, self.returns, 0.0)
        member = [self.sectors == g for g in range(int(self.sectors.max()) + 1)]
        sums = np.stack([filled[:, m].sum(axis=1) for m in member])
        return sums, np.stack([known[:, m].sum(axis=1).astype(np.float64) for m in member])

    @cached_property
    def sums(self) -> tuple[Floats, Floats]:
        """Sum and number of the defined returns of all tradable symbols, both (n_sessions,)."""
        known = ~np.isnan(self.returns)
        return np.where(known, self.returns, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64)

    @cached_property
    def indices(self) -> list[tuple[int, Floats]]:
        """Column and returns (n_sessions,) of every tradable symbol of kind ``index``, in order."""
        kinds = self.layout.panel.kinds
        return [(k, self.returns[:, k]) for k, i in enumerate(self.layout.tradable) if kinds[i] == "index"]

    @cached_property
    def levels(self) -> list[Floats]:
        """Log changes (n_sessions,) of every context level, and last of the market's own volatility as a stand-in."""
        series = [*closes_of_kind(self.layout, "level"), fear_proxy(mean_level(self.returns))]
        return [self._changes(one) for one in series]

    @cached_property
    def dispersion(self) -> Floats:
        """Cross-sectional standard deviation of the returns, (n_sessions,)."""
        return row_std(self.returns)

    def _changes(self, series: Series) -> Floats:
        out = np.full(self.layout.n_sessions, np.nan)
        out[series.session] = log_return(series.values, 1)
        return out

    def market(self, column: int) -> Floats:
        """Returns of the market for one symbol at its bars: the first index that is not itself, or else the others."""
        session = self.layout.sessions_of(int(self.layout.tradable[column]))
        others = without(self.returns[:, column], *self.sums)
        found = [between(values, session) for k, values in self.indices if k != column]
        return first_known([*found, between(others, session)])

    def sector_returns(self, column: int, last: int) -> Iterator[tuple[bool, Floats]]:
        """For every sector: is it the symbol's own, and its mean return at the symbol's newest ``last`` bars (last,).

        The symbol is left out. The first value is NaN: no bar before it is looked at.
        """
        session, days = self._newest(column, last)
        own = self.returns[days, column]
        for g, (total, count) in enumerate(zip(*self.sector_sums, strict=True)):
            mine = g == self.sectors[column]
            yield mine, between(without(own if mine else own * np.nan, total[days], count[days]), session)

    def level(self, column: int, last: int) -> Floats:
        """Log change of the first context level that is known, at the symbol's newest ``last`` bars, as above."""
        session, days = self._newest(column, last)
        return first_known([between(values[days], session) for values in self.levels])

    def _newest(self, column: int, last: int) -> tuple[Rows, slice]:
        """Sessions of the symbol's newest bars, counted from the first of them, and that session and all after it."""
        session = self.layout.sessions_of(int(self.layout.tradable[column]))[-last:]
        return session - session[0], slice(int(session[0]), None)
