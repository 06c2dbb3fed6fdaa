"""Refits under variations: what is varied, what stays, and what a strong market survives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.compute import Compute
from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.execution.evaluate import evaluate
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.features.registry import FAMILIES
from market_assets.core.folds.out_of_fold import FoldPrediction, combine
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import assemble
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fold_run import fit_folds
from market_assets.core.validity.noise import noisy_test
from market_assets.core.validity.refits import FIGURES, Candidate, Setting, grid_for, setting_of
from market_assets.core.validity.sensitivity import SensitivitySpec, Variation, sensitivity

PARAMS, SEED = {"rounds": 20}, 7


@pytest.fixture(scope="module")
def panel():
    """Eight names over two and a half years with a strong edge."""
    return synthesize(SyntheticSpec(kind="planted", symbols=8, years=2.5, seed=0, edge=0.5)).panel


@pytest.fixture(scope="module")
def candidate(panel):
    """LightGBM with few rounds on that market."""
    family = FAMILIES["technical"]
    blocks = {family.name: (family.names, family.compute(adjust(panel)))}
    labels = triple_barrier(adjust(panel), LabelSpec(kind="triple_barrier", holding=5))
    data = assemble(panel, blocks, labels, WeightSpec(), 126)
    spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=2))
    return Candidate(
        family="lightgbm",
        params=PARAMS,
        weights=WeightSpec(),
        calibration=CalibrationSpec(),
        portfolio=PortfolioSpec(smoothing=5, cap=0.25),
        costs=CostSpec(),
        periods_per_year=252,
        grid=to_grid(adjust(panel.select(data.symbols))),
        data=data,
        plan=make_plan(data, spec),
        compute=Compute(seed=SEED),
    )


@pytest.fixture(scope="module")
def base(candidate):
    """Probabilities of the unvaried candidate."""
    return candidate.refit(Setting(PARAMS, SEED))


def test_without_a_variation_it_is_the_candidate(panel, candidate, base):
    """Refitted as it stands, probabilities and figures are those of the whole chain, bit by bit."""
    data, plan = candidate.data, candidate.plan
    masks = {fold.key: (fold.train_rows(data), fold.test_rows(data)) for fold in plan.folds}
    fits = fit_folds(
        data,
        masks,
        family="lightgbm",
        params=PARAMS,
        weights=candidate.weights,
        calibration=candidate.calibration,
        compute=candidate.compute,
    )
    whole = combine({key: FoldPrediction(fit.rows, fit.raw, fit.calibrated) for key, fit in fits.items()}, plan, data)
    np.testing.assert_array_equal(base, whole.walk_forward)
    _, runs = evaluate(panel, data, plan, {"lightgbm": whole}, candidate.portfolio, candidate.costs)
    summary = runs["lightgbm"].summary(252)
    found = candidate.figures(base)
    assert tuple(found) == FIGURES
    assert (found["sharpe"], found["max_drawdown"]) == (summary["sharpe"], summary["max_drawdown"])
    assert found["mean"] == pytest.approx(float(np.mean(runs["lightgbm"].net)) * 252)


def test_a_strong_market_survives_every_variation(candidate, base):
    """Parameters by a fifth, another seed, noise of a tenth: every Sharpe ratio differs, and all stay above zero."""
    grid = [
        Variation("parameter", "leaves", 12),
        Variation("parameter", "rounds", 24),
        Variation("seed", "seed", 1),
        Variation("noise", "features", 0.1),
    ]
    found = sensitivity(
        candidate.figures(base),
        grid,
        lambda one: candidate.figures(candidate.refit(setting_of(one, PARAMS, SEED))),
        FIGURES,
    )
    spread = found.spreads[0]
    assert found.complete
    assert (spread.figure, spread.count, spread.below_zero) == ("sharpe", 4, 0.0)
    assert spread.minimum > 1.0
    assert len({run.figures["sharpe"] for run in found.runs} | {found.base["sharpe"]}) == 5


def test_large_noise_costs_the_edge(candidate, base):
    """Test features drowned in noise: of a Sharpe ratio the most is gone."""
    noisy = candidate.figures(candidate.refit(Setting(PARAMS, SEED, 20.0)))
    assert noisy["sharpe"] < 0.5 * candidate.figures(base)["sharpe"]


def test_noise_touches_the_test_rows_alone(candidate):
    """Training rows keep their bytes, and what is added is sized by them: a spread of the test rows plays no part."""
    data, fold = candidate.data, candidate.folds["wf01"]
    train, test = fold.train_rows(data), fold.test_rows(data)
    wild = replace(data, x=np.where(test[:, None], data.x * 1000, data.x).astype(np.float32))
    noisy = noisy_test(wild, train, test, 0.1, 3)
    np.testing.assert_array_equal(noisy.x[~test], data.x[~test])
    added = noisy.x[test].astype(np.float64) - wild.x[test]
    wanted = 0.1 * np.nanstd(data.x[train].astype(np.float64), axis=0)
    # one column of a size where float32 keeps the noise
    column = int(np.argmax(wanted / np.nanmax(np.abs(wild.x[test]), axis=0)))
    assert np.nanstd(added[:, column]) == pytest.approx(wanted[column], rel=0.1)


def test_the_grid_is_of_the_whole_family():
    """Defaults are varied too; what the family forbids, and the own seed, is left out and named."""
    spec = SensitivitySpec(changes=(-0.2, 0.2), seeds=(7, 1), noise=(0.05,))
    kept, left_out = grid_for("lightgbm", {"rounds": 20, "subsample": 0.9}, 7, spec)
    assert "parameter rounds=24" in {one.key for one in kept}
    assert "parameter learning_rate=0.06" in {one.key for one in kept}
    assert {one.key for one in left_out} == {"parameter subsample=1.08", "seed seed=7"}
    assert len(kept) + len(left_out) == 2 * 9 + 2 + 1
    with pytest.raises(BadInputError, match="unknown_parameter"):
        grid_for("lightgbm", {"rows": 1}, 7, spec)


def test_a_setting_changes_one_thing():
    """The given parameters with one of them moved, the seed, or the noise."""
    assert setting_of(Variation("parameter", "leaves", 12), PARAMS, 7) == Setting({"rounds": 20, "leaves": 12}, 7)
    assert setting_of(Variation("seed", "seed", 3), PARAMS, 7) == Setting(PARAMS, 3)
    assert setting_of(Variation("noise", "features", 0.1), PARAMS, 7) == Setting(PARAMS, 7, 0.1)


def test_a_fold_without_enough_rows_is_a_gap(candidate, base):
    """A calibration split that cannot be filled: the cause stands in the run, no figure does."""
    short = replace(candidate, calibration=CalibrationSpec(min_rows=10**6))
    found = sensitivity(
        candidate.figures(base),
        [Variation("seed", "seed", 1)],
        lambda one: short.figures(short.refit(setting_of(one, PARAMS, SEED))),
        FIGURES,
    )
    assert found.runs[0].figures is None
    assert "fold wf00" in found.runs[0].cause
    assert [spread.missing for spread in found.spreads] == [1, 1, 1]
    with pytest.raises(NotEnoughDataError):
        short.refit(Setting(PARAMS, SEED))
