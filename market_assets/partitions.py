"""The four partition dimensions, their products, and the codec of two-part keys. Nothing else."""

from __future__ import annotations

import dagster as dg

SYMBOL = dg.DynamicPartitionsDefinition(name="symbol")
"""One key a symbol, for every layer. A retired symbol keeps its key (tombstone in the warehouse)."""

SERIES = dg.DynamicPartitionsDefinition(name="series")
"""One key a side series, such as ``funding_rate``."""

SNAPSHOT = dg.DynamicPartitionsDefinition(name="snapshot")
"""One key a snapshot: ``YYYYMMDD-<first 12 hex of its content hash>``."""

SNAPSHOT_SYMBOL = dg.MultiPartitionsDefinition({"snapshot": SNAPSHOT, "symbol": SYMBOL})


def snapshot_by_fold(folds: tuple[str, ...]) -> dg.MultiPartitionsDefinition:
    """Snapshot x fold; fold keys are static, from the experiment's fold plan."""
    return dg.MultiPartitionsDefinition({"fold": dg.StaticPartitionsDefinition(folds), "snapshot": SNAPSHOT})


def key_of(**parts: str) -> dg.MultiPartitionKey:
    """Two-part key; Dagster orders the text by dimension name."""
    return dg.MultiPartitionKey(parts)


def part(key: str, dimension: str) -> str:
    """Value of one dimension of a two-part key.

    Raises
    ------
    TypeError
        when the key has one part only.
    """
    if not isinstance(key, dg.MultiPartitionKey):
        raise TypeError(f"partition key {key!r} has no dimension {dimension!r}")
    return key.keys_by_dimension[dimension]


def from_snapshot() -> dg.MultiToSingleDimensionPartitionMapping:
    """Edge between a snapshot layer and one of its products, in either direction."""
    return dg.MultiToSingleDimensionPartitionMapping("snapshot")
