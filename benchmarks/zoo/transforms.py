"""Transformations of a series, beside each that looks ahead one that does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import solveh_banded

from benchmarks.zoo.panels import Floats, fill_forward, log_returns, mean_known, shift, std_known, windows
from market_assets.core.leakage.pipeline import World
from market_assets.core.leakage.timed import Arrays


def log_level(close: Floats) -> Floats:
    """Log price without gaps, 0 before the first bar."""
    return np.nan_to_num(np.log(fill_forward(close)))


def between(close: Floats) -> Floats:
    """Gaps filled by the line between their two neighbours, known afterwards only."""
    out = close.copy()
    for column in out.T:
        there = np.flatnonzero(~np.isnan(column))
        if there.size:
            inside = slice(there[0], there[-1] + 1)
            column[inside] = np.interp(np.arange(there[0], there[-1] + 1), there, column[there])
    return out


def hodrick_prescott(close: Floats, smooth: float = 1600.0) -> Floats:
    """Deviation from the two-sided trend (Hodrick & Prescott 1997)."""
    level = log_level(close)
    n = level.shape[0]
    second = np.diff(np.eye(n), n=2, axis=0)
    full = np.eye(n) + smooth * second.T @ second
    bands = np.array([np.concatenate([np.diag(full, k), np.zeros(k)]) for k in range(3)])
    return level - solveh_banded(bands, level, lower=True)


def low_pass(close: Floats) -> Floats:
    """Return of the series rebuilt from its slowest tenth of frequencies."""
    level = log_level(close)
    spectrum = np.fft.rfft(level, axis=0)
    spectrum[spectrum.shape[0] // 10 :] = 0.0
    smooth = np.fft.irfft(spectrum, n=level.shape[0], axis=0)
    return smooth - shift(smooth)


def exponential(close: Floats, share: float = 0.1) -> Floats:
    """Deviation from an exponential mean of the past."""
    level = log_level(close)
    out = np.zeros_like(level)
    state = level[0]
    for session, row in enumerate(level):
        state = state + share * (row - state)
        out[session] = row - state
    return out


def states(returns: Floats, smoothed: bool) -> Floats:
    """P(turbulent) in a two-state model with known parameters: filtered, or smoothed with all that follows."""
    seen = np.nan_to_num(returns)
    likely = np.stack([np.exp(-0.5 * (seen / scale) ** 2) / scale for scale in (0.008, 0.02)]) + 1e-300
    stay = np.array([[0.95, 0.05], [0.05, 0.95]])
    ahead = np.empty_like(likely)
    state = np.full((2, seen.shape[1]), 0.5)
    for session in range(seen.shape[0]):
        state = (stay @ state) * likely[:, session]
        state = state / state.sum(axis=0)
        ahead[:, session] = state
    if not smoothed:
        return ahead[1]
    behind = np.ones_like(likely)
    for session in range(seen.shape[0] - 2, -1, -1):
        back = stay @ (behind[:, session + 1] * likely[:, session + 1])
        behind[:, session] = back / back.sum(axis=0)
    both = ahead * behind
    return both[1] / both.sum(axis=0)


def week(close: Floats, finished: bool) -> Floats:
    """Close against the close of the week: the last finished one, or the one that is still running."""
    filled = fill_forward(close)
    sessions = np.arange(filled.shape[0])
    ends = sessions // 5 * 5 - 1 if finished else np.minimum(sessions // 5 * 5 + 4, sessions[-1])
    weekly = np.where((ends >= 0)[:, None], filled[np.maximum(ends, 0)], np.nan)
    return np.log(filled) - np.log(weekly)


def pivot(close: Floats, confirmed: bool) -> Floats:
    """1 at a peak of seven sessions: dated where it stands, or three sessions later, when it shows."""
    level = np.log(fill_forward(close))
    peak = (windows(level, 7).max(axis=2) == shift(level, 3)).astype(np.float64)
    return peak if confirmed else np.nan_to_num(shift(peak, -3))


def factor(returns: Floats, sessions: int | None) -> Floats:
    """First principal component, with loadings from the first ``sessions``, or from all of them."""
    base = np.nan_to_num(returns)
    used = base[:sessions]
    loading = np.linalg.eigh(used.T @ used)[1][:, -1]
    loading = loading * np.sign(loading[np.argmax(np.abs(loading))])
    out = (base * loading).sum(axis=1, keepdims=True) * np.ones_like(base)
    if sessions is not None:
        out[:sessions] = np.nan
    return out


def expanding(returns: Floats) -> Floats:
    """z-score with the moments of the past and the present."""
    there = ~np.isnan(returns)
    known = np.where(there, returns, 0.0)
    count = np.maximum(np.cumsum(there, axis=0), 1)
    mean = np.cumsum(known, axis=0) / count
    return (returns - mean) / np.sqrt(np.maximum(np.cumsum(known**2, axis=0) / count - mean**2, 1e-8))


def whole_sample(returns: Floats) -> Floats:
    return (returns - mean_known(returns, 0)) / std_known(returns, 0)


def winsor_all(returns: Floats) -> Floats:
    low, high = np.quantile(np.nan_to_num(returns), [0.05, 0.95], axis=0)
    return np.clip(returns, low, high)


def winsor_past(returns: Floats) -> Floats:
    low, high = np.quantile(np.nan_to_num(windows(returns, 20)), [0.05, 0.95], axis=2)
    return np.clip(returns, low, high)


def trend_line(close: Floats) -> Floats:
    level = log_level(close)
    time = np.arange(level.shape[0]) - (level.shape[0] - 1) / 2
    slope = (time[:, None] * level).sum(axis=0) / (time**2).sum()
    return level - level.mean(axis=0) - slope * time[:, None]


def side_file(world: World) -> Callable[[Arrays], Floats]:
    """A series that was read before the pipeline began: no detector sees where its numbers come from."""
    later = np.nan_to_num(shift(log_returns(world.bars["close"].values), -1))
    rng = np.random.Generator(np.random.PCG64(7))
    known = later + 0.5 * later.std() * rng.standard_normal(later.shape)
    return lambda bars: known[: bars["close"].shape[0], :, None]


def aligned(late: Floats, like: Floats) -> Floats:
    return late + np.zeros_like(like)
