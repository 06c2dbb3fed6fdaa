"""What of a label's return is left after trading."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError

Floats = NDArray[np.float64]


def side_cost(spread_bp: ArrayLike = 0.0, slippage_bp: ArrayLike = 0.0, impact_bp: ArrayLike = 0.0) -> Floats:
    """Cost of one side of a trade in basis points of its notional: half the quoted spread, slippage and impact.

    Parameters
    ----------
    spread_bp, slippage_bp, impact_bp : numbers or arrays of one shape, in basis points, as known at the decision.

    Raises
    ------
    BadInputError
        rule ``label_cost``: a cost that is negative or missing.
    """
    parts = [np.asarray(part, dtype=np.float64) for part in (spread_bp, slippage_bp, impact_bp)]
    for part in parts:
        _check(part)
    return parts[0] / 2.0 + parts[1] + parts[2]


def net_return(gross: Floats, cost_bp: Floats, side: NDArray[np.int8] | None = None) -> Floats:
    """Return of a position after the cost of one side of the trade, paid on the notional at entry and at exit.

    With ``side`` the gross return is that of the position, and the net one may be negative. Without, it is the move
    itself: what is left of it for the side that it favours, 0 when nothing is.

    Parameters
    ----------
    gross : (n,) NaN where there is no label.
    cost_bp : (n,) basis points.
    side : (n,) 1 or -1, the position that earned ``gross``.

    Raises
    ------
    BadInputError
        rule ``label_cost``: another shape, or a cost that is negative or missing.
    """
    _check(cost_bp, gross.shape)
    cost = cost_bp * 1e-4
    if side is not None:
        return gross - cost * (2.0 + side * gross)
    return np.sign(gross) * np.maximum(np.abs(gross) - cost * (2.0 + gross), 0.0)


def _check(cost_bp: Floats, shape: tuple[int, ...] | None = None) -> None:
    if (shape is not None and cost_bp.shape != shape) or not np.all(np.isfinite(cost_bp) & (cost_bp >= 0.0)):
        raise BadInputError("label_cost", f"costs must be finite, >= 0 and of shape {shape}, is {cost_bp.shape}")
