"""The best candidate on the rows its model was trained on, held against its walk-forward account (F8)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from market_assets.core.compute import Compute
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.backtest import Backtest, simulate
from market_assets.core.execution.evaluate import score_grid
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.plan import Fold, FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats
from market_assets.core.models.calibration import CalibrationSpec, Curve
from market_assets.core.models.fitted import predict_rows
from market_assets.core.models.fold_fit import split_calibration
from market_assets.core.statistics.sharpe import sharpe_ratio
from market_assets.core.validity.sample_gap import SampleGap, sample_gap


@dataclass(frozen=True)
class InSample:
    """The gap of the annual net Sharpe ratio, and the account behind its in-sample side.

    ``first`` and ``last`` are the ISO days of its first and last booking, ``sessions`` how many there are; ``cause``
    says why a side is missing.
    """

    gap: SampleGap
    first: str
    last: str
    sessions: int
    cause: str

    def to_payload(self) -> dict[str, Any]:
        """JSON-able form, flat."""
        return {**self.gap.to_payload(), **{key: value for key, value in asdict(self).items() if key != "gap"}}


def last_fold(plan: FoldPlan) -> Fold:
    """The walk-forward fold that is tested last: its model has seen the most."""
    return max((fold for fold in plan.folds if fold.kind == "walk_forward"), key=lambda fold: fold.test[0][0])


def in_sample_forecast(
    data: TrainingSet,
    fold: Fold,
    calibration: CalibrationSpec,
    *,
    family: str,
    payload: bytes,
    curve: Curve,
    compute: Compute,
) -> Floats:
    """Calibrated forecasts (n,) of a fold's model on the rows that trained it, NaN elsewhere.

    Training rows that were kept for the calibration curve are left out: the model itself has not seen them.

    Parameters
    ----------
    fold, calibration : what was fitted, and how its training rows were split.
    family, payload, curve : the fitted model in its family's format, and its calibration curve.

    Raises
    ------
    NotEnoughDataError
        as ``split_calibration``.
    """
    seen, _ = split_calibration(data, fold.train_rows(data), calibration)
    forecast = np.full(data.n_rows, np.nan)
    forecast[seen] = curve.apply(predict_rows(family, payload, data, seen, compute))
    return forecast


def in_sample_account(
    grid: PriceGrid, data: TrainingSet, forecast: Floats, portfolio: PortfolioSpec, costs: CostSpec
) -> Backtest:
    """Account of forecasts (n,), from the open after the first of them to the open after the last.

    Raises
    ------
    NotEnoughDataError
        when there is no forecast.
    """
    if np.isnan(forecast).all():
        raise NotEnoughDataError("there is no in-sample forecast to trade")
    days = data.ts[~np.isnan(forecast)]
    first, last = (int(np.searchsorted(grid.sessions, day)) for day in (days.min(), days.max()))
    run = simulate(grid, target_weights(score_grid(forecast, data, grid), portfolio), costs, portfolio)
    return run.window(first + 1, last + 1)


def in_sample_gap(run: Backtest, out_of_sample: Floats, periods_per_year: int, tolerance: float = 0.1) -> InSample:
    """Hold the in-sample account against walk-forward net returns (T,): one model, one account, one cost model."""
    sides: dict[str, float | None] = {}
    causes = []
    for name, net in (("in sample", run.net), ("out of sample", out_of_sample)):
        try:
            sides[name] = sharpe_ratio(net) * periods_per_year**0.5
        except NotEnoughDataError as error:
            sides[name] = None
            causes.append(f"{name}: {error}")
    days = run.sessions.astype("datetime64[D]").astype(str)
    return InSample(
        gap=sample_gap("sharpe", sides["in sample"], sides["out of sample"], tolerance),
        first=str(days[0]) if len(days) else "",
        last=str(days[-1]) if len(days) else "",
        sessions=len(days),
        cause="; ".join(causes),
    )
