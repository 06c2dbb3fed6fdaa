"""In-sample forecasts and their account: the model's own rows only, traded as out of sample."""

from __future__ import annotations

import json

import numpy as np
import pytest

from market_assets.core.compute import Compute
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.backtest import simulate
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import assemble
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fold_fit import fit_fold
from market_assets.core.models.registry import family
from market_assets.core.validity.in_sample import in_sample_account, in_sample_forecast, in_sample_gap, last_fold

PORTFOLIO, COSTS, COMPUTE = PortfolioSpec(cap=0.3), CostSpec(), Compute(device="cpu", seed=5)
CALIBRATION = CalibrationSpec(min_rows=40)
PARAMS = {"trees": 40, "min_leaf": 2}


@pytest.fixture(scope="module")
def chain():
    """Prices, training set of pure noise, and the fit of the last walk-forward fold."""
    panel = synthesize(SyntheticSpec(kind="planted", symbols=5, years=2.5, seed=3)).panel
    noise = np.random.default_rng(0).normal(size=(panel.n_rows, 4))
    blocks = {"noise": (("a", "b", "c", "d"), noise)}
    data = assemble(panel, blocks, triple_barrier(adjust(panel), LabelSpec(kind="triple_barrier")), WeightSpec(), 60)
    spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=2))
    plan = make_plan(data, spec)
    fold = last_fold(plan)
    fit = fit_fold(
        data,
        fold.train_rows(data),
        fold.test_rows(data),
        family="random_forest",
        params={**family("random_forest").defaults, **PARAMS},
        weights=WeightSpec(),
        calibration=CALIBRATION,
        compute=COMPUTE,
        key=fold.key,
    )
    return to_grid(adjust(panel.select(data.symbols))), data, plan, fit


def forecast_of(chain):
    _, data, plan, fit = chain
    return in_sample_forecast(
        data,
        last_fold(plan),
        CALIBRATION,
        family="random_forest",
        payload=fit.payload,
        curve=fit.calibrator,
        compute=COMPUTE,
    )


def test_the_last_fold_is_the_latest(chain):
    """Of the walk-forward folds only."""
    assert last_fold(chain[2]).key == "wf02"


def test_only_the_rows_of_the_model_have_a_forecast(chain):
    """As many as it was fitted on: none of the test fold, none of the calibration part, each the fit's own forecast."""
    _, data, plan, fit = chain
    forecast = forecast_of(chain)
    known = ~np.isnan(forecast)
    assert known.sum() == fit.n_fit
    assert not known[fit.rows].any()
    train = np.flatnonzero(last_fold(plan).train_rows(data))
    curve = train[np.argsort(data.t0[train], kind="stable")][-fit.n_calibration :]
    assert not known[curve].any()
    raw = family("random_forest").predict(fit.payload, data.x, COMPUTE)
    np.testing.assert_array_equal(forecast[known], fit.calibrator.apply(raw)[known])


def test_the_account_runs_from_open_to_open(chain):
    """The same as a plain grid of scores, cut by a plain search for its days."""
    grid, data, _, _ = chain
    forecast = forecast_of(chain)
    run = in_sample_account(grid, data, forecast, PORTFOLIO, COSTS)
    score = np.full(grid.open.shape, np.nan)
    days = []
    for row in np.flatnonzero(~np.isnan(forecast)):
        day = int(np.flatnonzero(grid.sessions == data.ts[row])[0])
        score[day, grid.symbols.index(data.symbols[data.code[row]])] = 2 * forecast[row] - 1
        days.append(day)
    plain = simulate(grid, target_weights(score, PORTFOLIO), COSTS, PORTFOLIO)
    np.testing.assert_array_equal(run.net, plain.net[min(days) + 1 : max(days) + 2])
    assert run.net[0] < 0.0, "the first open books the cost of entering"
    with pytest.raises(NotEnoughDataError, match="no in-sample forecast"):
        in_sample_account(grid, data, np.full(data.n_rows, np.nan), PORTFOLIO, COSTS)


def test_a_forest_fitted_to_noise_shows_the_gap(chain):
    """High in sample, nothing out of sample: the planted overfit is seen."""
    grid, data, _, _ = chain
    run = in_sample_account(grid, data, forecast_of(chain), PORTFOLIO, COSTS)
    outside = np.random.default_rng(1).normal(0.0, 0.01, 200)
    found = in_sample_gap(run, outside, 252)
    sharpe = run.net.mean() / run.net.std(ddof=1) * 252**0.5
    assert found.gap.in_sample == pytest.approx(sharpe, rel=1e-12)
    assert found.gap.out_of_sample == pytest.approx(outside.mean() / outside.std(ddof=1) * 252**0.5, rel=1e-12)
    assert sharpe > 3.0
    assert not found.gap.within
    payload = found.to_payload()
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload
    assert payload["sessions"] == len(run.net)
    assert (payload["first"], payload["last"]) == tuple(str(run.sessions[k])[:10] for k in (0, -1))


def test_the_same_account_is_within(chain):
    """Against itself nothing is lost."""
    grid, data, _, _ = chain
    run = in_sample_account(grid, data, forecast_of(chain), PORTFOLIO, COSTS)
    found = in_sample_gap(run, run.net, 252).gap
    assert (found.ratio, found.drop, found.within) == (1.0, 0.0, True)


def test_an_idle_side_has_a_cause(chain):
    """No Sharpe ratio, no ratio of them, and the side is named."""
    grid, data, _, _ = chain
    run = in_sample_account(grid, data, forecast_of(chain), PORTFOLIO, COSTS)
    found = in_sample_gap(run, np.zeros(50), 252)
    assert (found.gap.out_of_sample, found.gap.ratio, found.gap.within) == (None, None, False)
    assert found.cause.startswith("out of sample: returns never vary")
