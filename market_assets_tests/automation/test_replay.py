"""Replay: a champion rebuilt from its manifest over restored rows, compared byte for byte."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from market_assets.assets.crown import champion_bundle
from market_assets.automation.replay import replay
from market_assets.core.errors import IntegrityError
from market_assets.definitions import build
from market_assets_tests.worlds import CLEAN_AT, TINY_FOLDS, World


def test_every_byte_is_rebuilt(done_world: World, tmp_path: Path) -> None:
    """In a new state folder with a server of its own: snapshot, training set, plan, champion and every fold model."""
    bundle = champion_bundle(done_world.governance, "tiny")
    settings = replace(done_world.settings, home=tmp_path / "replay")
    found = replay(build, settings, done_world.warehouse, bundle, full=True)
    assert [item.what for item in found if not item.equal] == []
    named = {item.what for item in found}
    assert {"snapshot rows", "training set", "fold plan", "model", "calibrator"} <= named
    assert {f"fold model {family} {fold}" for family in ("elastic_net", "lightgbm") for fold in TINY_FOLDS} <= named
    assert len(named) == 5 + 2 * len(TINY_FOLDS)
    assert list((tmp_path / "replay").iterdir()) == [], "nothing is left behind"


def test_another_seed_is_seen(done_world: World, near: None, tmp_path: Path) -> None:
    """A manifest that names another seed gives other boosted trees; the linear model, which draws nothing, is equal."""
    bundle = champion_bundle(done_world.governance, "tiny")
    document = bundle.manifest.experiment_document
    other = {**document, "experiment": {**document["experiment"], "seed": 8}}
    changed = replace(bundle, manifest=replace(bundle.manifest, experiment_document=other))
    settings = replace(done_world.settings, home=tmp_path / "replay")
    found = replay(build, settings, done_world.warehouse, changed, full=True)
    differing = {item.what for item in found if not item.equal}
    trees = {f"fold model lightgbm {fold}" for fold in TINY_FOLDS}
    assert trees <= differing
    assert not {item for item in differing if "elastic_net" in item}


def test_an_altered_bar_is_seen(world: World, near: None, tmp_path: Path) -> None:
    """One close that was slipped into the store, back-dated before the snapshot, ends the replay with both hashes."""
    bundle = champion_bundle(world.governance, "tiny")
    bars = world.warehouse.bars.as_of(CLEAN_AT, [world.symbols[0]])
    slipped = bars.tail(1).with_columns(
        known_at=pl.col("ts") + timedelta(minutes=1), high=pl.col("high") * 1.01, close=pl.col("high") * 1.01
    )
    assert world.warehouse.bars.append(slipped, CLEAN_AT).revised == 1
    settings = replace(world.settings, home=tmp_path / "replay")
    with pytest.raises(IntegrityError, match="are not those of the manifest"):
        replay(build, settings, world.warehouse, bundle)


def test_a_layer_that_fails_ends_the_replay(done_world: World, near: None, tmp_path: Path) -> None:
    """A manifest whose quality policy the data do not meet stops at the gate, and says so."""
    bundle = champion_bundle(done_world.governance, "tiny")
    document = bundle.manifest.experiment_document
    policy = {**document["data_policy"], "quality_gate": {"max_failed_symbols": 0.0, "min_symbols": 99}}
    strict = replace(bundle, manifest=replace(bundle.manifest, experiment_document={**document, "data_policy": policy}))
    settings = replace(done_world.settings, home=tmp_path / "replay")
    with pytest.raises(IntegrityError, match="stopped at training"):
        replay(build, settings, done_world.warehouse, strict)
