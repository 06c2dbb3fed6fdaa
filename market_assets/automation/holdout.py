"""Hold a registered model against a sealed range, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import TypeAdapter

from market_assets.assets.seeding import compute_for
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.panel import Floats, Panel
from market_assets.core.validity.card import make_card
from market_assets.core.validity.holdout import Recipe, trade_holdout
from market_assets.experiments.spec import Experiment
from market_assets.governance.bundle import Bundle
from market_assets.governance.scoring import score_rows
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.database import Database
from market_assets.stores.side import SideStore

KIND = "holdout"


def as_known(frame: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """The latest version of every bar that was known before ``at``: what was restated later had not happened yet."""
    known = frame.filter(pl.col("known_at") < at)
    return known.sort("symbol", "ts", "known_at").unique(["symbol", "ts"], keep="last", maintain_order=True)


def recipe_of(experiment: Experiment) -> Recipe:
    """How an experiment makes and trades its rows."""
    return Recipe(
        experiment.features,
        experiment.label,
        experiment.weights,
        experiment.warmup,
        experiment.portfolio,
        experiment.costs,
        experiment.normalization,
    )


def judge_holdout(
    warehouse: Warehouse,
    governance: Governance,
    owner: Database,
    bundle: Bundle,
    seal_name: str,
    compute: ComputeResource,
    actor: str,
    at: datetime,
) -> dict[str, Any]:
    """Open a holdout for a model, trade it, and store the report; everything but the bars comes from its bundle.

    Raises
    ------
    HoldoutSpentError
        when this model was held against it before.
    """
    manifest = bundle.manifest
    experiment = TypeAdapter(Experiment).validate_python(manifest.experiment_document["experiment"])
    holdouts = governance.holdouts()
    seal = holdouts.find(seal_name)
    members = warehouse.snapshots.get(manifest.snapshot_id).symbols
    records = {record.symbol: record for record in warehouse.symbols.all(include_retired=True)}
    frame = holdouts.open(owner, seal_name, manifest.model_version, actor, at)
    bars = Panel.from_frame(
        as_known(frame.filter(pl.col("symbol").is_in(members)), seal.until_ts),
        sectors={name: records[name].sector for name in members},
        kinds={name: records[name].kind for name in members},
    )
    # the opening above is recorded; what the owner may read of side series ends with the range
    store = SideStore(owner)
    known = seal.until_ts - timedelta(microseconds=1)
    panel = replace(bars, side=store.as_of(known, members, store.last_row()))
    settings = compute_for(experiment, compute)

    def predict(data: TrainingSet, rows: NDArray[np.bool_]) -> Floats:
        return score_rows(bundle, data, rows, settings)

    run = trade_holdout(panel, recipe_of(experiment), predict, np.datetime64(seal.from_ts.replace(tzinfo=None), "us"))
    card = make_card("holdout", seal_name, run.net, experiment.validity.cards, experiment.seed)
    payload = {
        "seal": seal_name,
        "from": seal.from_ts.isoformat(),
        "until": seal.until_ts.isoformat(),
        "model_version": manifest.model_version,
        "walk_forward_sharpe": manifest.metrics.get("sharpe"),
        "card": card.to_payload(),
    }
    warehouse.reports.put(KIND, manifest.snapshot_id, experiment.name, payload)
    return payload
