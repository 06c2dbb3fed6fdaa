"""Meta-labels: was the trade of a primary model worth taking? Asked only of predictions made out of fold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, Location
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import Floats, Labels, triple_barrier
from market_assets.core.market.panel import Panel

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PrimaryPredictions:
    """Sides taken by a primary model, and what each of its fits was trained on; n rows, k fits.

    Parameters
    ----------
    side : (n,) int8, 1 long, -1 short, 0 no trade.
    fit : (n,) number of the fit that predicted the row, -1 where none did.
    trained : (k, n) rows whose labels the fit knew, those of its calibration and of any choice made for it included.
    t0, t1 : (n,) first and last time of the primary label of every row, both included.
    """

    side: NDArray[np.int8]
    fit: NDArray[np.int32]
    trained: Mask
    t0: NDArray[Any]
    t1: NDArray[Any]

    def __post_init__(self) -> None:
        n = self.side.size
        if {a.shape for a in (self.side, self.fit, self.t0, self.t1)} != {(n,)} or self.trained.shape[1:] != (n,):
            raise ValueError(f"primary predictions must have {n} rows in every array")


def require_out_of_fold(
    t0: NDArray[Any], t1: NDArray[Any], primary: PrimaryPredictions, past_only: bool = False
) -> None:
    """Refuse predictions whose fit knew a label that overlaps the row's own.

    The intervals are closed and no symbol is spared: labels of other symbols at the same time share the market. A fit
    may know labels that begin after the row's own, as in combinatorial folds, unless ``past_only``.

    Parameters
    ----------
    t0, t1 : (n,) interval of the label that is to be asked of every row, such as its meta-label.
    primary : the predictions; only rows with a side are asked.
    past_only : every label known must end before the row begins, as in walk-forward folds.

    Raises
    ------
    BadInputError
        rule ``primary_out_of_fold``: names the first row and its fit, and counts the rows.
    """
    asked = primary.side != 0
    broken = asked & ((primary.fit < 0) | (primary.fit >= len(primary.trained)))
    until = np.maximum(t1, primary.t1)
    for number, known in enumerate(primary.trained):
        rows = np.flatnonzero(asked & (primary.fit == number))
        starts, ends = np.sort(primary.t0[known]), np.sort(primary.t1[known])
        begun = np.searchsorted(starts, until[rows], side="right")
        over = np.searchsorted(ends, t0[rows], side="left")
        broken[rows] = (over < ends.size) if past_only else (begun > over)
    if broken.any():
        first = int(np.flatnonzero(broken)[0])
        fit = int(primary.fit[first])
        what = f"fit {fit} was trained on a label that overlaps it" if fit >= 0 else "no fit is named for it"
        if fit >= 0 and past_only:
            what = f"fit {fit} was trained on a label that ends after it begins"
        text = f"{int(broken.sum())} primary predictions are not out of fold; of the first, {what}"
        raise BadInputError("primary_out_of_fold", text, Location(row=first))


def meta_labels(
    panel: Panel,
    spec: LabelSpec,
    primary: PrimaryPredictions,
    cost_bp: Floats | None = None,
    past_only: bool = False,
) -> Labels:
    """Label 1 where the primary trade earns something net of costs, 0 where it does not.

    The barriers are turned to the primary side (see ``triple_barrier``), ``ret`` is the net return of the trade, and
    rows without a side are undefined.

    Parameters
    ----------
    panel : adjusted bars.
    spec : barriers and costs of the trade; its minimum return does not enter.
    primary : predictions row for row with the panel, their times those of the panel.
    cost_bp : (n_rows,) cost of one side of the trade.
    past_only : see ``require_out_of_fold``.

    Raises
    ------
    BadInputError
        rule ``primary_out_of_fold``.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, sections 3.6 and 3.7.
    """
    labels = triple_barrier(panel, spec, primary.side, cost_bp)
    require_out_of_fold(panel.ts.astype("datetime64[us]"), labels.end_ts, primary, past_only)
    return replace(labels, label=(labels.ret > 0.0).astype(np.int8))
