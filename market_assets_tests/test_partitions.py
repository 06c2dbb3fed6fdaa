"""Partition keys: their order, their parts, their edges."""

import dagster as dg
import pytest

from market_assets.partitions import SNAPSHOT, SNAPSHOT_SYMBOL, SYMBOL, from_snapshot, key_of, part, snapshot_by_fold


def test_keys_are_ordered_by_the_name_of_the_dimension() -> None:
    """``fold|snapshot`` and ``snapshot|symbol``, whatever order they are given in."""
    assert str(key_of(symbol="BRK.B", snapshot="20180101-abc")) == "20180101-abc|BRK.B"
    assert str(key_of(snapshot="20180101-abc", fold="cp00")) == "cp00|20180101-abc"


def test_parts_of_a_key_come_back() -> None:
    """Each dimension by its name; a key of one part is a type error that names it."""
    key = key_of(snapshot="20180101-abc", fold="wf01")
    assert (part(key, "snapshot"), part(key, "fold")) == ("20180101-abc", "wf01")
    with pytest.raises(TypeError, match="'plain' has no dimension 'fold'"):
        part("plain", "fold")


def test_dimensions_are_shared() -> None:
    """Every product uses the same snapshot dimension: two of them would be unrelated to Dagster."""
    folds = snapshot_by_fold(("wf00", "cp00"))
    for product in (SNAPSHOT_SYMBOL, folds):
        parts = {item.name: item.partitions_def for item in product.partitions_defs}
        assert parts["snapshot"] is SNAPSHOT
    assert {item.name for item in SNAPSHOT_SYMBOL.partitions_defs} == {SNAPSHOT.name, SYMBOL.name}


def test_an_edge_maps_a_snapshot_to_its_cells() -> None:
    """From products to the snapshot layer: all cells of the snapshot, none of another."""
    folds = snapshot_by_fold(("wf00", "cp00"))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("snapshot", ["one", "two"])
        wanted = SNAPSHOT.subset_with_partition_keys(["one"])
        found = from_snapshot().get_upstream_mapped_partitions_result_for_partitions(
            wanted, SNAPSHOT, folds, dynamic_partitions_store=instance
        )
        assert set(found.partitions_subset.get_partition_keys()) == {"wf00|one", "cp00|one"}
