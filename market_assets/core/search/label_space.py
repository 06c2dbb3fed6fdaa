"""What a label search may try (B11): the bounds in the experiment file, and one label of that space."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from market_assets.core.labels.horizon import DirectionSpec
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.spec import spec

Kind = Literal["simple", "triple_barrier"]
Entry = Literal["next_open", "close"]
OUT_OF_FOLD = "out_of_fold"


@spec
class LabelSearchSpec:
    """Bounds, signal and windows of a label search.

    Parameters
    ----------
    trials : labels to try.
    kinds : ``simple`` leaves after the horizon at the close, ``triple_barrier`` at the first of three barriers.
    profit, stop : smallest and largest distance of the barriers, as shares of the entry price.
    horizon : fewest and most sessions held.
    step : distance between two neighbouring values of profit and stop; bounds are multiples of it.
    signal : ``out_of_fold``, the best candidate's walk-forward scores, or a feature as ``family/name``.
    share : part of a session's symbols that is bought, those with the highest signal, and sold, those with the lowest.
    selection : part of the signal's sessions, the earlier ones, in which labels are tried; the rest is for the verdict.
    """

    trials: Annotated[int, Field(ge=1, le=5000)] = 60
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = ("simple", "triple_barrier")
    profit: tuple[float, float] = (0.03, 0.15)
    stop: tuple[float, float] = (0.03, 0.12)
    horizon: tuple[int, int] = (1, 14)
    step: Annotated[float, Field(gt=0, lt=1)] = 0.005
    signal: Annotated[str, Field(pattern=r"^(out_of_fold|[a-z0-9_]+/[A-Za-z0-9_]+)$")] = OUT_OF_FOLD
    share: Annotated[float, Field(gt=0, le=0.5)] = 0.2
    selection: Annotated[float, Field(gt=0, lt=1)] = 0.6

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, bounds, most in (
            ("profit", self.profit, 100),
            ("stop", self.stop, 1),
            ("horizon", self.horizon, 252),
        ):
            if not 0 < bounds[0] <= bounds[1] <= most:
                raise ValueError(f"{name} must be two ascending bounds above 0 and at most {most}, got {bounds}")
        for bound in (*self.profit, *self.stop):
            if abs(bound / self.step - round(bound / self.step)) > 1e-9:
                raise ValueError(f"bound {bound:g} is no multiple of the step {self.step:g}")
        return self


@dataclass(frozen=True)
class SearchLabel:
    """One label: ``profit`` and ``stop`` are shares of the entry price, None without barriers."""

    kind: Kind
    horizon: int
    profit: float | None = None
    stop: float | None = None

    @property
    def name(self) -> str:
        """Short unique name, such as ``triple barrier +5% -3% 10``."""
        if self.profit is None or self.stop is None:
            return f"{self.kind} {self.horizon}"
        return f"triple barrier +{100 * self.profit:g}% -{100 * self.stop:g}% {self.horizon}"

    @property
    def driftless_win_rate(self) -> float:
        """Share of winners of a driftless walk without costs or horizon: stop / (profit + stop), one half without
        barriers (the probability of leaving an interval at its upper end; Feller 1968, XIV.2).
        """
        return 0.5 if self.profit is None or self.stop is None else self.stop / (self.profit + self.stop)

    def document(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    def barriers(self, entry: Entry, cost_bp: float) -> LabelSpec:
        """The triple-barrier label as an experiment file would state it."""
        return LabelSpec(
            volatility="fixed",
            profit=self.profit or 0.0,
            stop=self.stop or 0.0,
            holding=self.horizon,
            entry=entry,
            cost_bp=cost_bp,
        )

    def direction(self, entry: Entry) -> DirectionSpec:
        """The simple label as a spec."""
        return DirectionSpec(horizon=self.horizon, band=0.0, entry=entry)
