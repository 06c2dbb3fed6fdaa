"""What a set of labels looks like: classes, persistence, overlap, years and regimes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.regimes import Regimes
from market_assets.core.labels.target import Target
from market_assets.core.labels.uniqueness import average_uniqueness
from market_assets.core.market.panel import Panel

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def label_distribution(
    panel: Panel, target: Target, classes: tuple[int, ...] = (), regimes: Regimes | None = None
) -> dict[str, Any]:
    """Figures of the labels of one panel.

    Parameters
    ----------
    panel, target : bars and their labels, row for row.
    classes : the values the label can take; empty for a quantity.
    regimes : regime of every row; default: no figures by regime.

    Returns
    -------
    A JSON-able payload: ``rows`` and ``defined`` (rows of traded symbols, and those with a label), ``sessions`` (mean
    number of sessions of a label, both ends included), ``uniqueness`` (mean of the average uniqueness) and
    ``effective`` (its sum: how many labels these are worth); ``classes`` (value, count, share), ``persistence`` and
    ``years`` and ``regimes`` (count and the shares of the classes, in their order) for classes; ``quantiles`` for a
    quantity. Every distribution is of labels that are defined.

    Raises
    ------
    NotEnoughDataError
        without a defined label.
    """
    traded = np.repeat([kind != "level" for kind in panel.kinds], np.diff(panel.offsets))
    rows = np.flatnonzero(target.defined)
    if not rows.size:
        raise NotEnoughDataError("no label is defined; there is nothing to describe")
    sessions, at = panel.sessions()
    code, t0 = panel.symbol_codes()[rows], at[rows].astype(np.int32)
    t1 = np.searchsorted(sessions, target.t1[rows].astype(sessions.dtype)).astype(np.int32)
    unique = average_uniqueness(code, t0, t1, np.ones(rows.size, np.bool_), sessions.size)
    value = target.value[rows]
    payload: dict[str, Any] = {
        "rows": int(traded.sum()),
        "defined": int(rows.size),
        "sessions": float(np.mean(t1 - t0 + 1)),
        "uniqueness": float(unique.mean()),
        "effective": float(unique.sum()),
    }
    if not classes:
        return {**payload, "quantiles": {f"{level:g}": float(np.quantile(value, level)) for level in QUANTILES}}
    count = [int(np.sum(value == one)) for one in classes]
    share = np.array(count) / rows.size
    years = target.t0[rows].astype("datetime64[Y]").astype(np.int64) + 1970
    payload["classes"] = [
        {"value": one, "count": n, "share": float(part)} for one, n, part in zip(classes, count, share, strict=True)
    ]
    payload["persistence"] = _persistence(value, code, t0, t1, share)
    payload["years"] = {str(year): class_shares(value[years == year], classes) for year in np.unique(years)}
    if regimes is not None:
        here = regimes.code[rows]
        payload["regimes"] = {name: class_shares(value[here == k], classes) for k, name in enumerate(regimes.names)}
    return payload


def following(code: NDArray[np.int32], t0: NDArray[np.int32], t1: NDArray[np.int32]) -> Rows:
    """For every label the first one of its symbol that begins after it ends, -1 where none does; (n,).

    Rows are sorted by symbol and start, as in a panel.
    """
    span = int(t1.max()) + 2
    starts, after = code.astype(np.int64) * span + t0, code.astype(np.int64) * span + t1
    found = np.searchsorted(starts, after, side="right")
    safe = np.minimum(found, code.size - 1)
    return np.where((found < code.size) & (code[safe] == code), safe, -1)


def _persistence(
    value: Floats, code: NDArray[np.int32], t0: NDArray[np.int32], t1: NDArray[np.int32], share: Floats
) -> dict[str, Any]:
    """How often a label equals the next one of its symbol that shares no session with it, against chance.

    ``kappa`` is (agreement - chance) / (1 - chance), chance being the sum of squared shares: 0 for labels that know
    nothing of each other, 1 for labels that never change. None where it is undefined.
    """
    follower = following(code, t0, t1)
    known = follower >= 0
    chance = float(np.sum(share**2))
    agreement = float(np.mean(value[known] == value[follower[known]])) if known.any() else None
    kappa = None if agreement is None or chance >= 1.0 else (agreement - chance) / (1.0 - chance)
    return {"pairs": int(known.sum()), "agreement": agreement, "chance": chance, "kappa": kappa}


def class_shares(value: Floats, classes: tuple[int, ...]) -> dict[str, Any]:
    """``count`` of the values (n,), and ``shares`` of the classes, which are None where there is nothing to share."""
    n = value.size
    return {"count": int(n), "shares": [float(np.mean(value == one)) if n else None for one in classes]}
