"""Sensitivity (F5): how figures move with parameters, seeds and feature noise.

Every variation is a fit that touched the data: the caller records each as a trial, as it does any other fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from pydantic import Field

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.spec import spec
from market_assets.core.statistics.performance import Figures

SENSITIVITY_VERSION = "1"


@spec
class SensitivitySpec:
    """The grid, one change at a time.

    Parameters
    ----------
    changes : relative changes of every numeric parameter, such as -0.2 and 0.2.
    seeds : other seeds.
    noise : standard deviations of feature noise, as shares of each feature's own.
    """

    changes: tuple[float, ...] = (-0.2, 0.2)
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = (1, 2, 3)
    noise: tuple[Annotated[float, Field(gt=0)], ...] = (0.05, 0.1)


@dataclass(frozen=True)
class Variation:
    """One change: parameter ``name`` set to ``value``, the seed, or the share of feature noise."""

    kind: Literal["parameter", "seed", "noise"]
    name: str
    value: float | int

    @property
    def key(self) -> str:
        """Short unique name, such as ``parameter max_depth=5``."""
        return f"{self.kind} {self.name}={self.value:g}"


class Runner(Protocol):
    """Refits and re-evaluates the candidate under one variation."""

    def __call__(self, variation: Variation) -> Figures: ...


@dataclass(frozen=True)
class Run:
    """Figures of one variation; None with the ``cause`` where it failed for want of data."""

    variation: Variation
    figures: Figures | None
    cause: str = ""


@dataclass(frozen=True)
class Spread:
    """One figure over the variations that have it.

    ``below_zero`` is the share of them below zero; ``worst_drop`` the unvaried figure less the smallest (None without
    the former); ``missing`` counts variations without the figure, which are in none of the numbers.
    """

    figure: str
    count: int
    missing: int
    minimum: float | None
    median: float | None
    maximum: float | None
    below_zero: float | None
    worst_drop: float | None
    worst: str | None


@dataclass(frozen=True)
class Sensitivity:
    """Runs of the whole grid and the spread of each figure; ``complete`` when no figure is missing anywhere."""

    base: Figures
    runs: tuple[Run, ...]
    spreads: tuple[Spread, ...]

    @property
    def complete(self) -> bool:
        """True when every variation has every figure."""
        return all(spread.missing == 0 for spread in self.spreads)

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form; every run has the ``name`` of its variation."""
        runs = [{"name": run.variation.key, **asdict(run)} for run in self.runs]
        return {**asdict(self), "runs": runs, "complete": self.complete}


def variations(parameters: Mapping[str, Any], spec: SensitivitySpec) -> tuple[Variation, ...]:
    """The grid around numeric parameters; whole numbers stay whole and move by at least 1, others are left alone.

    Zero has no relative change and is left alone, too. A value reached twice is tried once. Fractions have
    twelve digits, as a person would write them.
    """
    found: dict[Variation, None] = {}
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
            continue
        for change in spec.changes:
            moved: float | int = float(f"{value * (1.0 + change):.12g}")
            if isinstance(value, int):
                moved = round(moved) if round(moved) != value else value + (1 if change * value > 0 else -1)
            if change:
                found[Variation("parameter", name, moved)] = None
    found.update((Variation("seed", "seed", seed), None) for seed in spec.seeds)
    found.update((Variation("noise", "features", share), None) for share in spec.noise)
    return tuple(found)


def sensitivity(base: Figures, grid: Sequence[Variation], evaluate: Runner, figures: Sequence[str]) -> Sensitivity:
    """Run the grid and summarise ``figures`` of it against the unvaried ones.

    A run that raises ``NotEnoughDataError`` is a gap with its cause; any other error is not caught.

    Raises
    ------
    BadInputError
        rule ``variations``: an empty grid, or one variation twice.
    """
    if not grid or len(set(grid)) != len(grid):
        raise BadInputError("variations", f"a grid of {len(grid)} variations, {len(set(grid))} of them different")
    runs = []
    for variation in grid:
        try:
            runs.append(Run(variation, dict(evaluate(variation))))
        except NotEnoughDataError as error:
            runs.append(Run(variation, None, str(error)))
    return Sensitivity(dict(base), tuple(runs), tuple(_spread(name, base.get(name), runs) for name in figures))


def _spread(name: str, base: float | None, runs: Sequence[Run]) -> Spread:
    found = {run.variation.key: (run.figures or {}).get(name) for run in runs}
    values = {key: value for key, value in found.items() if value is not None}
    if not values:
        return Spread(name, 0, len(runs), None, None, None, None, None, None)
    numbers, worst = np.array(list(values.values())), min(values, key=values.__getitem__)
    return Spread(
        figure=name,
        count=len(values),
        missing=len(runs) - len(values),
        minimum=float(numbers.min()),
        median=float(np.median(numbers)),
        maximum=float(numbers.max()),
        below_zero=float(np.mean(numbers < 0.0)),
        worst_drop=float(base - numbers.min()) if base is not None else None,
        worst=worst,
    )
