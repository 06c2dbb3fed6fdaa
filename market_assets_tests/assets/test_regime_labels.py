"""Barriers by regime as the experiment's own label: the chain takes them, from labels to the backtest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydantic import TypeAdapter

from market_assets.assets import keys
from market_assets.assets.backtest import load_returns
from market_assets.assets.label_report import KIND, report_identity
from market_assets.assets.labels import load_labels
from market_assets.assets.panel import load_panel
from market_assets.assets.training import load_training_set
from market_assets.automation.drive import run_layer
from market_assets.automation.layers import Layer
from market_assets.core.folds.primary import panel_rows
from market_assets.core.labels.regimes import behaviour
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets_tests.worlds import CLEAN_AT, TINY, World, document, reopened, write_experiments

REGIMES = {"kind": "behaviour", "changes": {"trend": {"profit": 3.0, "holding": 12}}}
LABEL = {"kind": "triple_barrier", "holding": 5, "regimes": REGIMES}


def test_the_chain_takes_barriers_by_regime(world: World) -> None:
    """Labels, their gate, the intervals that folds purge by, and the account are made from them."""
    folds = {"walk_forward": {"folds": 2}, "combinatorial": {"groups": 3, "test_groups": 1}}
    write_experiments(world.settings.experiments, document(label=LABEL, models={"elastic_net": {}}, folds=folds))
    other, clean = reopened(world), world.snapshot(CLEAN_AT)
    assert replace(other.tiny.label, regimes=None) == TypeAdapter(LabelSpec).validate_python(TINY["label"])
    runs = other.run(clean, until="elastic_net")
    assert runs[-1].success, runs[-1].failures
    account = Layer("account", (keys.out_of_fold("tiny"), keys.backtest("tiny")), clean, clean)
    assert run_layer(other.job, other.instance, account).success

    manifest = other.warehouse.snapshots.get(clean)
    panel = adjust(load_panel(other.warehouse, manifest))
    stored = load_labels(other.warehouse, manifest, other.tiny, panel.symbols)
    wanted = triple_barrier(panel, other.tiny.label)
    assert stored.content_hash() == wanted.content_hash()
    assert other.warehouse.reports.latest(KIND, clean, "tiny").payload["identity"] == report_identity(other.tiny)
    data = load_training_set(other.warehouse, other.artifacts, clean, "tiny")
    rows = panel_rows(panel, data)
    np.testing.assert_array_equal(data.sessions[data.t1], wanted.end_ts[rows])
    long = data.t1 - data.t0 > 5
    trend = behaviour(panel).code[rows] == 1
    assert long.any()
    assert not (long & ~trend).any(), "only a trend is held longer than five sessions"
    returns = load_returns(other.warehouse, other.artifacts, clean, "tiny")
    assert returns.candidates == ("elastic_net",)
