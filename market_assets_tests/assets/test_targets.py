"""Declared targets and meta-labels as assets: what is stored is what the core says, and nothing else moves."""

from pathlib import Path

import numpy as np
import pytest

from market_assets.assets import keys
from market_assets.assets.meta_labels import KIND, side_cost_bp
from market_assets.assets.panel import load_panel
from market_assets.assets.predictions import load_out_of_fold
from market_assets.assets.targets import load_target
from market_assets.automation.drive import run_layers
from market_assets.automation.layers import meta_layer, target_layers
from market_assets.core.labels.meta_set import MetaSet
from market_assets.core.labels.registry import make_target
from market_assets.core.market.adjust import adjust
from market_assets.definitions import build
from market_assets.partitions import key_of
from market_assets.settings import Settings
from market_assets_tests.worlds import CLEAN_AT, TINY, World, document, failures, reopened, write_experiments

TARGETS = {
    "next_day": {"kind": "direction"},
    "risk": {"kind": "volatility", "horizon": 5},
    "regime": {"kind": "future_regime", "horizon": 5},
    "long_barrier": {"kind": "triple_barrier", "holding": 20, "volatility": "ewm", "cost_bp": 10.0},
}


def test_declared_targets_are_stored_as_the_core_makes_them(world: World) -> None:
    """One run fills all targets of all symbols: values, missing ones and intervals; a second run computes nothing."""
    write_experiments(world.settings.experiments, document(targets=TARGETS))
    other, clean = reopened(world), world.snapshot(CLEAN_AT)
    manifest = world.warehouse.snapshots.get(clean)
    layers = target_layers(clean, manifest.symbols, world.symbols, other.tiny)
    (run,) = run_layers(other.job, other.instance, layers)
    assert run.success, run.failures
    panel = adjust(load_panel(world.warehouse, manifest))
    for name, spec in other.tiny.targets.items():
        found, wanted = load_target(other.warehouse, manifest, other.tiny, name), make_target(panel, spec)
        for field in ("defined", "value", "t0", "t1"):
            np.testing.assert_array_equal(getattr(found, field), getattr(wanted, field), err_msg=name)
    cell = key_of(snapshot=clean, symbol=manifest.symbols[0])
    for name, shown in (("next_day", "share_-1"), ("risk", "median")):
        event = other.instance.get_latest_data_version_record(keys.target("tiny", name), partition_key=cell)
        assert {"defined_rows", shown} <= set(event.asset_materialization.metadata)
    again = other.materialize(keys.target("tiny", "risk"), cell)
    (event,) = again.get_asset_materialization_events()
    assert event.step_materialization_data.materialization.metadata["symbols_computed"].value == 0


def test_a_changed_spec_makes_the_stored_target_stale(world: World) -> None:
    """Reading refuses by name what was made under another spec."""
    write_experiments(world.settings.experiments, document(targets=TARGETS))
    other, clean = reopened(world), world.snapshot(CLEAN_AT)
    manifest = world.warehouse.snapshots.get(clean)
    with pytest.raises(Exception, match="target risk of 8 symbols are missing or older"):
        load_target(other.warehouse, manifest, other.tiny, "risk")


def test_a_target_changes_no_code_version_but_its_own(tmp_path: Path) -> None:
    """The chain from labels to champion is the same with other targets beside it."""
    found = []
    for number, horizon in enumerate((5, 6)):
        targets = {"next_day": {"kind": "direction"}, "risk": {"kind": "volatility", "horizon": horizon}}
        folder = write_experiments(tmp_path / str(number), {**TINY, "targets": targets})
        graph = build(Settings(home=tmp_path, experiments=folder)).resolve_asset_graph()
        found.append({node.key: node.code_version for node in graph.asset_nodes})
    assert {key for key in found[0] if found[0][key] != found[1][key]} == {keys.target("tiny", "risk")}


def test_meta_labels_of_the_walk_forward_forecasts(world: World) -> None:
    """Every family has its trades on the side of its forecast, each with its interval, net of costs."""
    clean = world.snapshot(CLEAN_AT)
    (run,) = run_layers(world.job, world.instance, [meta_layer(clean, world.tiny)])
    assert run.success, run.failures
    payload = world.warehouse.reports.latest(KIND, clean, "tiny").payload
    forecasts = load_out_of_fold(world.warehouse, world.artifacts, clean, "tiny")
    assert set(payload["artifacts"]) == set(forecasts) == set(TINY["models"])
    assert payload["cost_bp"] == side_cost_bp(world.tiny) > 0
    for family, part in forecasts.items():
        found = MetaSet.from_bytes(world.artifacts.store.get(payload["artifacts"][family]))
        known = part.walk_forward[~np.isnan(part.walk_forward)]
        rates = payload["rates"][family]["overall"]
        assert rates["all"]["trades"] == found.row.size <= np.sum(known != 0.5)
        assert rates["long"]["trades"] <= np.sum(known > 0.5)
        np.testing.assert_array_equal(found.label, found.ret > 0)
        assert np.all(found.t0 < found.t1)
        assert rates["all"]["worth_taking"] > 0.5, "the planted edge pays"


def test_meta_labels_without_forecasts_say_what_is_missing(fresh_world: World) -> None:
    """Before the chain has run there is nothing to ask about."""
    result = fresh_world.materialize(keys.meta_labels("tiny"), fresh_world.snapshot(CLEAN_AT))
    assert "materialize it first" in failures(result)[0]
