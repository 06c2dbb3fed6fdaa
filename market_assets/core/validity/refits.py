"""Refits of one candidate under variations (F5): the walk-forward folds only, and one account for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from market_assets.core.compute import Compute
from market_assets.core.errors import BadInputError
from market_assets.core.execution.evaluate import walk_forward_account
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.plan import Fold, FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fold_fit import Mask
from market_assets.core.models.fold_run import fit_folds
from market_assets.core.models.registry import family as family_of
from market_assets.core.statistics.performance import Figures
from market_assets.core.validity.noise import noisy_test
from market_assets.core.validity.sensitivity import SensitivitySpec, Variation, variations

Masks = Mapping[str, tuple[Mask, Mask]]
FIGURES = ("sharpe", "max_drawdown", "mean")
"""What is compared: annual net Sharpe ratio, deepest drawdown (<= 0), mean net return a year."""


@dataclass(frozen=True)
class Setting:
    """What a variation makes of a candidate: parameters of its family, base seed, share of noise on test features."""

    params: Mapping[str, Any]
    seed: int
    noise: float = 0.0


def setting_of(variation: Variation, params: Mapping[str, Any], seed: int) -> Setting:
    """The setting of one variation of given parameters and base seed; all else stays as it is."""
    if variation.kind == "parameter":
        return Setting({**params, variation.name: variation.value}, seed)
    if variation.kind == "seed":
        return Setting(dict(params), int(variation.value))
    return Setting(dict(params), seed, float(variation.value))


def grid_for(
    family: str, params: Mapping[str, Any], seed: int, spec: SensitivitySpec
) -> tuple[tuple[Variation, ...], tuple[Variation, ...]]:
    """Variations around every parameter of a family, defaults included, and those that are left out.

    Left out are values the family does not allow, and the candidate's own seed, which varies nothing.

    Raises
    ------
    BadInputError
        rules of the family, for parameters it does not allow.
    """
    model = family_of(family)
    kept, left_out = [], []
    for one in variations(model.resolve(params), spec):
        setting = setting_of(one, params, seed)
        try:
            model.resolve(setting.params)
        except BadInputError:
            left_out.append(one)
            continue
        (left_out if one.kind == "seed" and setting.seed == seed else kept).append(one)
    return tuple(kept), tuple(left_out)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One family of one experiment, as it was fitted and traded.

    Parameters
    ----------
    params, transforms : as the experiment file gives them; ``compute.seed`` is the base seed.
    grid : adjusted prices of the traded symbols.
    """

    family: str
    params: Mapping[str, Any]
    weights: WeightSpec
    calibration: CalibrationSpec
    portfolio: PortfolioSpec
    costs: CostSpec
    periods_per_year: int
    grid: PriceGrid
    data: TrainingSet
    plan: FoldPlan
    compute: Compute
    transforms: Sequence[Any] = ()

    @property
    def folds(self) -> dict[str, Fold]:
        """The walk-forward folds, in time order."""
        return {fold.key: fold for fold in self.plan.folds if fold.kind == "walk_forward"}

    def refit(self, setting: Setting) -> Floats:
        """Walk-forward probabilities (n,) of models fitted anew under a setting; NaN where no fold predicts.

        Noise is drawn for the test features alone, with the seed of the setting: models and curves are then those of
        the unvaried candidate.

        Raises
        ------
        NotEnoughDataError
            where a fold cannot be fitted.
        """
        masks = {key: (fold.train_rows(self.data), fold.test_rows(self.data)) for key, fold in self.folds.items()}
        probability = np.full(self.data.n_rows, np.nan)
        for data, folds in self._sets(setting, masks):
            fits = fit_folds(
                data,
                folds,
                family=self.family,
                params=setting.params,
                weights=self.weights,
                calibration=self.calibration,
                compute=replace(self.compute, seed=setting.seed),
                transforms=self.transforms,
            )
            for fit in fits.values():
                probability[fit.rows] = fit.calibrated
        return probability

    def _sets(self, setting: Setting, masks: Masks) -> Iterator[tuple[TrainingSet, Masks]]:
        """The folds to fit on one training set; with noise each fold has a set of its own."""
        if setting.noise == 0.0:
            yield self.data, masks
            return
        for key, (train, test) in masks.items():
            yield noisy_test(self.data, train, test, setting.noise, setting.seed), {key: (train, test)}

    def figures(self, probability: Floats) -> Figures:
        """``FIGURES`` of the walk-forward account of probabilities (n,); None where undefined."""
        run = walk_forward_account(self.grid, self.data, self.plan, probability, self.portfolio, self.costs)
        found = run.summary(self.periods_per_year)
        mean = float(run.net.mean()) * self.periods_per_year
        return {"sharpe": found["sharpe"], "max_drawdown": found["max_drawdown"], "mean": mean}
