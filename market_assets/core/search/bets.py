"""A signal as entries, and what every entry of a panel would earn under one label after costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.execution.spec import CostSpec
from market_assets.core.labels.costs import net_return
from market_assets.core.labels.horizon import direction
from market_assets.core.labels.triple_barrier import Labels, triple_barrier
from market_assets.core.market.panel import Floats, Panel
from market_assets.core.search.label_space import Entry, SearchLabel

_DAY = 86_400e6
"""In microseconds."""


@dataclass(frozen=True, eq=False)
class Window:
    """Entries of a stretch of sessions; arrays have shape (n_rows,) of ``panel``.

    Parameters
    ----------
    panel : adjusted bars, none after the window that its labels may read.
    side : 1 bought, -1 sold, 0 no entry.
    pool : rows a random entry may take: every row with a signal.
    """

    panel: Panel
    side: NDArray[np.int8]
    pool: NDArray[np.bool_]

    @property
    def sessions(self) -> NDArray[np.datetime64]:
        """Sorted sessions with an entry."""
        return np.unique(self.panel.ts[self.side != 0])


def entries(panel: Panel, signal: Floats, share: float) -> NDArray[np.int8]:
    """Side (n_rows,): in every session the ``share`` of the symbols with the highest signal is bought, the lowest sold.

    Each side takes the whole part of ``share`` times the symbols with a signal, at least one of two or more. Equal
    signals are taken in the order of the panel.

    Raises
    ------
    BadInputError
        rule ``signal_shape``: not one value a row.
    """
    if signal.shape != (panel.n_rows,):
        raise BadInputError("signal_shape", f"a signal of shape {signal.shape} for {panel.n_rows} rows")
    traded = np.array([kind != "level" for kind in panel.kinds])[panel.symbol_codes()]
    rows = np.flatnonzero(traded & np.isfinite(signal))
    side = np.zeros(panel.n_rows, np.int8)
    order = rows[np.lexsort((rows, signal[rows], panel.ts[rows]))]
    _, first, count = np.unique(panel.ts[order], return_index=True, return_counts=True)
    place = np.arange(order.size) - np.repeat(first, count)
    many = np.repeat(count, count)
    taken = np.where(many > 1, np.maximum(1, np.floor(share * many + 1e-9)), 0)
    side[order[place < taken]] = -1
    side[order[place >= many - taken]] = 1
    return side


def split(panel: Panel, signal: Floats, share: float, selection: float, horizon: int) -> tuple[Window, Window]:
    """Earlier and later window of a signal; no bar of the later one is in the panel of the earlier one.

    An entry belongs to a window only if ``horizon`` bars of its symbol follow in the panel: so many sessions lie
    between the last entry of the earlier window and the first of the later, and every label is tried on the same
    entries.

    Parameters
    ----------
    panel : adjusted bars.
    signal : (n_rows,) known at the close of its row, NaN = none.
    selection : part of the sessions with entries that the earlier window gets, rounded down.
    horizon : the longest one.

    Raises
    ------
    NotEnoughDataError
        when a window has fewer than two sessions with entries.
    """
    side = entries(panel, signal, share)
    sessions = np.unique(panel.ts[side != 0])
    at = int(selection * sessions.size)
    if not 0 < at < sessions.size:
        raise NotEnoughDataError(f"a signal of {sessions.size} sessions has no two windows")
    pool = np.isfinite(signal)
    early, late = panel.ts < sessions[at], panel.ts >= sessions[at]
    windows = (
        _window(panel.take(early), side[early], pool[early], horizon),
        _window(panel, np.where(late, side, 0).astype(np.int8), pool & late, horizon),
    )
    for name, window in zip(("selection", "verdict"), windows, strict=True):
        if (found := window.sessions.size) < 2:
            raise NotEnoughDataError(f"the {name} window has {found} sessions with entries that end in it")
    return windows


def _window(panel: Panel, side: NDArray[np.int8], pool: NDArray[np.bool_], horizon: int) -> Window:
    final = np.repeat(panel.offsets[1:] - 1, np.diff(panel.offsets))
    whole = np.arange(panel.n_rows) + horizon <= final
    return Window(panel, np.where(whole, side, 0).astype(np.int8), pool & whole)


@dataclass(frozen=True, eq=False)
class Bets:
    """Net returns (n_rows,) of a long and of a short entry at every row, NaN where either has no outcome; bars held."""

    long: Floats
    short: Floats
    long_held: Floats
    short_held: Floats


def bets(panel: Panel, label: SearchLabel, entry: Entry, costs: CostSpec) -> Bets:
    """Every row of a panel as an entry, long and short, held as the label says.

    Fee and slippage of the smallest order are paid on both sides of the trade (``validity.rivals.round_trip``), and the
    borrow fee on shorts for the calendar days from decision to exit.
    """
    side_bp = 1e4 * costs.fee_rate + costs.slippage[0][1]
    found = []
    for way in (1, -1):
        side = np.full(panel.n_rows, way, np.int8)
        if label.kind == "simple":
            labels = direction(panel, label.direction(entry))
            ret = net_return(way * labels.ret, np.full(panel.n_rows, side_bp), side)
        else:
            labels = triple_barrier(panel, label.barriers(entry, side_bp), side)
            ret = labels.ret
        if way < 0:
            held = labels.end_ts.astype(np.int64) - panel.ts.astype("datetime64[us]").astype(np.int64)
            ret = ret - costs.borrow_bp_per_year * 1e-4 / 365.0 * held / _DAY
        found.append((ret, _held(labels)))
    (long, long_held), (short, short_held) = found
    both = np.isfinite(long) & np.isfinite(short)
    return Bets(*(np.where(both, values, np.nan) for values in (long, short, long_held, short_held)))


def _held(labels: Labels) -> Floats:
    assert labels.end_row is not None
    return np.where(labels.defined, labels.end_row - np.arange(labels.end_row.size), np.nan)
