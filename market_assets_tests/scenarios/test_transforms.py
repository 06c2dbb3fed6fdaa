"""An experiment with normalization and fitted transforms, from bars to a champion, and back from its bundle."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from market_assets.assets.crown import champion_bundle
from market_assets.assets.diagnostics import IMPORTANCE_KIND
from market_assets.assets.fold_models import current_fits
from market_assets.assets.panel import load_panel
from market_assets.assets.refit import refit_family
from market_assets.assets.seeding import compute_for
from market_assets.assets.training import load_fold_plan, load_training_set
from market_assets.automation.holdout import recipe_of
from market_assets.automation.replay import replay
from market_assets.core.diagnostics.seen import CLUSTERS
from market_assets.core.models.fitted import predict_rows
from market_assets.core.models.fold_fit import split_calibration
from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.chain import apply_chain, fit_chain, unwrap
from market_assets.core.validity.holdout import rows_of
from market_assets.definitions import build
from market_assets.governance.scoring import score_rows
from market_assets.resources.compute import ComputeResource
from market_assets_tests.worlds import CLEAN_AT, World, document, reopened, write_experiments

LEVELS = ["ret_60", "std_20", "skew_60"]
CHANGED = document(
    name="changed",
    normalization={"kind": "zscore", "window": 60, "least": 20, "families": ["technical"], "leave": LEVELS},
    transforms=[
        {"kind": "winsorize"},
        {"kind": "clusters", "columns": LEVELS, "clusters": 3},
        {"kind": "select"},
        {"kind": "standard"},
    ],
    folds={"walk_forward": {"folds": 3}, "combinatorial": {"groups": 3, "test_groups": 1}},
    models={"lightgbm": {"rounds": 20}},
)
FOLDS = 3 + 3


def test_a_champion_behind_transforms_is_rebuilt_and_scores_alone(world: World, near: None, tmp_path: Path) -> None:
    """Every fold model and the champion carry their transforms; payload, replay and bundle agree to the byte."""
    write_experiments(world.settings.experiments, CHANGED)
    other = reopened(world)
    snapshot_id = other.snapshot(CLEAN_AT)
    last = other.run(snapshot_id, name="changed")[-1]
    assert last.success, (last.failures, last.failed_checks)
    experiment = other.experiments["changed"]
    compute = compute_for(experiment, ComputeResource(device="cpu", workers=1))
    data = load_training_set(other.warehouse, other.artifacts, snapshot_id, "changed")
    plan = load_fold_plan(other.warehouse, snapshot_id, "changed")
    panel = load_panel(other.warehouse, other.warehouse.snapshots.get(snapshot_id))
    assert rows_of(panel, recipe_of(experiment)).content_hash() == data.content_hash(), "a holdout makes the same rows"

    records = other.warehouse.fits.list(snapshot_id, "changed")
    fits = current_fits(records, experiment, "lightgbm", data, plan, compute)
    assert len(fits) == FOLDS
    states = set()
    for name, record in fits.items():
        payload = other.artifacts.store.get(record.artifact)
        chain, _ = unwrap(payload)
        states.add(chain[0].transform.to_bytes(chain[0].state))
        rows, _ = split_calibration(data, plan.fold(name).train_rows(data), experiment.calibration)
        again, _ = fit_chain(Rows.of(data, rows), experiment.transforms[:1], 0)
        assert again[0].transform.to_bytes(again[0].state) == chain[0].transform.to_bytes(chain[0].state)
        assert np.array_equal(predict_rows("lightgbm", payload, data, record.rows, compute), record.raw)
    assert len(states) == FOLDS, "each fold has transforms of its own"

    bundle = champion_bundle(other.governance, "changed")
    assert bundle.model_name == "model.chain"
    fit = refit_family(experiment, "lightgbm", data, compute)
    assert bundle.model == fit.payload
    every = np.arange(data.n_rows)
    raw = predict_rows("lightgbm", fit.payload, data, every, compute)
    assert np.array_equal(score_rows(bundle, data, every, compute), fit.calibrator.apply(raw))
    columns = apply_chain(unwrap(bundle.model)[0], Rows.of(data, every)).names
    assert {f"behaviour_cluster_{k}" for k in range(3)} <= set(columns)

    importance = other.warehouse.reports.latest(IMPORTANCE_KIND, snapshot_id, "changed")
    assert importance is not None
    shown = {one["name"]: one["family"] for one in importance.payload["features"]}
    assert shown.pop(CLUSTERS) == "clusters"
    assert set(shown) <= set(data.feature_names)
    assert importance.payload["families"]["lightgbm"]["cause"] == ""

    settings = replace(other.settings, home=tmp_path / "replay")
    found = replay(build, settings, other.warehouse, bundle)
    assert [item.what for item in found if not item.equal] == []
    assert {item.what for item in found} >= {"training set", "model", "calibrator"}
