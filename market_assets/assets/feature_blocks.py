"""Storing one family for one snapshot: the months it shares with earlier snapshots are kept, the rest is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from market_assets.assets.display import rounded
from market_assets.assets.panel import load_panel
from market_assets.core.features.base import Family
from market_assets.core.features.chunks import Prefixes, chunks_of
from market_assets.core.features.since import compute_since
from market_assets.core.identity import fingerprint
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Floats, Panel
from market_assets.resources.warehouse import Warehouse
from market_assets.stores.chunk_table import Place
from market_assets.stores.feature_chunks import Chunked
from market_assets.stores.features import WRITE_BYTES
from market_assets.stores.recent import Recent
from market_assets.stores.snapshots import SnapshotManifest

_prefixes: Recent[Prefixes] = Recent(keep=2)


@dataclass
class Stored:
    """What storing a family did: rows of the blocks written, rows computed for them, and facts by symbol."""

    rows: int = 0
    rows_computed: int = 0
    symbols: dict[str, dict[str, float]] = field(default_factory=dict)


def feature_fingerprint(content_hash: str, family: Family, symbol: str) -> str:
    """Wanted identity of one stored block: snapshot rows, family version, symbol."""
    return fingerprint(snapshot=content_hash, family=family.name, version=family.version, symbol=symbol)


def store_family(warehouse: Warehouse, manifest: SnapshotManifest, family: Family, symbols: Sequence[str]) -> Stored:
    """Compute and write what is not stored yet of a family; bytes are those of a computation of everything.

    Symbols are written some at a time, each time in a transaction of its own: a run that was stopped goes on where it
    was, and memory is bounded by the largest family that needs all symbols at once.
    """
    snapshot_id, wanted = manifest.snapshot_id, {}
    there = warehouse.features.fingerprints(snapshot_id, family.name)
    for name in symbols:
        value = feature_fingerprint(manifest.content_hash, family, name)
        if there.get(name) != value:
            wanted[name] = value
    result = Stored()
    if not wanted:
        return result
    panel = load_panel(warehouse, manifest)
    prefixes = _prefixes.get(manifest.content_hash, lambda: Prefixes.of(panel))
    chunks = {name: found for name, found in chunks_of(family, panel, prefixes).items() if name in wanted}
    kept = warehouse.features.leading(family.name, chunks)
    first = panel.offsets[1:].copy()
    for index, name in enumerate(panel.symbols):
        if name in wanted and kept[name] < len(chunks[name]):
            first[index] = chunks[name][kept[name]].start
    for batch in _batches(family, panel, first, [i for i, name in enumerate(panel.symbols) if name in wanted]):
        blocks = {}
        for index, values in batch:
            name = panel.symbols[index]
            new, count = chunks[name][kept[name] :], int(panel.offsets[index + 1] - panel.offsets[index])
            blocks[name] = Chunked(
                after=Place(kept[name], chunks[name][kept[name] - 1].key) if kept[name] else None,
                keys=tuple(one.key for one in new),
                sizes=tuple(one.stop - one.start for one in new),
                ts=panel.ts[first[index] : panel.offsets[index + 1]],
                values=values,
            )
            result.rows += count
            result.rows_computed += len(values)
            result.symbols[name] = _facts(count, values)
        prints = {name: wanted[name] for name in blocks}
        warehouse.features.write(snapshot_id, family.name, family.version, family.names, prints, blocks)
    return result


def _batches(
    family: Family, panel: Panel, first: NDArray[np.int64], indices: Sequence[int]
) -> Iterator[list[tuple[int, Floats]]]:
    """Values from row ``first`` on of the symbols numbered ``indices``, some symbols at a time.

    A family that treats every symbol by itself is computed for those symbols only; another one once, for all.
    """
    adjusted = adjust(panel)
    whole = None if family.per_symbol else compute_since(family, adjusted, first)
    ends = np.cumsum(panel.offsets[1:] - first)
    for batch in _groups(panel.offsets[1:] - first, 8 * len(family.names), indices):
        counts = [int(panel.offsets[index + 1] - first[index]) for index in batch]
        if whole is not None:
            yield [(i, whole[ends[i] - count : ends[i]]) for i, count in zip(batch, counts, strict=True)]
            continue
        some = adjusted.select([panel.symbols[index] for index in batch])
        values = compute_since(family, some, some.offsets[1:] - np.array(counts))
        yield list(zip(batch, np.split(values, np.cumsum(counts)[:-1]), strict=True))


def _groups(rows: NDArray[np.int64], row_bytes: int, indices: Sequence[int]) -> Iterator[list[int]]:
    """Runs of ``indices`` with at most ``WRITE_BYTES`` of values, or one symbol."""
    group, size = list[int](), 0
    for index in indices:
        more = int(rows[index]) * row_bytes
        if group and size + more > WRITE_BYTES:
            yield group
            group, size = [], 0
        group.append(index)
        size += more
    if group:
        yield group


def _facts(rows: int, computed: Floats) -> dict[str, float]:
    """What the page of one symbol shows; the share counts the rows computed now."""
    facts: dict[str, float] = {"rows": rows, "rows_computed": len(computed)}
    if computed.size:
        facts["missing_share"] = rounded(float(np.isnan(computed).mean()))
    return facts
