"""Triple-barrier labels at every bar of every traded symbol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.identity import hash_arrays
from market_assets.core.labels.atr import average_true_range
from market_assets.core.labels.barriers import scan
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.market.panel import Panel

LABEL_VERSION = "1"

COLUMNS = {"defined": "bool", "label": "int8", "ret": "float64", "end_ts": "datetime64[us]", "barrier": "int8"}
"""What a store keeps of a label, with dtypes; row numbers mean nothing outside their panel."""


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


def triple_barrier(panel: Panel, spec: LabelSpec) -> Labels:
    """Label every row of the traded symbols.

    The decision falls at the close of bar t, with the ATR known then. The position is entered at the open of
    t + 1 (whose own high and low then count) or at the close of t, and is held over the symbol's own bars
    t + 1 .. t + holding; ``barriers.first_touch`` states the order of events within a bar. Both barriers and
    the realised return refer to the entry price; the fill of a gap is the open, not the barrier.

    A label is undefined when the ATR has too little history, when the ATR or the entry price is not positive,
    when a price on the path up to the decision is missing, when no barrier was touched before the symbol's
    bars end, and on symbols that are not traded.

    Parameters
    ----------
    panel : adjusted bars; as-traded bars would book a split as a loss.
    spec : barrier distances, holding period, minimum return, entry.

    Returns
    -------
    Labels : arrays of shape (n_rows,), row for row with the panel.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, sections 3.3 and 3.4.
    """
    atr = average_true_range(panel.offsets, panel.high, panel.low, panel.close, spec.atr_window)
    traded = np.array([kind != "level" for kind in panel.kinds], dtype=np.bool_)
    next_open = spec.entry == "next_open"
    defined, label, ret, barrier, end_row, reach = scan(
        *(panel.offsets, traded, panel.open, panel.high, panel.low, panel.close, atr),
        *(spec.profit, spec.stop, spec.holding, spec.min_return, next_open),
    )
    return Labels(defined, label, ret, panel.ts[reach].astype("datetime64[us]"), barrier, end_row)
