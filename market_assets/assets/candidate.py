"""The walk-forward folds of a candidate that was judged: what reports on demand start from."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg

from market_assets.assets.backtest import load_returns
from market_assets.assets.fold_models import FoldWork, outstanding
from market_assets.assets.panel import load_panel
from market_assets.assets.training import load_fold_plan
from market_assets.core.compute import Compute
from market_assets.core.folds.spec import walk_forward_keys
from market_assets.core.gates.collect import best_candidate
from market_assets.core.market.adjust import adjust
from market_assets.core.market.grid import to_grid
from market_assets.core.validity.refits import Candidate
from market_assets.experiments.spec import Experiment
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.warehouse import Warehouse


def judged_work(
    warehouse: Warehouse,
    artifacts: Artifacts,
    experiment: Experiment,
    snapshot_id: str,
    compute: Compute,
    family: str | None = None,
) -> FoldWork:
    """Walk-forward folds of a family, by default the best one; its stored fits must be those of today's file."""
    chosen = family or best_candidate(load_returns(warehouse, artifacts, snapshot_id, experiment.name))
    if chosen is None:
        raise dg.Failure(
            f"no candidate of snapshot {snapshot_id} has a Sharpe ratio; there is nothing to start from",
            allow_retries=False,
        )
    names = list(walk_forward_keys(experiment.folds))
    work = outstanding(warehouse, artifacts, experiment, chosen, snapshot_id, names, compute)
    if work.folds:
        raise dg.Failure(
            f"{chosen} fits of {len(work.folds)} walk-forward folds are missing or older than the code or spec; "
            "materialize its fold models and what follows",
            allow_retries=False,
        )
    plan = load_fold_plan(warehouse, snapshot_id, experiment.name)
    return replace(work, folds={name: plan.fold(name) for name in names})


def candidate_of(warehouse: Warehouse, work: FoldWork) -> Candidate:
    """The candidate as it was fitted and traded, to be refitted."""
    experiment = work.experiment
    panel = load_panel(warehouse, warehouse.snapshots.get(work.snapshot_id))
    return Candidate(
        family=work.family,
        params=dict(experiment.models[work.family]),
        weights=experiment.weights,
        calibration=experiment.calibration,
        portfolio=experiment.portfolio,
        costs=experiment.costs,
        periods_per_year=experiment.evaluation.periods_per_year,
        grid=to_grid(adjust(panel.select(work.data.symbols))),
        data=work.data,
        plan=load_fold_plan(warehouse, work.snapshot_id, experiment.name),
        compute=work.compute,
        transforms=experiment.transforms,
    )
