"""Two forecasts of the same rows, and the books traded on them: what one has over the other, resampled in pairs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.bootstrap import bootstrap_figures, stationary_indices
from market_assets.core.statistics.resampled_means import resampled_means
from market_assets.core.statistics.series import as_returns

LEVEL = 0.95
_LEAST = 1e-6  # a probability of 0 or 1 would make one wrong row infinite


@dataclass(frozen=True)
class Paired:
    """One figure with and without something; ``lift`` is the better part of the difference, always above 0 if better.

    ``low`` and ``high`` are the percentile interval of the lift, ``pvalue`` that of no lift: one-sided, the share of
    resampled lifts, moved to a mean of zero, that reach it.
    """

    figure: str
    with_it: float
    without: float
    lift: float
    low: float
    high: float
    pvalue: float

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


def returns_lift(
    with_it: Floats, without: Floats, *, periods: int, reps: int, mean_block: float, seed: int
) -> tuple[Paired, Paired]:
    """Annual net Sharpe ratio and annual mean of two series of net returns (T,) over the same periods.

    Raises
    ------
    BadInputError
        rule ``paired_length``.
    NotEnoughDataError
        when a series, or a resample of one, never varies.
    """
    one, other = as_returns(with_it, minimum=2), as_returns(without, minimum=2)
    if one.size != other.size:
        raise BadInputError("paired_length", f"{one.size} periods are not paired with {other.size}")
    drawn = stationary_indices(one.size, mean_block, reps, seed)
    whole = np.arange(one.size, dtype=np.int32)[None]
    scale = np.array([periods**0.5, float(periods)])
    values = [
        np.concatenate([bootstrap_figures(series, index)[:, :2] for index in (whole, drawn)]) * scale
        for series in (one, other)
    ]
    if not all(np.isfinite(part).all() for part in values):
        raise NotEnoughDataError(
            "a book never trades, in the whole span or in a resample: there is no ratio to compare"
        )
    sharpe, mean = (
        _paired(name, values[0][:, column], values[1][:, column], 1.0) for column, name in enumerate(("sharpe", "mean"))
    )
    return sharpe, mean


def forecast_lift(
    with_it: Floats,
    without: Floats,
    outcome: NDArray[np.int8],
    session: NDArray[np.int32],
    *,
    reps: int,
    mean_block: float,
    seed: int,
) -> tuple[Paired, Paired]:
    """AUC and log loss of two probabilities (n,) of the same outcomes (n,), resampled by session.

    The AUC counts pairs of one session only: up above down, ties half. It asks whether the better name is named, which
    is what a neutral book trades on, and its sums over sessions can be resampled.

    Raises
    ------
    NotEnoughDataError
        when no session has both outcomes, also in a resample.
    """
    unique, place = np.unique(session, return_inverse=True)
    drawn = stationary_indices(unique.size, mean_block, reps, seed)
    count = np.bincount(place).astype(np.float64)
    columns = [count]
    for probability in (with_it, without):
        clipped = np.clip(probability, _LEAST, 1.0 - _LEAST)
        loss = -np.where(outcome == 1, np.log(clipped), np.log1p(-clipped))
        columns += [np.bincount(place, weights=loss), *_pairs(probability, outcome, place, unique.size)]
    sums = np.column_stack(columns)
    means = np.concatenate([sums.mean(axis=0)[None], *(part for _, part in resampled_means(sums, drawn))])
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = [means[:, column] / means[:, 0] for column in (1, 4)]
        auc = [means[:, column] / means[:, column + 1] for column in (2, 5)]
    if not np.isfinite(auc).all():
        raise NotEnoughDataError("no session with both outcomes: the order of forecasts cannot be judged")
    return _paired("auc", auc[0], auc[1], 1.0), _paired("log_loss", loss[0], loss[1], -1.0)


def _pairs(probability: Floats, outcome: NDArray[np.int8], place: NDArray[np.intp], sessions: int) -> list[Floats]:
    """Pairs in the right order (ties half) and all pairs of up and down, of each session."""
    right, pairs = np.zeros(sessions), np.zeros(sessions)
    order = np.argsort(place, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(place, minlength=sessions))[:-1]):
        up, down = probability[rows][outcome[rows] == 1], np.sort(probability[rows][outcome[rows] != 1])
        both = np.searchsorted(down, up, "left") + np.searchsorted(down, up, "right")
        right[place[rows[0]]], pairs[place[rows[0]]] = both.sum() / 2.0, up.size * down.size
    return [right, pairs]


def _paired(name: str, one: Floats, other: Floats, sign: float) -> Paired:
    """From the figure itself (first) and of every resample (the rest)."""
    lifts = sign * (one - other)
    lift, drawn = float(lifts[0]), lifts[1:]
    low, high = np.quantile(drawn, [0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0])
    beyond = int((drawn - drawn.mean() >= lift).sum())
    pvalue = (1.0 + beyond) / (1.0 + drawn.size)
    return Paired(name, float(one[0]), float(other[0]), lift, float(low), float(high), pvalue)
