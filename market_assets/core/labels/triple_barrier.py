"""Triple-barrier labels at every bar of every traded symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError
from market_assets.core.identity import hash_arrays
from market_assets.core.labels.atr import average_true_range
from market_assets.core.labels.barriers import BAR_DIRECTION, DROP, STOP, TARGET, VERTICAL, scan
from market_assets.core.labels.costs import net_return
from market_assets.core.labels.regimes import REGIMES
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.volatility import ewm_volatility, lagged_returns
from market_assets.core.market.panel import Panel
from market_assets.core.symbol_threads import over_symbols

LABEL_VERSION = "1"
"""Raised whenever the same parameters give other labels, those of a regime included."""
TIES = {"stop": STOP, "target": TARGET, "bar_direction": BAR_DIRECTION, "drop": DROP}
_LEAST = float(np.nextafter(0.0, 1.0))  # a return of exactly 0 has no sign
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

COLUMNS = {"defined": "bool", "label": "int8", "ret": "float64", "end_ts": "datetime64[us]", "barrier": "int8"}
"""What a store keeps of a label, with dtypes; row numbers mean nothing outside their panel."""
FIELDS = (*COLUMNS, "end_row")


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of all rows of a panel; every array has shape (n_rows,).

    ``label`` is the sign of the realised return ``ret``, 0 when it is smaller than the minimum. ``barrier`` is
    1 (profit), -1 (stop) or 0 (vertical). ``end_row`` and ``end_ts`` say where the label was decided.
    Where ``defined`` is false: label 0, barrier 0, ret NaN, end_row -1, and end_ts is the last bar of the
    panel that the label could still have touched. ``end_row`` is None on labels read back from a store, where
    ``end_ts`` says the same.
    """

    defined: NDArray[np.bool_]
    label: NDArray[np.int8]
    ret: NDArray[np.float64]
    end_ts: NDArray[np.datetime64]
    barrier: NDArray[np.int8]
    end_row: NDArray[np.int64] | None = None

    def rows(self, part: slice) -> dict[str, NDArray[Any]]:
        """Stored columns of a stretch of rows, such as those of one symbol."""
        return {name: getattr(self, name)[part] for name in COLUMNS}

    @staticmethod
    def from_columns(columns: Mapping[str, NDArray[Any]]) -> Labels:
        """Rebuild from stored columns; a missing one is a KeyError, unequal lengths a ValueError."""
        arrays = {name: np.asarray(columns[name]).astype(dtype, copy=False) for name, dtype in COLUMNS.items()}
        if len({array.shape for array in arrays.values()}) != 1:
            raise ValueError("label columns must have one length")
        return Labels(**arrays)

    def content_hash(self) -> str:
        """Hash over every stored value of every row."""
        return hash_arrays({**self.rows(slice(None)), "end_ts": self.end_ts.astype("datetime64[us]").astype(np.int64)})


def triple_barrier(
    panel: Panel,
    spec: LabelSpec,
    side: NDArray[np.int8] | None = None,
    cost_bp: Floats | None = None,
    rows: Mask | None = None,
) -> Labels:
    """Label every row of the traded symbols.

    The decision falls at the close of bar t, with the volatility known then. The position is entered at the open of
    t + 1 (whose own high and low then count) or at the close of t, and is held over the symbol's own bars
    t + 1 .. t + holding; ``barriers.first_touch`` states the order of events within a bar. Both barriers and
    the realised return refer to the entry price; the fill of a gap is the open, not the barrier.

    Without ``side`` the label is the direction of the move, and ``ret`` the return of a long position. With costs
    both shrink towards 0 by the cost of the trade on the side of the move, so that a move too small for either side
    to pay is 0. With ``side`` the profit barrier lies on that side, ``ret`` is the net return of that position,
    ``barrier`` is 1 for its profit and -1 for its stop, and the label is the sign of ``ret``.

    A label is undefined when the volatility has too little history, when the volatility or the entry price is not
    positive, when a price on the path up to the decision is missing, when no barrier was touched before the symbol's
    bars end, when the tie rule drops it, where the side is 0, and on symbols that are not traded.

    With ``spec.regimes`` every row has the barriers of the regime known at its decision bar.

    Parameters
    ----------
    panel : adjusted bars; as-traded bars would book a split as a loss.
    spec : barrier distances, holding period, minimum return, entry, touch rule, costs, regimes.
    side : (n_rows,) 1 long, -1 short, 0 no position, of a decision taken at the row; default: direction label.
    cost_bp : (n_rows,) cost of one side of the trade as known at the row, instead of that of the spec.
    rows : (n_rows,) decision bars; the others are undefined. Default: all.

    Returns
    -------
    Labels : arrays of shape (n_rows,), row for row with the panel.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, sections 3.3 and 3.4.
    """
    if spec.regimes is None:
        return _one_rule(panel, spec, side, cost_bp, rows)
    found, regimes = _one_rule(panel, spec, side, cost_bp, rows), REGIMES[spec.regimes.kind](panel)
    for name in spec.regimes.changes:
        here = regimes.code == regimes.names.index(name)
        part = _one_rule(panel, spec.in_regime(name), side, cost_bp, here if rows is None else here & rows)
        fields = {field: np.where(here, getattr(part, field), getattr(found, field)) for field in FIELDS}
        found = replace(found, **fields)
    return found


