"""The figures of the second opinions on one candidate: deflation, annualisation, what the search costs, intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics import annualisation, effective_trials
from market_assets.core.statistics.backtest_length import min_backtest_length
from market_assets.core.statistics.bootstrap import bootstrap_figures
from market_assets.core.statistics.deflated import deflated_sharpe
from market_assets.core.statistics.haircut import haircut_sharpe
from market_assets.core.statistics.reality_check import reality_check
from market_assets.core.statistics.sharpe import Moments, moments, se_bailey_lopez_de_prado
from market_assets.core.statistics.sharpe_2025 import ReturnShape, deflated_sharpe_2025
from market_assets.core.statistics.trial_clusters import cluster_trials

LEVEL = 0.95
"""Of the bootstrap intervals."""


@dataclass
class Figures:
    """Figures so far, and the causes of those that could not be computed."""

    values: dict[str, float | None] = field(default_factory=dict)
    causes: dict[str, str] = field(default_factory=dict)

    def put(self, names: Sequence[str], compute: Callable[[], Sequence[float]]) -> None:
        """Add the figures of one computation; all of them are missing when it fails."""
        try:
            found = [float(value) for value in compute()]
            cause = "" if np.isfinite(found).all() else "the figure is not finite"
        except (NotEnoughDataError, BadInputError) as error:
            found, cause = [], str(error)
        self.values.update(dict.fromkeys(names) if cause else zip(names, found, strict=True))
        self.causes.update(dict.fromkeys(names, cause) if cause else {})


def add_deflation(found: Figures, own: Floats, trials: int, variance: float, periods: int) -> None:
    """The two forms of the deflated Sharpe ratio; both stand before the same hurdle."""
    root = math.sqrt(periods)

    def form_2014() -> tuple[float, float, float, float]:
        sr, shape = _ratio(own)
        deflated = deflated_sharpe(sr, shape.n, shape.skew, shape.kurtosis, trials=trials, variance=variance)
        error = se_bailey_lopez_de_prado(sr, shape.n, shape.skew, shape.kurtosis)
        return sr * root, deflated.hurdle * root, deflated.probability, error * root

    def form_2025() -> tuple[float, float, float]:
        sr, shape = _ratio(own)
        rho = float(annualisation.autocorrelations(own, 1)[0])
        deflated = deflated_sharpe_2025(
            sr, shape.n, ReturnShape(shape.skew, shape.kurtosis, rho), trials=trials, variance=variance
        )
        return deflated.probability, deflated.std * root, rho

    found.put(("sharpe", "hurdle", "deflated_2014", "standard_error_2014"), form_2014)
    found.put(("deflated_2025", "standard_error_2025", "autocorrelation"), form_2025)


def add_annualisation(found: Figures, own: Floats, periods: int) -> None:
    """Factors from one period to a year: for independent returns, by Lo's eq. 20, and by eq. 21 for an AR(1).

    Eq. 20 takes the first 10 log10(T) autocorrelations (Box & Jenkins), later ones as zero. Where there are none, the
    weighted sum of all 251 of a year, estimated from 756 days, is -0.15 with a standard error of 0.23 (simulated):
    the factor would be too large, or undefined near -0.5.
    """
    lags = min(periods - 1, int(10.0 * math.log10(len(own))))

    def with_ratio(factor: float) -> tuple[float, float]:
        return factor, _ratio(own)[0] * factor

    def first_lags() -> tuple[float, float, float]:
        rho = np.zeros(periods - 1)
        rho[:lags] = annualisation.autocorrelations(own, lags)
        return *with_ratio(annualisation.annualisation_factor(periods, rho)), float(lags)

    def first_lag() -> tuple[float, float]:
        rho = float(annualisation.autocorrelations(own, 1)[0])
        return with_ratio(annualisation.annualisation_factor_ar1(periods, rho))

    found.put(("factor_root",), lambda: (math.sqrt(periods),))
    found.put(("factor_lo", "sharpe_lo", "autocorrelations"), first_lags)
    found.put(("factor_lo_ar1", "sharpe_lo_ar1"), first_lag)


def add_search(found: Figures, own: Floats, trials: int, periods: int) -> None:
    """What the search among that many trials leaves of the Sharpe ratio, and the years it would have needed."""

    def annual() -> float:
        sharpe = _ratio(own)[0] * math.sqrt(periods)
        if sharpe <= 0.0:
            raise NotEnoughDataError("the Sharpe ratio is not above zero, so a search has nothing to take from it")
        return sharpe

    found.put(("min_backtest_years",), lambda: (min_backtest_length(trials, annual()),))
    for law in ("normal", "student"):
        for dependence in ("independent", "bonferroni"):
            found.put(
                (f"haircut_{dependence}_{law}",),
                lambda law=law, dependence=dependence: (
                    haircut_sharpe(annual(), len(own), periods, trials, dependence=dependence, law=law).sharpe,
                ),
            )


def add_effective_trials(found: Figures, moving: Floats) -> None:
    """How many independent trials the candidates are worth, by six estimates."""

    def by(estimate: Callable[[Floats], float]) -> Callable[[], tuple[float]]:
        return lambda: (estimate(effective_trials.trial_correlation(moving)),)

    def averaged(correlation: Floats) -> float:
        rho = effective_trials.mean_correlation(correlation)
        return effective_trials.average_correlation_trials(len(correlation), rho)

    found.put(("trials_average_correlation",), by(averaged))
    found.put(("trials_effective_rank",), by(effective_trials.effective_rank))
    found.put(("trials_participation_ratio",), by(effective_trials.participation_ratio))
    found.put(("trials_li_ji",), by(effective_trials.li_ji_trials))
    found.put(("trials_galwey",), by(effective_trials.galwey_trials))
    found.put(("trials_clusters",), by(lambda correlation: cluster_trials(correlation).count))


def add_reality_check(found: Figures, net: Floats, mean_block: float, indices: NDArray[np.int32]) -> None:
    """p-value of "no candidate beats cash" for net returns (T, C)."""

    def pvalue() -> tuple[float]:
        if not net.any():  # no resample lies strictly above a statistic of zero: the p-value would be 0
            raise NotEnoughDataError("no candidate ever trades")
        return (reality_check(net, mean_block=mean_block, indices=indices).pvalue,)

    found.put(("reality_check",), pvalue)


def add_interval(found: Figures, own: Floats, periods: int, kind: str, indices: NDArray[np.int32]) -> None:
    """Percentile interval of the annual Sharpe ratio over the resamples (reps, T) of one kind of bootstrap."""

    def ends() -> tuple[float, float]:
        _ratio(own)  # an idle candidate has no Sharpe ratio, although each of its resamples counts as 0
        drawn = bootstrap_figures(own, indices)[:, 0]
        if np.isnan(drawn).any():
            raise NotEnoughDataError("a bootstrap resample never varies: the interval of the Sharpe ratio is undefined")
        low, high = np.quantile(drawn, [0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0])
        return float(low) * math.sqrt(periods), float(high) * math.sqrt(periods)

    found.put((f"{kind}_low", f"{kind}_high"), ends)


def _ratio(own: Floats) -> tuple[float, Moments]:
    found = moments(own)
    return found.mean / found.std, found
