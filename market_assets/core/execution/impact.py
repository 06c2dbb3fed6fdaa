"""Market impact of one order: the direct estimate of Almgren, Thum, Hauptmann and Li, and the square-root law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec


@spec
class ImpactSpec:
    """Coefficients of Almgren et al. (2005); the defaults are theirs, for large US equities, 2001 to 2003.

    Parameters
    ----------
    gamma : permanent impact. eta : temporary impact.
    beta : exponent of the trading rate. delta : exponent of the inverse turnover of the name.
    """

    gamma: float = Field(default=0.314, ge=0.0)
    eta: float = Field(default=0.142, ge=0.0)
    beta: float = Field(default=0.6, gt=0.0, le=1.0)
    delta: float = Field(default=0.25, ge=0.0, le=1.0)


@dataclass(frozen=True, eq=False)
class Impact:
    """Cost of an order as fractions of its notional (1e-4 = one basis point), shape of the inputs.

    Parameters
    ----------
    permanent : move of the price that stays, signed like the order.
    temporary : extra paid while trading, signed like the order.
    realised : expected shortfall of the order against the price before it, never negative.
    """

    permanent: Floats
    temporary: Floats
    realised: Floats


def direct_impact(
    shares: ArrayLike,
    daily_volume: ArrayLike,
    shares_outstanding: ArrayLike,
    daily_volatility: ArrayLike,
    days: ArrayLike,
    impact: ImpactSpec | None = None,
) -> Impact:
    """Impact of an order traded evenly over a stretch of volume time (Almgren et al. 2005, Risk 18(7)).

    I = gamma s (X / V) (Theta / V)^delta,  K = eta s sign(X) |X / (V T)|^beta,  J = I / 2 + K.

    Parameters
    ----------
    shares : X, signed: a sale is negative. Broadcasts with the other arguments.
    daily_volume, shares_outstanding : V per day and Theta, in shares.
    daily_volatility : s, fraction per day.
    days : T, length of the execution in days of volume: 1 is one whole session.

    Raises
    ------
    BadInputError
        rule ``impact_inputs``: volume, shares outstanding or days not positive, volatility negative, or a value that is
        not finite.
    """
    given = impact if impact is not None else ImpactSpec()
    size, volume, outstanding, volatility, length = np.broadcast_arrays(
        *(np.asarray(a, np.float64) for a in (shares, daily_volume, shares_outstanding, daily_volatility, days))
    )
    _refuse(size, volatility, volume, outstanding, length)
    side = np.sign(size)
    permanent = given.gamma * volatility * (size / volume) * (outstanding / volume) ** given.delta
    temporary = given.eta * volatility * side * np.abs(size / (volume * length)) ** given.beta
    return Impact(permanent, temporary, side * (permanent / 2.0 + temporary))


def square_root_impact(
    shares: ArrayLike, daily_volume: ArrayLike, daily_volatility: ArrayLike, coefficient: float = 1.0
) -> Floats:
    """Expected price move of an order, Y s sign(Q) sqrt(|Q| / V) (Torre 1997; Toth et al. 2011).

    Parameters
    ----------
    shares : Q, signed, the whole order. daily_volume : V per day, in shares.
    daily_volatility : s, fraction per day. coefficient : Y, of order one.

    Returns
    -------
    Fraction of the price, signed like the order. What is paid on average is less: the mean over the order of a move
    that grows with the square root of what was traded is two thirds of it.

    Raises
    ------
    BadInputError
        rule ``impact_inputs``, as ``direct_impact``.
    """
    if not 0.0 <= coefficient < np.inf:
        raise BadInputError("impact_inputs", f"the coefficient {coefficient} must be finite and not negative")
    size, volume, volatility = np.broadcast_arrays(
        *(np.asarray(a, np.float64) for a in (shares, daily_volume, daily_volatility))
    )
    _refuse(size, volatility, volume)
    return coefficient * volatility * np.sign(size) * np.sqrt(np.abs(size) / volume)


def _refuse(size: Floats, volatility: Floats, *positive: Floats) -> None:
    if not all(np.isfinite(array).all() for array in (size, volatility, *positive)):
        raise BadInputError("impact_inputs", "market impact needs finite values")
    if np.any(volatility < 0.0) or any(np.any(array <= 0.0) for array in positive):
        raise BadInputError(
            "impact_inputs", "volumes, shares outstanding and days must be positive, volatility not negative"
        )