def _one_rule(
    panel: Panel, spec: LabelSpec, side: NDArray[np.int8] | None, cost_bp: Floats | None, rows: Mask | None
) -> Labels:
    """Labels of the same barriers in every regime."""
    n, close = panel.n_rows, panel.close
    ahead = int(spec.entry == "next_open")
    prices = (panel.open, panel.high, panel.low, close) if spec.rule.path == "ohlc" else (close, close, close, close)
    ts = panel.ts.astype("datetime64[us]", copy=False)
    defined, ret, barrier = np.empty(n, np.bool_), np.empty(n), np.empty(n, np.int8)
    end_row, end_ts = np.empty(n, np.int64), np.empty(n, np.int64)
    held = positions(panel, side)
    if rows is not None:
        held = held * rows
    unit, label = _unit(panel, spec), np.empty(n, np.int8)
    costs = np.full(n, spec.cost_bp) if cost_bp is None and spec.cost_bp else cost_bp

    def work(_run: int, low: int, high: int) -> None:
        here = slice(panel.offsets[low], panel.offsets[high])
        scan(
            *(panel.offsets[low : high + 1], held, *prices, ts.view(np.int64)),
            *(panel.open if ahead else close, ahead, *unit),
            *(spec.profit, spec.stop, spec.holding, spec.rule.touch == "strict", TIES[spec.rule.tie]),
            (defined, ret, barrier, end_row, end_ts),
        )
        if costs is not None:
            ret[here] = net_return(ret[here], costs[here], None if side is None else side[here])
        label[here] = signs(ret[here], spec.min_return)
        if spec.rule.vertical == "zero":
            label[here][barrier[here] == VERTICAL] = 0

    over_symbols(panel.offsets, work)
    return Labels(defined, label, ret, end_ts.view(ts.dtype), barrier, end_row)


def horizons(panel: Panel, spec: LabelSpec, holdings: Sequence[int] = (10, 20, 50)) -> dict[int, Labels]:
    """The same label for several holding periods, in bars."""
    return {holding: triple_barrier(panel, replace(spec, holding=holding)) for holding in holdings}


def positions(panel: Panel, side: NDArray[np.int8] | None) -> NDArray[np.int8]:
    """Side (n_rows,) of the event at every row, 1 by default; 0 on symbols that are not traded.

    Raises
    ------
    BadInputError
        rule ``label_side``: another shape, or a value other than -1, 0 and 1.
    """
    traded = np.array([kind != "level" for kind in panel.kinds], dtype=np.int8)
    of_row = np.repeat(traded, np.diff(panel.offsets))
    if side is None:
        return of_row
    if side.shape != (panel.n_rows,) or not np.isin(side, (-1, 0, 1)).all():
        raise BadInputError("label_side", f"sides must be -1, 0 or 1 for {panel.n_rows} rows, shape is {side.shape}")
    return of_row * side.astype(np.int8)


def _unit(panel: Panel, spec: LabelSpec) -> tuple[Floats, int]:
    """Unit of the barrier distances of every row in price, from bars up to that row, and 0; or nothing, and the window
    of a true range that the scan makes on its way over the same bars.
    """
    if spec.volatility == "atr":
        if spec.rule.path == "ohlc":
            return np.empty(0), spec.atr_window
        return average_true_range(panel.offsets, panel.high, panel.low, panel.close, spec.atr_window), 0
    entry = np.concatenate([panel.open[1:], [np.nan]]) if spec.entry == "next_open" else panel.close
    if spec.volatility == "fixed":
        return entry, 0
    returns = lagged_returns(panel.offsets, panel.ts, panel.close, spec.ewm_return)
    return entry * ewm_volatility(panel.offsets, returns, spec.ewm_span, spec.ewm_span), 0


def signs(ret: Floats, min_return: float) -> NDArray[np.int8]:
    """Sign of a return, 0 where it is missing or smaller than the minimum in size."""
    least = max(min_return, _LEAST)
    return (ret >= least).view(np.int8) - (ret <= -least).view(np.int8)
