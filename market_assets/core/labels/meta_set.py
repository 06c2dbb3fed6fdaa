"""Meta-labels as they are stored: one row a trade of the primary model, with the interval that decides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.folds import arrow
from market_assets.core.labels.regimes import Regimes
from market_assets.core.labels.triple_barrier import Labels
from market_assets.core.market.panel import Panel

META_VERSION = "1"
FORMAT = f"meta_labels/{META_VERSION}"
_COLUMNS = ("row", "code", "t0", "t1", "side", "label", "ret", "barrier")


@dataclass(frozen=True, eq=False)
class MetaSet:
    """Decided trades, sorted by symbol and time; every array has shape (k,).

    Parameters
    ----------
    row : row of the panel, code : number of the symbol in it.
    t0, t1 : decision bar and the bar that decided the trade, both included.
    side : 1 long, -1 short. label : 1 where the trade earned something net of costs, else 0.
    ret : net return of the trade. barrier : 1 profit, -1 stop, 0 vertical, as seen from the trade.
    """

    row: NDArray[np.int64]
    code: NDArray[np.int32]
    t0: NDArray[np.datetime64]
    t1: NDArray[np.datetime64]
    side: NDArray[np.int8]
    label: NDArray[np.int8]
    ret: NDArray[np.float64]
    barrier: NDArray[np.int8]

    @staticmethod
    def of(panel: Panel, labels: Labels, side: NDArray[np.int8]) -> MetaSet:
        """The rows of meta-labels that are defined."""
        rows = np.flatnonzero(labels.defined)
        return MetaSet(
            row=rows,
            code=panel.symbol_codes()[rows].astype(np.int32),
            t0=panel.ts[rows].astype("datetime64[us]"),
            t1=labels.end_ts[rows].astype("datetime64[us]"),
            side=side[rows],
            label=labels.label[rows],
            ret=labels.ret[rows],
            barrier=labels.barrier[rows],
        )

    def to_bytes(self) -> bytes:
        """Arrow IPC bytes; identical for identical content."""
        return arrow.encode({name: getattr(self, name) for name in _COLUMNS}, {"format": FORMAT})

    @staticmethod
    def from_bytes(data: bytes) -> MetaSet:
        """Read ``to_bytes``; anything else is an ``IntegrityError``."""
        columns, header = arrow.decode(data)
        if header.get("format") != FORMAT or set(columns) != set(_COLUMNS):
            raise IntegrityError(f"expected a stream of format {FORMAT}, found {header.get('format')!r}")
        return MetaSet(**columns)

    def rates(self, regimes: Regimes | None = None) -> dict[str, dict[str, Any]]:
        """Trades, share worth taking (the base rate) and mean net return, of all, by side and by regime of ``row``."""
        groups = {"all": np.ones(self.row.size, np.bool_), "long": self.side > 0, "short": self.side < 0}
        if regimes is not None:
            groups |= {name: regimes.code[self.row] == number for number, name in enumerate(regimes.names)}
        return {
            name: {
                "trades": int(here.sum()),
                "worth_taking": float(self.label[here].mean()) if here.any() else None,
                "mean_ret": float(self.ret[here].mean()) if here.any() else None,
            }
            for name, here in groups.items()
        }
