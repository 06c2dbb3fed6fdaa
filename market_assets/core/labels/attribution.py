"""Sample weights by the returns that a label can call its own."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.uniqueness import Floats, Ints, concurrency


def return_attribution(
    code: Ints, t0: Ints, t1: Ints, counted: NDArray[np.bool_], returns: Floats, entry_bar: bool = False
) -> Floats:
    """Size of the summed log returns over the sessions of a label, each shared by the labels alive there.

    Parameters
    ----------
    code : (n,) symbol number, t0 and t1 : (n,) first and last session of the label, both included.
    counted : (n,) rows whose label counts.
    returns : (n_symbols, n_sessions) log return of each symbol into each session, NaN where it has none, which adds
        nothing.
    entry_bar : add the return into t0, which was earned before the event, as snippet 4.10 does.

    Returns
    -------
    (n,) at least 0, not normalised; 0 on rows that are not counted.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, snippet 4.10.
    """
    live = concurrency(code, t0, t1, counted, returns.shape[1])
    return _attribute(code, t0, t1, counted, returns, live, 0 if entry_bar else 1)


def normalised(weights: Floats) -> Floats:
    """Weights (n,) scaled to the sum n, so that the average weight is 1.

    Raises
    ------
    NotEnoughDataError
        without any weight.
    """
    if not weights.sum() > 0.0:
        raise NotEnoughDataError("no weight to scale: every label has weight 0")
    return weights * (weights.size / weights.sum())


@njit(cache=True)
def _attribute(code, t0, t1, counted, returns, live, skip):  # pragma: no cover - compiled
    out = np.zeros(code.size)
    for row in range(code.size):
        if counted[row]:
            total = 0.0
            for session in range(t0[row] + skip, t1[row] + 1):
                step = returns[code[row], session]
                if np.isfinite(step):
                    total += step / live[code[row], session]
            out[row] = abs(total)
    return out
