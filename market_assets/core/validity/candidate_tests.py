"""The candidates as a family of tests: p-values adjusted for their number, StepM and the model confidence set (F2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.mcs import model_confidence_set
from market_assets.core.statistics.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm
from market_assets.core.statistics.sharpe import moments, probabilistic_sharpe
from market_assets.core.statistics.stepm import stepm

ALPHA, SIZE = 0.05, 0.10
"""Family-wise error of StepM; the confidence set covers the best model with probability 1 - SIZE."""
Found = TypeVar("Found")


@dataclass(frozen=True)
class CandidateTest:
    """One candidate: p-values of "no skill" (one-sided), whether StepM rejects that, whether the set keeps it.

    The adjusted p-values count the candidates that have a p-value. None where undefined, with the ``cause``.
    """

    name: str
    p_value: float | None
    holm: float | None
    benjamini_hochberg: float | None
    benjamini_yekutieli: float | None
    stepm_rejected: bool | None
    in_confidence_set: bool | None
    cause: str = ""


@dataclass(frozen=True)
class CandidateTests:
    """All candidates in their order; the causes say why StepM or the confidence set is missing."""

    candidates: tuple[CandidateTest, ...]
    stepm_alpha: float = ALPHA
    stepm_cause: str = ""
    set_size: float = SIZE
    set_cause: str = ""


def candidate_tests(
    net: Floats, names: Sequence[str], *, mean_block: float, indices: NDArray[np.int32]
) -> CandidateTests:
    """Test every candidate against cash, and against each other.

    Parameters
    ----------
    net : net returns (T, C), one column a name.
    mean_block, indices : of the stationary bootstrap, its resamples (reps, T).
    """
    raw, causes = {}, {}
    for name, series in zip(names, net.T, strict=True):
        raw[name], causes[name] = _attempt(lambda series=series: _p_value(series))
    known = [name for name in names if raw[name] is not None]
    family = np.array([raw[name] for name in known], dtype=np.float64)
    adjusted = {
        method: dict(zip(known, method(family).tolist(), strict=True)) if known else {}
        for method in (holm, benjamini_hochberg, benjamini_yekutieli)
    }
    rejected, stepm_cause = _attempt(lambda: stepm(net, mean_block=mean_block, alpha=ALPHA, indices=indices).rejected)
    kept, set_cause = _attempt(
        lambda: model_confidence_set(-net, mean_block=mean_block, size=SIZE, indices=indices).included
    )
    candidates = [
        CandidateTest(
            name,
            p_value=raw[name],
            holm=adjusted[holm].get(name),
            benjamini_hochberg=adjusted[benjamini_hochberg].get(name),
            benjamini_yekutieli=adjusted[benjamini_yekutieli].get(name),
            stepm_rejected=None if rejected is None else column in rejected,
            in_confidence_set=None if kept is None else column in kept,
            cause=causes[name],
        )
        for column, name in enumerate(names)
    ]
    return CandidateTests(tuple(candidates), stepm_cause=stepm_cause, set_cause=set_cause)


def _attempt(compute: Callable[[], Found]) -> tuple[Found | None, str]:
    """A figure, or None and its cause."""
    try:
        return compute(), ""
    except (NotEnoughDataError, BadInputError) as error:
        return None, str(error)


def _p_value(series: Floats) -> float:
    """1 - PSR against zero, taken in the tail, where small values keep their digits."""
    found = moments(series)
    return probabilistic_sharpe(-found.mean / found.std, found.n, -found.skew, found.kurtosis)
