"""What the entries of a signal earn under a label, less what random entries earn under the same label (B11)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.models.fold_fit import Mask
from market_assets.core.search.bets import Bets, Window
from market_assets.core.spec import spec
from market_assets.core.statistics.bootstrap import stationary_indices
from market_assets.core.statistics.resampled_means import resampled_means


@dataclass(frozen=True)
class LabelFigures:
    """One label on one window. Returns are net, a trade; ``held`` is in sessions.

    ``lift`` = ``expectancy`` - ``baseline`` is the score; ``low`` and ``high`` are its interval by the session block
    bootstrap, ``error`` the standard error, ``t`` = lift / error and ``pvalue`` that of no lift, one-sided and before
    any deflation. ``baseline`` and ``baseline_win_rate`` are those of random entries.
    """

    trades: int
    long_share: float
    held: float
    win_rate: float
    expectancy: float
    baseline_win_rate: float
    baseline: float
    lift: float
    low: float
    high: float
    error: float
    t: float
    pvalue: float

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


@spec
class ScoreSpec:
    """Resampling of the score: intervals of ``level`` by ``reps`` resamples of sessions in blocks of mean length
    ``mean_block``, at least twice the horizon, because trades of neighbouring sessions overlap.
    """

    reps: int = 1000
    mean_block: float = 10.0
    level: float = 0.95


ENTRIES, LONG, NET, WON, HELD, POOL_LONG, POOL_SHORT, POOL_LONG_WON, POOL_SHORT_WON = range(9)


def tally(window: Window, found: Bets) -> Floats:
    """Sums over the entries of each session, shape (S, 9), in the columns named above.

    The pool columns are the entries of the session times the mean outcome of its pool: what as many random entries,
    each on any symbol with a signal that session, would earn if all were long, or all short.
    """
    usable = window.pool & np.isfinite(found.long)
    chosen = usable & (window.side != 0)
    sessions = window.sessions
    place = np.searchsorted(sessions, window.panel.ts)
    inside = usable & (place < sessions.size)
    inside[inside] = sessions[place[inside]] == window.panel.ts[inside]

    def total(rows: Mask, values: Floats) -> Floats:
        return np.asarray(np.bincount(place[rows], weights=values[rows], minlength=sessions.size), np.float64)

    bought = window.side > 0
    net, held = np.where(bought, found.long, found.short), np.where(bought, found.long_held, found.short_held)
    ones = np.ones(window.side.size)
    count, pool = total(chosen, ones), total(inside, ones)
    share = np.divide(count, pool, out=np.zeros(sessions.size), where=pool > 0.0)
    return np.column_stack(
        [
            count,
            total(chosen & bought, ones),
            total(chosen, net),
            total(chosen, (net > 0.0).astype(np.float64)),
            total(chosen, held),
            share * total(inside, found.long),
            share * total(inside, found.short),
            share * total(inside, (found.long > 0.0).astype(np.float64)),
            share * total(inside, (found.short > 0.0).astype(np.float64)),
        ]
    )


def means(sums: Floats) -> dict[str, Floats]:
    """Figures from sums or means over sessions (..., 9).

    A random entry falls on the sessions of the signal, on any symbol with a signal there, and is long as often as the
    signal's own entries are over the whole window: the baseline is its exact expectation, nothing is drawn.
    """
    entries = sums[..., ENTRIES]
    long = sums[..., LONG] / entries

    def mixed(up: int, down: int) -> Floats:
        return (long * sums[..., up] + (1.0 - long) * sums[..., down]) / entries

    expectancy, baseline = sums[..., NET] / entries, mixed(POOL_LONG, POOL_SHORT)
    return {
        "long_share": long,
        "held": sums[..., HELD] / entries,
        "win_rate": sums[..., WON] / entries,
        "expectancy": expectancy,
        "baseline_win_rate": mixed(POOL_LONG_WON, POOL_SHORT_WON),
        "baseline": baseline,
        "lift": expectancy - baseline,
    }


def score(window: Window, found: Bets, horizon: int, sizes: ScoreSpec, seed: int) -> LabelFigures:
    """Figures of one label on one window.

    Raises
    ------
    NotEnoughDataError
        without entries that have an outcome, in the window or in a resample of it, or when the lift never varies.
    """
    sums = tally(window, found)
    if not sums[:, ENTRIES].any():
        raise NotEnoughDataError("no entry of the window has an outcome")
    block = max(sizes.mean_block, 2.0 * horizon)
    drawn = stationary_indices(len(sums), block, sizes.reps, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        lifts = np.concatenate([means(part)["lift"] for _, part in resampled_means(sums, drawn)])
    error = float(lifts.std(ddof=1))
    if not (np.isfinite(lifts).all() and error > 0.0):
        raise NotEnoughDataError(f"{len(sums)} sessions with entries are too few to resample in blocks of {block:g}")
    low, high = np.quantile(lifts, [0.5 - sizes.level / 2.0, 0.5 + sizes.level / 2.0])
    figures = {name: float(value) for name, value in means(sums.sum(axis=0)).items()}
    t = figures["lift"] / error
    return LabelFigures(
        trades=int(sums[:, ENTRIES].sum()),
        **figures,
        low=float(low),
        high=float(high),
        error=error,
        t=t,
        pvalue=float(ndtr(-t)),
    )
