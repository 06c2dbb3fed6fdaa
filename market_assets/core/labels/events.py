"""Labels of chosen events: the first barrier that each position touches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError, Location
from market_assets.core.labels.barriers import AMBIGUOUS, BROKEN, VERTICAL, walk
from market_assets.core.labels.costs import net_return
from market_assets.core.labels.spec import TouchRule
from market_assets.core.labels.triple_barrier import TIES

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Events:
    """Positions entered at the close of a bar; every array has shape (k,).

    Parameters
    ----------
    t0, vertical : row of the entry, and of the vertical barrier, the last bar held.
    profit, stop : distance of the two barriers as a fraction of the entry price, such as a multiple of the
        volatility known at t0; 0 switches a barrier off. They need not be equal.
    side : 1 long, -1 short.
    """

    t0: Rows
    vertical: Rows
    profit: Floats
    stop: Floats
    side: NDArray[np.int8]

    @staticmethod
    def of(t0: ArrayLike, vertical: ArrayLike, profit: ArrayLike, stop: ArrayLike, side: ArrayLike = 1) -> Events:
        """Events from numbers and arrays, numbers standing for all events."""
        given = (np.atleast_1d(np.asarray(part)) for part in (t0, vertical, profit, stop, side))
        first, last, up, down, way = np.broadcast_arrays(*given)
        return Events(
            np.array(first, np.int64),
            np.array(last, np.int64),
            np.array(up, np.float64),
            np.array(down, np.float64),
            np.array(way, np.int8),
        )


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of events; every array has shape (k,), and the label interval [t0, t1] is closed.

    ``barrier`` is 1 (profit), -1 (stop) or 0 (vertical), and ``fill`` the price. ``ret`` is the return of the
    position on its side, net of costs, ``label`` its sign (0 at the vertical where the rule says so) and ``meta`` 1
    where it is above 0: the trade was worth taking. ``how`` is one of ``barriers.AT_LEVEL``, ``AT_OPEN`` (a gap),
    ``AT_TIE`` and ``AT_CLOSE``. Where ``defined`` is false (a missing price on the path, a dropped tie) all of them
    but ``how`` are 0 or NaN, and ``t1`` is the bar at which that happened.
    """

    defined: NDArray[np.bool_]
    t0: Rows
    t1: Rows
    fill: Floats
    ret: Floats
    label: NDArray[np.int8]
    meta: NDArray[np.int8]
    barrier: NDArray[np.int8]
    how: NDArray[np.int8]


def label_events(
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    events: Events,
    rule: TouchRule | None = None,
    cost_bp: float = 0.0,
) -> Outcomes:
    """Walk every event from the bar after its entry to its first touch.

    Parameters
    ----------
    open_, high, low, close : (n,) adjusted bars of one symbol; with the path ``close`` only closes are read.
    events : positions; entry at the close of ``t0``.
    rule : path, touch, tie and vertical rule; default: whole bars, inclusive, stop first, sign of the return.
    cost_bp : cost of one side of the trade in basis points.

    Raises
    ------
    BadInputError
        rule ``label_event``: an event outside the bars, that ends before it begins, or with a side or a distance
        that is none.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, snippets 3.2 to 3.7; unlike snippet 3.6, an
    uneven pair of barriers is kept when there is no primary side.
    """
    rule = rule or TouchRule()
    bars = (open_, high, low, close) if rule.path == "ohlc" else (close, close, close, close)
    _check(events, close.size)
    entry = close[events.t0]
    long = events.side > 0
    up, down = np.where(long, events.profit, events.stop), np.where(long, events.stop, events.profit)
    upper = np.where(up > 0.0, entry * (1.0 + up), np.inf)
    lower = np.where(down > 0.0, entry * (1.0 - down), -np.inf)
    t1, fill, touched, how = walk(
        *bars, events.t0 + 1, events.vertical, upper, lower, events.side, rule.touch == "strict", TIES[rule.tie]
    )
    defined = (touched != BROKEN) & (touched != AMBIGUOUS) & np.isfinite(entry) & (entry > 0.0)
    fill = np.where(defined, fill, np.nan)
    ret = events.side * (np.divide(fill, entry, out=np.full(entry.size, np.nan), where=defined) - 1.0)
    if cost_bp:
        ret = net_return(ret, np.full(ret.size, cost_bp), events.side)
    barrier = np.where(defined, events.side * touched, 0).astype(np.int8)
    label = ((ret > 0.0).astype(np.int8) - (ret < 0.0)).astype(np.int8)
    if rule.vertical == "zero":
        label[barrier == VERTICAL] = 0
    return Outcomes(defined, events.t0, t1, fill, ret, label, (ret > 0.0).astype(np.int8), barrier, how)


def _check(events: Events, n: int) -> None:
    good = (events.t0 >= 0) & (events.t0 < events.vertical) & (events.vertical < n) & (np.abs(events.side) == 1)
    good &= np.isfinite(events.profit + events.stop) & (events.profit >= 0.0) & (events.stop >= 0.0)
    if not good.all():
        text = f"an event needs 0 <= t0 < vertical < {n}, a side of 1 or -1 and distances >= 0"
        raise BadInputError("label_event", text, Location(row=int(np.flatnonzero(~good)[0])))
