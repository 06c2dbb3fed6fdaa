"""Adaptive conformal inference (Gibbs & Candes 2021), with outcomes that arrive late.

The level moves with the errors made: alpha <- alpha + gamma (target - error), where error is 1 for a set that missed.
A level <= 0 asks for an infinite set, a level >= 1 for an empty one. Levels are whole multiples of 1e-9, so the rank
of a quantile is exact integer arithmetic whatever the length of the path.

**Late outcomes.** The label of a row of session t0 ends at t1 > t0, and labels overlap. Its error is unknown before
t1 is over, so it moves the level, and its score joins the calibration scores, from session t1 + 1 on: the
closed-interval rule by which folds purge. All labels that ended in one session make one step with their mean error.

What holds for any sequence: after T steps the mean error differs from the target by |alpha_T+1 - alpha_1| / (T gamma),
and where at most D steps happen between a prediction and its own step, levels stay within [-(D + 1) gamma,
1 + (D + 1) gamma]; D = 0 gives proposition 4.1 of the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from market_assets.core.conformal.order import tree_add, tree_select
from market_assets.core.conformal.split import Level, as_level
from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats

UNIT = 10**9
"""Levels are counted in units of 1 / UNIT."""


@dataclass(frozen=True, eq=False)
class AdaptivePath:
    """What adaptive inference decided.

    Parameters
    ----------
    level : (S,) level in force at each session; may leave [0, 1].
    quantile : (S,) score quantile in force: infinite for an infinite set, minus infinity for an empty one.
    calibration : (S,) number of scores the quantile was taken from.
    steps : (S,) mean error of the labels that ended the session before, NaN where none did and the level stood still.
    """

    level: Floats
    quantile: Floats
    calibration: NDArray[np.int64]
    steps: Floats


def adaptive_levels(errors: ArrayLike, alpha: Level, gamma: float, first: Level | None = None) -> Floats:
    """Levels alpha_1 .. alpha_T+1 for errors (T,) in [0, 1] that are known at once (eq. 2); ``first`` is alpha_1."""
    start, target = (_units(as_level(alpha if level is None else level)) for level in (first, alpha))
    return _levels(np.asarray(errors, dtype=np.float64), start, target, _rate(gamma)) / UNIT


def adaptive_path(
    score: ArrayLike, t0: ArrayLike, t1: ArrayLike, sessions: int, *, alpha: Level, gamma: float
) -> AdaptivePath:
    """Run adaptive inference over sessions 0 .. ``sessions`` - 1 with one level for all rows of a session.

    Calibration scores at a session are those of all labels that ended before it.

    Parameters
    ----------
    score : (n,) score of the outcome that occurred, in any row order.
    t0, t1 : (n,) session of the prediction, and of the end of its label.
    alpha, gamma : miscoverage aimed at (also the first level), and step size.

    Raises
    ------
    BadInputError
        rule ``label_interval``: sessions out of range or t1 < t0; ``conformal_scores``: NaN or unequal lengths.
    """
    values, begin, end = np.asarray(score, np.float64), np.asarray(t0, np.int64), np.asarray(t1, np.int64)
    if values.ndim != 1 or not values.shape == begin.shape == end.shape or np.isnan(values).any():
        raise BadInputError("conformal_scores", "scores, t0 and t1 must be vectors of one length without NaN")
    if values.size and (begin.min() < 0 or end.max() >= sessions or np.any(end < begin)):
        raise BadInputError("label_interval", f"label intervals must satisfy 0 <= t0 <= t1 < {sessions}")
    ranked, rank = np.unique(values, return_inverse=True)
    order = np.argsort(end, kind="stable")
    target = _units(as_level(alpha))
    level, quantile, count, steps = _path(
        ranked, rank.astype(np.int64)[order], begin[order], end[order], sessions, target, _rate(gamma)
    )
    return AdaptivePath(level / UNIT, quantile, count, steps)


def _units(level: Fraction) -> int:
    return round(level * UNIT)


def _rate(gamma: float) -> float:
    if not 0.0 < gamma <= 1.0:
        raise BadInputError("adaptive_step", f"the step size gamma {gamma} is not in (0, 1]")
    return gamma


@njit(cache=True)
def _levels(errors, start, target, gamma):  # pragma: no cover - compiled
    out = np.empty(len(errors) + 1, np.int64)
    out[0] = start
    for t in range(len(errors)):
        out[t + 1] = out[t] + np.int64(np.rint(gamma * (target - errors[t] * UNIT)))
    return out


@njit(cache=True)
def _path(ranked, rank, begin, end, sessions, target, gamma):  # pragma: no cover - compiled
    level, quantile = np.empty(sessions, np.int64), np.empty(sessions)
    count, steps = np.zeros(sessions, np.int64), np.full(sessions, np.nan)
    tree = np.zeros(len(ranked) + 1, np.int64)
    current, known, row = np.int64(target), np.int64(0), 0
    for session in range(sessions):
        missed, ended = 0, 0
        while row < len(end) and end[row] < session:
            missed += ranked[rank[row]] > quantile[begin[row]]
            ended += 1
            tree_add(tree, rank[row], 1)
            row += 1
        if ended:
            known += ended
            steps[session] = missed / ended
            current += np.int64(np.rint(gamma * (target - steps[session] * UNIT)))
        level[session], count[session] = current, known
        if current <= 0:
            quantile[session] = np.inf
        elif current >= UNIT:
            quantile[session] = -np.inf
        else:
            k = -((-(known + 1) * (UNIT - current)) // UNIT)  # ceil of a quotient of whole numbers
            quantile[session] = ranked[tree_select(tree, k)] if k <= known else np.inf
    return level, quantile, count, steps
