"""Importance of a small chain: gain of every fold, shuffles and contributions on test rows, flags."""

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.diagnostics.family_importance import family_importance
from market_assets.core.diagnostics.importance_report import MEANINGS, importance_report
from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.errors import BadInputError
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets.core.identity import canonical_json
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.models.calibration import CalibrationSpec
from market_assets.core.models.fold_run import fit_folds
from market_assets_tests.core.models.planted import COMPUTE, SMALL, training_set

SPEC = DiagnosticsSpec(top=3, permuted_rows=300, explained_rows=50)
CALIBRATION = CalibrationSpec(min_rows=20)
FAMILIES = ("elastic_net", "lightgbm", "random_forest")


@pytest.fixture(scope="module")
def chain():
    """Training set, plan, payloads of three families and what was measured of them."""
    data = training_set(sessions=400)
    spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=2))
    plan = make_plan(data, spec)
    masks = {fold.key: (fold.train_rows(data), fold.test_rows(data)) for fold in plan.folds[:5]}
    found = {}
    for name in FAMILIES:
        fits = fit_folds(
            data, masks, family=name, params=SMALL[name], weights=WeightSpec(), calibration=CALIBRATION, compute=COMPUTE
        )
        payloads = {key: fit.payload for key, fit in fits.items()}
        found[name] = family_importance(name, data, plan, payloads, CALIBRATION, SPEC, COMPUTE)
    return data, found


def test_every_figure_is_there_and_the_planted_feature_leads(chain):
    """Five folds of gain, three of shuffles and contributions; column 0 is first for every family by every measure."""
    data, found = chain
    assert all(one.names == data.feature_names for one in found.values())
    for one in found.values():
        assert (one.gain.shape, one.permutation.shape) == ((5, 6), (3, 6))
        assert one.cause == ""
        assert one.contribution.sum(axis=1) == pytest.approx(np.ones(3))
        assert np.isfinite(one.permutation).sum(axis=1).max() <= SPEC.top
        assert {int(one.gain.mean(axis=0).argmax()), int(one.contribution.mean(axis=0).argmax())} == {0}
        assert np.nanargmax(one.permutation.mean(axis=0)) == 0
        assert (one.permutation[:, 0] > 0.0).all()
    report = importance_report(found, {"f0": "own"}, SPEC)
    assert canonical_json(report)
    assert report["features"][0]["flags"] == {}
    assert report["features"][0]["models"]["lightgbm"]["in_top"] == 5
    assert report["features"][0]["models"]["elastic_net"]["direction"] > 0.9
    assert -1.0 <= report["families"]["lightgbm"]["top"]["value"] <= 1.0


def test_flags_come_from_the_figures(chain):
    """No gain anywhere, a top feature of few folds, and one whose shuffle helps are told apart."""
    one = chain[1]["lightgbm"]
    gain, permutation = np.tile([0.5, 0.3, 0.2, 0.0, 0.0, 0.0], (5, 1)), np.full((3, 6), np.nan)
    gain[0] = [0.1, 0.1, 0.0, 0.0, 0.8, 0.0]
    permutation[:, 1], permutation[:, 0] = -0.01, 0.01
    changed = type(one)(**{**vars(one), "gain": gain, "permutation": permutation})
    spec = DiagnosticsSpec(top=3)
    report = importance_report({"lightgbm": changed}, {}, spec)
    flags = [set(record["flags"]) for record in report["features"]]
    assert flags == [set(), {"misleads"}, set(), {"never used"}, set(), {"never used"}]
    gain[1:, 4], gain[1:3, 2] = [0.9, 0.0, 0.0, 0.0], 0.0
    again = importance_report({"lightgbm": changed}, {}, spec)
    assert "2 of 5 folds" in again["features"][4]["flags"]["unstable importance"]
    assert set(report["flagged"]) == set(MEANINGS)


def test_contributions_that_do_not_add_up_are_not_shown(chain, monkeypatch):
    """A broken explainer is a cause in words, never a figure."""
    from market_assets.core.models import contributions

    data, _ = chain
    real = contributions.EXPLAINERS["elastic_net"]

    def broken(*arguments):
        honest = real(*arguments)
        return contributions.Contributions(honest.values + 0.01, honest.base, honest.score, honest.unit)

    monkeypatch.setitem(contributions.EXPLAINERS, "elastic_net", broken)
    spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3), combinatorial=CombinatorialSpec(groups=4, test_groups=2))
    plan = make_plan(data, spec)
    masks = {plan.folds[0].key: (plan.folds[0].train_rows(data), plan.folds[0].test_rows(data))}
    fits = fit_folds(
        data, masks, family="elastic_net", params={}, weights=WeightSpec(), calibration=CALIBRATION, compute=COMPUTE
    )
    payloads = {key: fit.payload for key, fit in fits.items()}
    one = family_importance("elastic_net", data, plan, payloads, CALIBRATION, SPEC, COMPUTE)
    assert "miss the score" in one.cause
    assert one.contribution is None


def test_families_that_see_other_columns_have_no_common_report(chain):
    """Figures of different columns are not put side by side."""
    _, found = chain
    odd = replace(found["lightgbm"], names=("x", *found["lightgbm"].names[1:]))
    with pytest.raises(BadInputError, match="importance_columns"):
        importance_report({**found, "lightgbm": odd}, {}, SPEC)
