"""Haircut Sharpe ratio: what is left of a Sharpe ratio after its p-value is charged for the number of tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import log_ndtr, ndtri_exp
from scipy.stats import t as student

from market_assets.core.errors import BadInputError, NotEnoughDataError


@dataclass(frozen=True)
class HaircutSharpe:
    """``sharpe`` is annual; ``haircut`` is the share lost; the p-values are two-sided, before and after."""

    sharpe: float
    haircut: float
    statistic: float
    p_single: float
    p_multiple: float


def haircut_sharpe(
    sharpe: float,
    n: int,
    periods_per_year: float,
    tests: int,
    *,
    dependence: Literal["independent", "bonferroni"] = "independent",
    law: Literal["normal", "student"] = "normal",
) -> HaircutSharpe:
    """Annual Sharpe ratio whose single test has the p-value that ``sharpe`` has after ``tests`` tests.

    t = SR sqrt(years); p_multiple = 1 - (1 - p)^N for independent tests, N p for Bonferroni; the haircut ratio is the
    quantile of p_multiple / 2 over sqrt(years) (Harvey & Liu 2015, eq. 4-5; the text's normal law, or Student's with
    n - 1 degrees of freedom as in their program).

    Parameters
    ----------
    sharpe : annual Sharpe ratio of the chosen strategy, > 0.
    n, periods_per_year : number of periods behind it, and how many make a year.
    tests : number of tests tried, at least 1.

    Raises
    ------
    NotEnoughDataError
        a Sharpe ratio that is not positive has nothing to cut; fewer than two periods.
    """
    if tests < 1 or tests != int(tests):
        raise BadInputError("trial_count", f"the number of tests must be a whole number >= 1, got {tests!r}")
    if not periods_per_year > 0.0:
        raise BadInputError("periods", f"periods per year must be > 0, got {periods_per_year!r}")
    if n < 2 or not (math.isfinite(sharpe) and sharpe > 0.0):
        raise NotEnoughDataError(f"a haircut needs a positive Sharpe ratio and two periods, got {sharpe!r} and {n}")
    root = math.sqrt(n / periods_per_year)
    statistic = sharpe * root
    tail = float(log_ndtr(-statistic)) if law == "normal" else float(student.logsf(statistic, n - 1))
    log_single = min(0.0, math.log(2.0) + tail)
    log_multiple = _charged(log_single, tests, dependence)
    half = log_multiple - math.log(2.0)
    quantile = -float(ndtri_exp(half)) if law == "normal" else float(student.isf(math.exp(half), n - 1))
    left = max(0.0, quantile) / root
    return HaircutSharpe(
        sharpe=left,
        haircut=1.0 - left / sharpe,
        statistic=statistic,
        p_single=math.exp(log_single),
        p_multiple=math.exp(log_multiple),
    )


def _charged(log_p: float, tests: int, dependence: str) -> float:
    """Logarithm of the p-value after ``tests`` tests; logarithms keep p-values that underflow."""
    bound = min(0.0, math.log(tests) + log_p)
    if dependence == "bonferroni" or log_p == 0.0 or log_p < -600.0:  # independent tests reach the bound at both ends
        return bound
    return math.log(-math.expm1(tests * math.log1p(-math.exp(log_p))))
