"""Fit of a GARCH(1,1) by quasi maximum likelihood, with standard errors that survive fat tails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.models.garch import Garch11, backcast, likelihood_terms
from market_assets.core.statistics.series import as_returns

MINIMUM = 100
"""Returns below which no fit is tried: four parameters of a slow process."""

Loss = Callable[[Floats], tuple[float, Floats]]
LARGEST_PERSISTENCE = 1.0 - 1e-6
_STEP = 1e-5


@dataclass(frozen=True, eq=False)
class GarchFit:
    """A fitted model and how well it is known.

    Parameters
    ----------
    model : the parameters, with the start value they were fitted with.
    log_likelihood : Gaussian, of all returns. observations : their number.
    standard_errors : (4,) of mu, omega, alpha, beta, robust to the wrong distribution (Bollerslev & Wooldridge 1992);
        all NaN where a parameter lies on its bound, since they are not normal there.
    """

    model: Garch11
    log_likelihood: float
    observations: int
    standard_errors: Floats

    @property
    def aic(self) -> float:
        """Akaike's criterion, four parameters."""
        return 8.0 - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, four parameters."""
        return 4.0 * float(np.log(self.observations)) - 2.0 * self.log_likelihood


def fit_garch11(returns: ArrayLike) -> GarchFit:
    """Maximise the Gaussian likelihood over mu, omega > 0, alpha, beta >= 0 and alpha + beta < 1.

    The start value is the backcast of the deviations from the sample mean, held while the parameters move. The search
    runs on standardised returns, so their unit does not matter, and from six persistences, because the likelihood of
    a series without volatility clusters has more than one peak.

    Parameters
    ----------
    returns : (T,) of the training sessions only; the model then filters later ones without being fitted again.

    Raises
    ------
    NotEnoughDataError
        fewer than ``MINIMUM`` returns, returns that do not vary, or a search that does not converge.
    BadInputError
        as ``as_returns``.
    """
    values = as_returns(returns, MINIMUM)
    centre, scale = float(values.mean()), float(values.std())
    if scale <= 1e-12 * abs(centre) or scale == 0.0:
        raise NotEnoughDataError("a GARCH model needs returns that vary")
    z = (values - centre) / scale
    start, count = backcast(z), len(z)

    def loss(theta: Floats) -> tuple[float, Floats]:
        total, gradient, _ = _terms(z, theta, start)
        return -total / count, -gradient / count

    tries = [_search(loss, theta) for theta in _grid(loss)]
    ends = [found for found in tries if found.success and np.isfinite(found.x).all()]
    if not ends:
        raise NotEnoughDataError(f"the GARCH fit of {count} returns did not converge: {tries[0].message}")
    found = min(ends, key=lambda one: one.fun)
    mu, omega, alpha, beta = (float(value) for value in found.x)
    unit = np.array([scale, scale**2, 1.0, 1.0])
    return GarchFit(
        model=Garch11(centre + scale * mu, scale**2 * omega, alpha, beta, scale**2 * start),
        log_likelihood=-float(found.fun) * count - count * float(np.log(scale)),
        observations=count,
        standard_errors=unit * _standard_errors(z, found.x, start),
    )


def _terms(z: Floats, theta: Floats, start: float) -> tuple[float, Floats, Floats]:
    mu, omega, alpha, beta = theta
    return likelihood_terms(z, mu, omega, alpha, beta, start)


def _search(loss: Loss, theta: Floats) -> Any:
    return minimize(
        loss,
        theta,
        jac=True,
        method="SLSQP",
        bounds=[(-2.0, 2.0), (1e-8, 10.0), (0.0, 1.0), (0.0, 1.0)],
        constraints={
            "type": "ineq",
            "fun": lambda theta: LARGEST_PERSISTENCE - theta[2] - theta[3],
            "jac": lambda _: np.array([0.0, 0.0, -1.0, -1.0]),
        },
        options={"ftol": 1e-12, "maxiter": 500},
    )


def _grid(loss: Loss) -> list[Floats]:
    """The best shape at each of six persistences; the long-run variance is that of the standardised sample."""
    return [
        min(
            (np.array([0.0, 1.0 - total, share * total, (1.0 - share) * total]) for share in (0.01, 0.05, 0.1, 0.3)),
            key=lambda theta: loss(theta)[0],
        )
        for total in (0.3, 0.6, 0.8, 0.95, 0.99, 0.999)
    ]


def _standard_errors(z: Floats, theta: Floats, start: float) -> Floats:
    """Sandwich of the Hessian (differences of the analytic gradient) around the products of the scores."""
    _, omega, alpha, beta = theta
    room = 2.0 * _STEP
    if min(alpha, beta, 1.0 - alpha - beta) < room or omega < 2e-8:
        return np.full(4, np.nan)
    hessian = np.empty((4, 4))
    steps = _STEP * np.maximum(np.abs(theta), 1e-2)
    for i in range(4):
        shift = np.zeros(4)
        shift[i] = steps[i]
        after = _terms(z, theta + shift, start)[1]
        before = _terms(z, theta - shift, start)[1]
        hessian[i] = (after - before) / (2.0 * steps[i])
    outer = _terms(z, theta, start)[2]
    try:
        bread = np.linalg.inv(0.5 * (hessian + hessian.T))
    except np.linalg.LinAlgError:
        return np.full(4, np.nan)
    variances = np.diag(bread @ outer @ bread)
    return np.sqrt(np.where(variances > 0.0, variances, np.nan))
