"""Second opinions on the best candidate: statistics that no rule of the gate reads, shown beside those it does (F2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.bootstrap import circular_indices, stationary_indices
from market_assets.core.validity.candidate_tests import CandidateTests, candidate_tests
from market_assets.core.validity.selection_figures import (
    LEVEL,
    Figures,
    add_annualisation,
    add_deflation,
    add_effective_trials,
    add_interval,
    add_reality_check,
    add_search,
)


@dataclass(frozen=True)
class SecondOpinions:
    """What the other statistics say; shown, never gated.

    Parameters
    ----------
    best : candidate they are about; ``observations`` and ``years`` behind it.
    trials, trial_variance : what the deflation counts, and the per-period variance that sets its hurdle.
    correlated : candidates behind the effective numbers of trials, those whose returns vary.
    figures : by name; Sharpe ratios, their standard errors and the hurdle are annual. None where undefined.
    causes : why, for every figure that is None.
    tests : the candidates side by side.
    reps, mean_block, seed : of every resampling; the circular bootstrap takes blocks of ``mean_block`` rounded.
    """

    best: str
    observations: int
    years: float
    trials: int
    trial_variance: float
    correlated: int
    figures: dict[str, float | None]
    causes: dict[str, str]
    tests: CandidateTests
    reps: int
    mean_block: float
    seed: int
    level: float = LEVEL

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


def second_opinions(
    net: ArrayLike,
    names: Sequence[str],
    best: str,
    *,
    trials: int,
    trial_variance: float,
    periods_per_year: int,
    reps: int,
    mean_block: float,
    seed: int,
) -> SecondOpinions:
    """Ask every other statistic about the best of the candidates.

    Parameters
    ----------
    net : walk-forward net returns (T, C), one column a name.
    trials, trial_variance : N and V of the deflation, as the gate takes them.
    reps, mean_block, seed : of the stationary bootstrap; all tests see the same resamples.

    Raises
    ------
    BadInputError
        rule ``opinion_shape``: not one column a name, or no such name. What cannot be computed is None instead.
    """
    values = np.asarray(net, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(names) or best not in names:
        raise BadInputError("opinion_shape", f"returns {values.shape} do not fit the candidates {list(names)}, {best}")
    own, years, found = values[:, list(names).index(best)], len(values) / periods_per_year, Figures()
    stationary = stationary_indices(len(values), mean_block, reps, seed)
    circular = circular_indices(len(values), round(mean_block), reps, seed)
    moving = values[:, values.min(axis=0) != values.max(axis=0)]
    add_deflation(found, own, trials, trial_variance, periods_per_year)
    add_annualisation(found, own, periods_per_year)
    add_search(found, own, trials, periods_per_year)
    add_effective_trials(found, moving)
    add_reality_check(found, values, mean_block, stationary)
    add_interval(found, own, periods_per_year, "stationary", stationary)
    add_interval(found, own, periods_per_year, "circular", circular)
    return SecondOpinions(
        best=best,
        observations=len(values),
        years=years,
        trials=trials,
        trial_variance=trial_variance,
        correlated=moving.shape[1],
        figures=found.values,
        causes=found.causes,
        tests=candidate_tests(values, names, mean_block=mean_block, indices=stationary),
        reps=reps,
        mean_block=mean_block,
        seed=seed,
    )
