"""From scores to target weights, session by session, using the past only."""

from __future__ import annotations

import numpy as np
from numba import njit

from market_assets.core.errors import BadInputError
from market_assets.core.execution.spec import PortfolioSpec
from market_assets.core.market.panel import Floats


def target_weights(score: Floats, spec: PortfolioSpec) -> Floats:
    """Turn scores into target weights decided at each close.

    A name's view is the mean of its scores over the last ``smoothing`` sessions (those that exist); a name without
    any score in that window has no view and weight zero.

    ``neutral``: views are demeaned across names; longs and shorts are scaled, each side to gross / 2, with no name
    above ``cap``: what the cap cuts off is spread over the rest of the side in proportion. When a side has too few
    names to reach gross / 2 under the cap, both sides shrink alike, so the book stays neutral. No spread between the
    views (up to rounding) means no position.

    ``directional``: the view itself is the weight, cut at +-``cap``; the book is scaled down when the sum of
    absolute weights exceeds ``gross``. A score of 1 is full conviction.

    Parameters
    ----------
    score : shape (S, N); NaN = no score.

    Returns
    -------
    Weights of shape (S, N), finite; row s uses rows <= s of the score only.
    """
    values = np.ascontiguousarray(score, dtype=np.float64)
    if values.ndim != 2 or np.isinf(values).any():
        raise BadInputError("score_grid", f"scores must be a finite or NaN (S, N) grid, got shape {values.shape}")
    views = _smooth(values, spec.smoothing)
    if spec.mode == "neutral":
        return _neutral(views, spec.gross, spec.cap)
    weights = np.clip(np.nan_to_num(views, nan=0.0), -spec.cap, spec.cap)
    total = np.abs(weights).sum(axis=1, keepdims=True)
    return weights * np.where(total > spec.gross, spec.gross / np.maximum(total, spec.gross), 1.0)


@njit(cache=True)
def _smooth(score, window):  # pragma: no cover - compiled
    """Trailing mean of the existing scores; summed afresh each time, so the past never depends on what follows."""
    n_sessions, n_names = score.shape
    out = np.full((n_sessions, n_names), np.nan)
    for name in range(n_names):
        for session in range(n_sessions):
            total, count = 0.0, 0
            for past in range(max(0, session - window + 1), session + 1):
                if not np.isnan(score[past, name]):
                    total += score[past, name]
                    count += 1
            if count:
                out[session, name] = total / count
    return out


@njit(cache=True)
def _fill(size, target, cap, sign, row):  # pragma: no cover - compiled
    """Add sign * min(k size, cap) to ``row`` with k such that the names together hold ``target``."""
    n_names = len(size)
    capped = np.zeros(n_names, np.bool_)
    left = target
    for _ in range(n_names + 1):
        total = 0.0
        for name in range(n_names):
            if size[name] > 0.0 and not capped[name]:
                total += size[name]
        if total <= 0.0:
            return
        scale = max(left, 0.0) / total
        found = False
        for name in range(n_names):
            if size[name] > 0.0 and not capped[name] and scale * size[name] >= cap:
                capped[name] = True
                row[name] = sign * cap
                left -= cap
                found = True
        if not found:
            for name in range(n_names):
                if size[name] > 0.0 and not capped[name]:
                    row[name] = sign * scale * size[name]
            return


@njit(cache=True)
def _neutral(views, gross, cap):  # pragma: no cover - compiled
    n_sessions, n_names = views.shape
    out = np.zeros((n_sessions, n_names))
    long, short = np.zeros(n_names), np.zeros(n_names)
    for session in range(n_sessions):
        total, count, largest = 0.0, 0, 0.0
        for name in range(n_names):
            if not np.isnan(views[session, name]):
                total += views[session, name]
                count += 1
                largest = max(largest, abs(views[session, name]))
        if count < 2:
            continue
        mean, spread, n_long, n_short = total / count, 0.0, 0, 0
        long[:], short[:] = 0.0, 0.0
        for name in range(n_names):
            if not np.isnan(views[session, name]):
                gap = views[session, name] - mean
                spread = max(spread, abs(gap))
                if gap > 0.0:
                    long[name], n_long = gap, n_long + 1
                elif gap < 0.0:
                    short[name], n_short = -gap, n_short + 1
        # equal views: their rounding is not a signal; nor is a denormal spread, whose reciprocal overflows
        if spread <= max(1e-12 * largest, 1e-300):
            continue
        side = min(gross / 2.0, cap * n_long, cap * n_short)
        _fill(long, side, cap, 1.0, out[session])
        _fill(short, side, cap, -1.0, out[session])
    return out
