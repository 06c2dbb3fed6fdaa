"""Ablation on a market with an edge: the family that shows it lifts, noise does not, and the switchboard obeys."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from market_assets.core.compute import Compute
from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.features.registry import FAMILIES
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.folds.training_set import assemble
from market_assets.core.gates.switchboard import switchboard_gate
from market_assets.core.labels.spec import LabelSpec, WeightSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.validity.ablation import (
    ABLATION_VERSION,
    NOT_SHAPING,
    Arm,
    ablate,
    arms,
    shaping,
    with_features,
)
from market_assets.core.validity.refits import Candidate, Setting
from market_assets.experiments.spec import Experiment

TECHNICAL, VOLATILITY = FAMILIES["technical"], FAMILIES["volatility"]
NOISE = replace(
    VOLATILITY,
    name="noise",
    features={f"noise_{name}": feature for name, feature in VOLATILITY.features.items()},
    compute=lambda panel: np.random.default_rng(5).normal(size=(panel.n_rows, len(VOLATILITY.names))),
    tier="optional",
)
LIFTING = replace(TECHNICAL, tier="optional")
ALL = {family.name: family for family in (VOLATILITY, LIFTING, NOISE)}
PARAMS = {"rounds": 20}
SIZES = {"reps": 200, "mean_block": 10.0, "seed": 7}


@pytest.fixture(scope="module")
def world():
    """Adjusted panel, labels and a candidate that sees volatility features only."""
    raw = synthesize(SyntheticSpec(kind="planted", symbols=8, years=2.5, seed=0, edge=0.5)).panel
    panel = adjust(raw)
    labels = triple_barrier(panel, LabelSpec(holding=5))
    blocks = {VOLATILITY.name: (VOLATILITY.names, VOLATILITY.compute(panel))}
    data = assemble(raw, blocks, labels, WeightSpec(), 126)
    spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=2))
    candidate = Candidate(
        family="lightgbm",
        params=PARAMS,
        weights=WeightSpec(),
        calibration=CalibrationSpec(),
        portfolio=PortfolioSpec(smoothing=5, cap=0.25),
        costs=CostSpec(),
        periods_per_year=252,
        grid=to_grid(adjust(raw.select(data.symbols))),
        data=data,
        plan=make_plan(data, spec),
        compute=Compute(seed=7),
    )
    return panel, labels, candidate


@pytest.fixture(scope="module")
def lifts(world):
    """The report of both optional families."""
    panel, _, candidate = world
    setting = Setting(PARAMS, 7)

    def refit(arm: Arm):
        data = with_features(candidate.data, panel, [ALL[name] for name in arm.features], [VOLATILITY])
        return replace(candidate, data=data).refit(setting)

    return ablate(candidate, candidate.refit(setting), arms(("volatility",), ("technical", "noise")), refit, SIZES)


def test_the_columns_are_those_of_the_whole_chain(world):
    """Computed from the panel and put in place, a training set equals the one assembled from stored blocks."""
    panel, labels, candidate = world
    blocks = {family.name: (family.names, family.compute(panel)) for family in (VOLATILITY, TECHNICAL)}
    whole = assemble(panel, blocks, labels, WeightSpec(), 126)
    found = with_features(candidate.data, panel, (VOLATILITY, TECHNICAL), (VOLATILITY,))
    assert found.content_hash() == whole.content_hash()
    again = with_features(whole, panel, (VOLATILITY,), (VOLATILITY, TECHNICAL))
    assert again.content_hash() == candidate.data.content_hash()


def test_what_shows_the_edge_lifts_and_noise_does_not(lifts):
    """Sharpe, mean, AUC and log loss of each, with intervals; only the informative family is beyond chance."""
    technical, noise = lifts
    assert technical.shown
    assert not noise.shown
    figures = technical.to_payload()["figures"]
    assert set(figures) == {"sharpe", "mean", "auc", "log_loss"}
    assert all(one["low"] > 0.0 for one in figures.values())
    assert figures["sharpe"]["lift"] > 1.0
    assert technical.pvalue >= next(one.pvalue for one in technical.figures if one.figure == "sharpe")


def test_the_switchboard_obeys_the_report(lifts):
    """The family that lifts may stand in an experiment that names its report; noise, silence and other code may not."""
    versions = {"technical": LIFTING.version, "noise": NOISE.version}
    document: dict[str, Any] = {"name": "one", "label": {"holding": 5}, "costs": {}, "features": ["volatility"]}
    payload = {
        "version": ABLATION_VERSION,
        "document": shaping(document),
        "lifts": [{**one.to_payload(), "family_version": versions[one.arm.family]} for one in lifts],
    }
    stored, named = {"abc": payload}, {"technical": "abc", "noise": "abc"}
    assert switchboard_gate([VOLATILITY, LIFTING], named, stored, document).passed
    assert switchboard_gate([VOLATILITY, LIFTING], named, stored, {**document, "name": "b", "features": []}).passed
    assert switchboard_gate([VOLATILITY], {}, {}, document).passed
    for families, switched, reports in (
        ([VOLATILITY, NOISE], named, stored),
        ([LIFTING], {}, stored),
        ([LIFTING], named, {}),
        ([replace(LIFTING, version="other")], named, stored),
        ([LIFTING], named, {"abc": {**payload, "version": "0"}}),
    ):
        assert not switchboard_gate(families, switched, reports, document).passed


def test_a_lift_under_another_label_or_account_is_none_here(lifts):
    """The refusal names every part in which the two experiments differ, also one that only one of them has."""
    document: dict[str, Any] = {"name": "one", "label": {"holding": 5}, "costs": {}, "features": ["volatility"]}
    own = [{**one.to_payload(), "family_version": LIFTING.version} for one in lifts]
    stored = {"abc": {"version": ABLATION_VERSION, "document": shaping(document), "lifts": own}}
    for other, differ in (
        ({**document, "label": {"holding": 10}, "costs": {"taker_bp": 1.0}}, "costs, label"),
        ({**document, "transforms": []}, "transforms"),
        ({"name": "one", "features": [], "costs": {}}, "label"),
    ):
        verdict = switchboard_gate([LIFTING], {"technical": "abc"}, stored, other)
        assert [reason.gate for reason in verdict.failures] == ["same_experiment[technical]"]
        assert verdict.failures[0].text.endswith(f"they differ in {differ}.")


def test_what_shapes_a_lift_is_all_but_what_is_named():
    """A part that an experiment file gets is held against reports until somebody says that it shapes no lift."""
    parts = {field.name for field in fields(Experiment)}
    held = {"seed", "universe", "warmup", "normalization", "label", "weights", "folds", "transforms", "models"}
    held |= {"calibration", "portfolio", "costs", "evaluation", "task"}
    assert parts >= NOT_SHAPING
    assert set(shaping(dict.fromkeys([*parts, "added_later"]))) >= held | {"added_later"}


def test_a_family_that_stands_there_is_left_out():
    """An arm says what the refit sees; nothing to ablate, one twice and no feature at all are refused."""
    assert arms(("a", "b"), ("b", "c")) == (Arm("b", "left out", ("a",)), Arm("c", "added", ("a", "b", "c")))
    for features, families in ((("a",), ("a",)), (("a", "b"), ()), (("a", "b"), ("c", "c"))):
        with pytest.raises(BadInputError, match="ablation_families"):
            arms(features, families)


def test_an_arm_that_cannot_be_fitted_is_a_gap(world):
    """It has its cause and shows no lift."""

    def starved(arm):
        raise NotEnoughDataError("one class only")

    candidate = world[2]
    (found,) = ablate(
        candidate, np.full(candidate.data.n_rows, np.nan), arms(("volatility",), ("noise",)), starved, SIZES
    )
    assert (found.shown, found.pvalue, found.cause, found.figures) == (False, None, "one class only", ())
