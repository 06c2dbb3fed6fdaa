"""Parameters of labels and of sample weights, as they stand in an experiment file."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from market_assets.core.labels.regimes import NAMES, RegimeKind
from market_assets.core.spec import added, spec


@spec
class TouchRule:
    """When a barrier counts as touched.

    Parameters
    ----------
    path : ``ohlc`` walks whole bars, ``close`` their closes only (fills are then closes).
    touch : ``inclusive`` counts a price exactly at the barrier, ``strict`` only one beyond it.
    tie : a bar that reaches both barriers is a ``stop``, a ``target``, follows its own ``bar_direction`` (a falling
        bar is read as open, high, low, close), or is dropped as undefined (``drop``).
    vertical : at the last bar the label is the ``sign`` of the return, or ``zero``.
    """

    path: Literal["ohlc", "close"] = "ohlc"
    touch: Literal["inclusive", "strict"] = "inclusive"
    tie: Literal["stop", "target", "bar_direction", "drop"] = "stop"
    vertical: Literal["sign", "zero"] = "sign"


@spec
class BarrierChange:
    """What of a label is different in one regime; None stays as the label has it."""

    profit: float | None = added(None, gt=0, le=100)
    stop: float | None = added(None, gt=0, le=100)
    holding: int | None = added(None, ge=1, le=252)
    min_return: float | None = added(None, ge=0, lt=1)

    @property
    def given(self) -> dict[str, float]:
        """The parameters that change."""
        return {name: value for name, value in asdict(self).items() if value is not None}  # type: ignore[call-overload]


@spec
class RegimeRule:
    """Other barriers in some regimes, such as a wide target in a trend.

    Parameters
    ----------
    kind : which regimes, see ``regimes.REGIMES``; that of a row is known at its decision bar.
    changes : by name of the regime. Rows of another regime, or of none yet, keep the label's own barriers.
    """

    kind: RegimeKind
    changes: dict[str, BarrierChange] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if unknown := sorted(set(self.changes) - set(NAMES[self.kind])):
            raise ValueError(f"no regime {unknown[0]!r} of {self.kind}; there are {', '.join(NAMES[self.kind])}")
        if idle := [name for name, change in self.changes.items() if not change.given]:
            raise ValueError(f"the change of regime {idle[0]!r} changes nothing")
        return self


@spec
class LabelSpec:
    """Triple-barrier label: barriers at the entry price plus and minus a multiple of the volatility.

    Parameters
    ----------
    atr_window : bars in the average true range, measured at the decision bar.
    profit, stop : distance of the upper and lower barrier, in units of volatility.
    holding : bars after the decision bar until the vertical barrier.
    min_return : a realised return smaller than this in size gets label 0.
    entry : ``next_open`` enters at the open of the next bar, ``close`` at the close of the decision bar.
    volatility : unit of the barriers: ``atr`` in price, ``ewm``, the entry price times the EWM standard deviation of
        returns, or ``fixed``, the entry price itself: a profit of 0.05 is then five per cent.
    ewm_span, ewm_return : span of that deviation, also the returns it needs; which returns, see ``ewm_volatility``.
    rule : what counts as a touch.
    cost_bp : spread, slippage and impact of one side of the trade, in basis points of its notional.
    regimes : other barriers by regime; None = the same everywhere.
    """

    kind: Literal["triple_barrier"] = "triple_barrier"
    atr_window: Annotated[int, Field(ge=1, le=252)] = 20
    profit: Annotated[float, Field(gt=0, le=100)] = 2.0
    stop: Annotated[float, Field(gt=0, le=100)] = 2.0
    holding: Annotated[int, Field(ge=1, le=252)] = 10
    min_return: Annotated[float, Field(ge=0, lt=1)] = 0.001
    entry: Literal["next_open", "close"] = "next_open"
    volatility: Literal["atr", "ewm", "fixed"] = added("atr")
    ewm_span: int = added(100, ge=2, le=2520)
    ewm_return: Literal["bar", "day", "before_day"] = added("bar")
    rule: TouchRule = added(TouchRule())
    cost_bp: float = added(0.0, ge=0, le=1000)
    regimes: RegimeRule | None = added(None)

    def in_regime(self, name: str) -> LabelSpec:
        """The label of one regime, which has no regimes itself."""
        change = self.regimes.changes.get(name) if self.regimes else None
        return replace(self, regimes=None, **(change.given if change else {}))


@spec
class WeightSpec:
    """Sample weights of one fit, see ``weights.fit_weights``.

    Parameters
    ----------
    uniqueness : weigh a label by its average uniqueness among overlapping labels of its symbol.
    attribution : weigh it by the returns that it can call its own instead, see ``attribution.return_attribution``.
    draws : weigh it by how often it is drawn in so many sequential bootstraps of the fit instead (0 = not); one
        sample leaves about a third of the labels out, many come close to a smooth weight.
    draw_seed : of those bootstraps.
    decay : weight of the oldest label relative to the newest (1 = no decay); a negative value gives
        weight 0 to that share of the oldest cumulative uniqueness.
    balance : scale the two classes to the same total weight.
    """

    uniqueness: bool = True
    attribution: bool = added(False)
    draws: int = added(0, ge=0, le=1000)
    draw_seed: int = added(0, ge=0)
    decay: Annotated[float, Field(gt=-1, le=1)] = 1.0
    balance: bool = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.uniqueness + self.attribution + bool(self.draws) > 1:
            raise ValueError("uniqueness, attribution and draws each answer for overlap; keep one, switch off the rest")
        return self
