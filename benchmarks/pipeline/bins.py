"""Runs by what their chosen candidate is truly worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from benchmarks.characteristic.exact import single_test_power
from benchmarks.pipeline.record import Record

EDGES = (-math.inf, 0.0, 0.25, 0.75, 1.25, 1.75, 2.5, 3.5, math.inf)
"""Ends of the bins of the true annual net Sharpe ratio, each bin open below: around 0.5, 1, 1.5, 2 and 3."""
LEVEL = 0.05


@dataclass(frozen=True)
class Bin:
    """Runs whose truth lies in (low, high]."""

    low: float
    high: float
    runs: tuple[Record, ...]

    @property
    def label(self) -> str:
        """The range in words."""
        if math.isinf(self.low):
            return f"<= {self.high:g}"
        return f"> {self.low:g}" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"

    @property
    def truth(self) -> float:
        """Mean true Sharpe ratio of the runs."""
        return fmean(run.truth.sharpe for run in self.runs if run.truth is not None)

    def limit_power(self, level: float = LEVEL) -> float:
        """Mean power of one pre-registered one-sided t test at ``level`` with the truth and length of each run."""
        return fmean(
            single_test_power(run.truth.sharpe, run.observations, level)
            for run in self.runs
            if run.truth is not None and run.observations is not None
        )


def by_truth(runs: Sequence[Record]) -> list[Bin]:
    """Bins that hold runs, in order; runs without a truth are in none."""
    known = [(run.truth.sharpe, run) for run in runs if run.truth is not None]
    bins = [Bin(low, high, tuple(run for truth, run in known if low < truth <= high)) for low, high in pairwise(EDGES)]
    return [one for one in bins if one.runs]
