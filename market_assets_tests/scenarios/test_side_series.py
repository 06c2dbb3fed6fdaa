"""Side series from a file to features: snapshots keep what they hold, the proof and the locks know what is absent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from market_assets.assets import keys, leakage
from market_assets.assets.locks import leakage_verdict
from market_assets.assets.panel import load_panel
from market_assets.assets.snapshot import cut_snapshot
from market_assets.automation.drive import run_layers
from market_assets.automation.jobs import register_series
from market_assets.automation.layers import side_layers
from market_assets.automation.replay import restore
from market_assets.core.errors import BadInputError
from market_assets.core.features.registry import FAMILIES
from market_assets.partitions import SERIES, key_of
from market_assets.resources.clock import Clock
from market_assets.resources.warehouse import Warehouse
from market_assets.services.embedded import Services
from market_assets_tests.worlds import (
    CLEAN_AT,
    World,
    document,
    failures,
    fresh_database,
    reopened,
    write_experiments,
)

FAMILY = "implied_volatility"
NAMES = {"VIX": "vix", "VIX3M": "vix3m", "VVIX": "vvix"}


def write_series(world: World, path: Path, seed: int = 0) -> dict[str, Any]:
    """Daily closes of three indices over the world's sessions; returns the source's configuration."""
    sessions, _ = load_panel(world.warehouse, world.warehouse.snapshots.get(world.snapshot(CLEAN_AT))).sessions()
    rng = np.random.Generator(np.random.PCG64(seed))
    level = 20.0 * np.exp(np.cumsum(0.02 * rng.standard_normal((3, sessions.size)), axis=1))
    days = np.datetime_as_string(sessions, unit="D")
    lines = [f"{day},{name},{level[k, i]:.4f}" for k, name in enumerate(NAMES) for i, day in enumerate(days)]
    path.write_text("\n".join(["date,series,value", *lines]) + "\n")
    return {"kind": "side", "path": str(path), "names": NAMES, "delay_hours": 0.0}


def load(world: World, source: dict[str, Any]) -> None:
    """Register the series of a source and fetch them."""
    names = register_series(world.instance, world.warehouse, source, None)
    registered = world.instance.get_dynamic_partitions(str(SERIES.name))
    assert all(run.success for run in run_layers(world.job, world.instance, side_layers(names, registered)))


def test_from_a_file_to_a_proven_family(fresh_world: World, services: Services, tmp_path: Path) -> None:
    """Loaded, revised, cut, computed, proven and restored; what was cut before the loading stays as it was."""
    world = fresh_world
    before = world.warehouse.snapshots.get(world.snapshot(CLEAN_AT))
    source = write_series(world, tmp_path / "side.csv")
    load(world, source)
    assert set(world.instance.get_materialized_partitions(keys.SIDE_SERIES)) == set(NAMES.values())

    at = CLEAN_AT + timedelta(hours=1)
    snapshot_id = world.cut(at)
    manifest = world.warehouse.snapshots.get(snapshot_id)
    assert manifest.content_hash != before.content_hash
    assert (before.side_row, manifest.side_row) == (0, world.warehouse.side.last_row())
    panel = load_panel(world.warehouse, manifest)
    assert panel.side is not None
    assert panel.side.names == tuple(sorted(NAMES.values()))

    # a revision of all figures, learned now: both snapshots still give their rows
    write_series(world, tmp_path / "side.csv", seed=1)
    load(world, source)
    assert world.warehouse.side.last_row() == 2 * manifest.side_row
    for one in (before, manifest):
        again = load_panel(Warehouse(database_url=world.endpoints.database_url + "?application_name=again"), one)
        assert again.content_hash() == one.content_hash
    assert world.cut(at) == snapshot_id

    symbol = world.symbols[0]
    values = {}
    for name in (before.snapshot_id, snapshot_id):
        made = world.materialize(keys.features(FAMILY), key_of(snapshot=name, symbol=symbol))
        assert made.success, failures(made)
        values[name] = world.warehouse.features.read(name, FAMILY, (symbol,)).values
    assert np.isnan(values[before.snapshot_id]).all()
    late = values[snapshot_id][FAMILIES[FAMILY].lookback :]
    assert np.isfinite(late).all()

    for name, state in ((before.snapshot_id, "no data"), (snapshot_id, "proven")):
        assert world.materialize(keys.LEAKAGE_REPORT, name).success
        stored = world.warehouse.reports.latest(leakage.KIND, name)
        assert stored is not None
        states = {entry["family"]: entry["state"] for entry in stored.payload["families"]}
        assert states[FAMILY] == state
        assert states["derivatives"] == "no data"
        assert leakage_verdict(world.warehouse, name, world.policy).passed
        assert leakage_verdict(world.warehouse, name, world.policy, [FAMILY]).passed == (state == "proven")

    with fresh_database(services) as endpoints:
        target = Warehouse(database_url=endpoints.database_url)
        facts = {"as_of": at.isoformat(), "symbols": list(manifest.symbols), "side_row": manifest.side_row}
        restore(world.warehouse, target, SimpleNamespace(snapshot=facts))  # type: ignore[arg-type]
        governance = world.governance.model_copy(update={"database_url": endpoints.database_url})
        cut = cut_snapshot(target, governance, Clock(), at, manifest.symbols)
        assert cut.content_hash == manifest.content_hash


def test_an_experiment_cannot_use_what_is_absent(world: World) -> None:
    """An optional family without data and without an ablation: the training set is refused, also by hand."""
    clean = world.snapshot(CLEAN_AT)
    write_experiments(world.settings.experiments, document(features=["technical", "volatility", FAMILY]))
    world = reopened(world)
    result = world.materialize(keys.training_set("tiny"), clean)
    assert not result.success
    (text,) = failures(result)
    assert text.startswith(f"leakage gate refused snapshot {clean}")
    assert f"Family {FAMILY}" in text


def test_a_series_that_no_source_has_is_refused(fresh_world: World, tmp_path: Path) -> None:
    """Nothing is registered by a source that cannot be read, or for a name that it does not offer."""
    source = write_series(fresh_world, tmp_path / "side.csv")
    for bad, rule in (({**source, "path": str(tmp_path / "none.csv")}, "unreadable_file"), (source, "unknown_series")):
        with pytest.raises(BadInputError) as caught:
            register_series(fresh_world.instance, fresh_world.warehouse, bad, ["funding_rate"])
        assert caught.value.rule == rule
    assert fresh_world.warehouse.side.sources() == {}
    assert list(fresh_world.instance.get_dynamic_partitions(str(SERIES.name))) == []


def test_a_bad_file_stores_nothing(fresh_world: World, tmp_path: Path) -> None:
    """A later fault of the file fails the run by file, row and column, and the series keeps its rows."""
    path = tmp_path / "side.csv"
    load(fresh_world, write_series(fresh_world, path))
    held = fresh_world.warehouse.side.counts()
    path.write_text(path.read_text() + "2017-12-30,VIX,none\n")
    result = fresh_world.materialize(keys.SIDE_SERIES, "vix")
    assert not result.success
    (text,) = failures(result)
    assert all(part in text for part in ("side.csv", "row ", "column value"))
    assert fresh_world.warehouse.side.counts() == held


def test_the_job_registers_from_its_form(fresh_world: World, tmp_path: Path) -> None:
    """An operator's form: the series become partitions."""
    source = write_series(fresh_world, tmp_path / "side.csv")
    result = fresh_world.execute_job("register_side_series", {"source": source, "series": ["vix"]})
    assert result.success
    assert list(fresh_world.instance.get_dynamic_partitions(str(SERIES.name))) == ["vix"]
    assert fresh_world.warehouse.side.sources() == {"vix": source}
