"""A simulated set of candidates: what is known about it before any draw."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from market_assets.core.identity import fingerprint

MODEL = 1  # raise it whenever the simulation or the record of a draw changes: stored draws are then measured anew
SESSIONS = 1072  # five years of 252 sessions less warm-up and unfinished labels
FIRST = 322  # walk-forward begins after the first 30 %: 750 periods
FOLD = 125  # six walk-forward folds
PATHS = 5  # combinatorial paths, of 15 splits
FITS = 21  # fits of one configuration in the trial ledger: 6 walk-forward and 15 combinatorial
PERIODS = 252


@dataclass(frozen=True)
class World:
    """Candidates whose true net Sharpe ratio is known.

    Parameters
    ----------
    noise : ``normal``, ``student``, ``skewed``, ``garch`` or ``ar1``; see ``noise``.
    candidates : number K of candidates.
    correlation : of the walk-forward returns of any two candidates.
    sharpe, skilled : the first ``skilled`` candidates have this true annual net Sharpe ratio, the others have 0.
    premium : true annual Sharpe ratio of the two long-only baselines; the other three baselines are worthless.
    """

    noise: str = "normal"
    candidates: int = 5
    correlation: float = 0.7
    sharpe: float = 0.0
    skilled: int = 0
    premium: float = 0.4

    @property
    def trials(self) -> int:
        """Rows of the trial ledger."""
        return self.candidates * FITS

    @property
    def stream(self) -> int:
        """Number of the random stream: worlds that differ in skill alone share their noise, all others share none."""
        parts = {name: value for name, value in asdict(self).items() if name not in ("sharpe", "skilled")}
        return int(fingerprint(**parts)[:8], 16)

    def truth(self, candidate: int) -> float:
        """True annual net Sharpe ratio of a candidate."""
        return self.sharpe if candidate < self.skilled else 0.0

    def to_payload(self) -> dict[str, Any]:
        """Everything the draws depend on, apart from the seed."""
        shape = {"model": MODEL, "sessions": SESSIONS, "first": FIRST, "fold": FOLD, "paths": PATHS, "fits": FITS}
        return {**asdict(self), **shape}
