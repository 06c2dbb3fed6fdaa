"""Feature diagnostics and importance in the graph: stored, linked, repeatable, and in nobody's way."""

import numpy as np

from market_assets.assets import keys
from market_assets.assets.diagnostics import FEATURES_KIND, IMPORTANCE_KIND
from market_assets.assets.training import load_training_set
from market_assets.core.features.registry import FAMILIES
from market_assets.core.models import arrays
from market_assets_tests.worlds import CLEAN_AT, TINY_FOLDS, World, failures


def test_every_feature_is_told_of(done_world: World) -> None:
    """One record a feature with its family; the planted edge is found; plots and tables are files of the store."""
    clean, names = done_world.snapshot(CLEAN_AT), done_world.tiny.features
    stored = done_world.warehouse.reports.latest(FEATURES_KIND, clean, "tiny")
    assert stored is not None
    data = load_training_set(done_world.warehouse, done_world.artifacts, clean, "tiny")
    assert stored.payload["data"] == data.content_hash()
    assert [one["name"] for one in stored.payload["features"]] == list(data.feature_names)
    assert {one["family"] for one in stored.payload["features"]} == set(names)
    for digest in stored.payload["plots"].values():
        assert done_world.artifacts.store.get(digest).startswith(b"<svg")


def test_importance_covers_every_family_and_fold(done_world: World) -> None:
    """Gain of each fold adds up to 1, shuffles are those of the first features, contributions are exact."""
    clean = done_world.snapshot(CLEAN_AT)
    stored = done_world.warehouse.reports.latest(IMPORTANCE_KIND, clean, "tiny")
    assert stored is not None
    meta, tables = arrays.decode(done_world.artifacts.store.get(stored.payload["tables"]))
    count = sum(len(FAMILIES[name].names) for name in done_world.tiny.features)
    assert len(meta["features"]) == count
    for family in done_world.tiny.models:
        gain = tables[f"{family}.gain"]
        assert gain.shape == (len(TINY_FOLDS), count)
        assert np.isclose(gain.sum(axis=1), 1.0).all()
        assert stored.payload["families"][family]["cause"] == ""
        assert tables[f"{family}.contribution"].shape == (3, count)


def test_the_same_snapshot_gives_the_same_bytes(world: World) -> None:
    """Materialized again by hand, both reports keep their hash, so no new row is stored."""
    clean = world.snapshot(CLEAN_AT)
    for key, kind in ((keys.feature_diagnostics("tiny"), FEATURES_KIND), (keys.importance("tiny"), IMPORTANCE_KIND)):
        result = world.materialize(key, clean)
        assert result.success, failures(result)
        assert len(world.warehouse.reports.history(kind, clean, "tiny")) == 1
        (event,) = result.get_asset_materialization_events()
        metadata = event.step_materialization_data.materialization.metadata
        assert {"flagged_features", "seconds"} <= set(metadata)
        assert any(name.startswith("plot_") for name in metadata)


def test_nothing_waits_for_them(done_world: World) -> None:
    """They are leaves of the graph and carry no check."""
    graph = done_world.definitions.resolve_asset_graph()
    for key in (keys.feature_diagnostics("tiny"), keys.importance("tiny")):
        assert not graph.get(key).child_keys
        assert not graph.get_check_keys_for_assets({key})
