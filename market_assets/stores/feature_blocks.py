"""Blocks of feature rows: which chunks, in the order of time, are the rows of one symbol in one snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.stores.feature_chunks import Chunked
from market_assets.stores.feature_lookup import beginnings

# the content hash is that of ``block_hash``, over the chunks' own hashes
_ADD = """
INSERT INTO feature_block (snapshot_id, family, symbol, version, names, fingerprint, rows, content_hash, chunks)
SELECT %(snapshot_id)s, %(family)s, block.symbol, %(version)s, %(names)s, block.fingerprint, held.rows,
    encode(sha256(held.hashes::bytea), 'hex'), held.chunks
FROM unnest(%(symbols)s::text[], %(fingerprints)s::text[], %(starts)s::int8[], %(counts)s::int8[])
    AS block (symbol, fingerprint, start, count)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(c.rows), 0) AS rows, coalesce(string_agg(c.content_hash, '' ORDER BY place), '') AS hashes,
        coalesce(array_agg(c.chunk ORDER BY place), '{}') AS chunks
    FROM unnest((%(chunks)s::int8[])[block.start + 1:block.start + block.count]) WITH ORDINALITY AS used (chunk, place)
    JOIN feature_chunk c ON c.chunk = used.chunk
) AS held
RETURNING symbol, content_hash, cardinality(chunks)
"""


@dataclass(frozen=True)
class Heading:
    """What the blocks of one write have in common."""

    snapshot_id: str
    family: str
    version: str
    names: tuple[str, ...]


def taken_over(
    connection: psycopg.Connection, family: str, symbols: Mapping[str, Chunked]
) -> dict[str, NDArray[np.int64]]:
    """The stored chunks that come before those given, by symbol; a symbol is left out when they are not all there."""
    found = beginnings(connection, family, {name: item.after for name, item in symbols.items() if item.after})
    nothing = np.empty(0, np.int64)
    return {name: nothing for name, item in symbols.items() if item.after is None} | found


def add_blocks(
    connection: psycopg.Connection,
    heading: Heading,
    fingerprints: Mapping[str, str],
    chunks: Mapping[str, NDArray[np.int64]],
) -> dict[str, str]:
    """Store blocks by the chunks they are made of, by symbol; content hash by symbol.

    Raises
    ------
    IntegrityError
        when one of the chunks is not stored.
    """
    counts = np.array([len(held) for held in chunks.values()], np.int64)
    parameters = {
        **vars(heading),
        "names": list(heading.names),
        "symbols": list(chunks),
        "fingerprints": [fingerprints[symbol] for symbol in chunks],
        "starts": np.cumsum(counts) - counts,
        "counts": counts,
        "chunks": np.concatenate(list(chunks.values())),
    }
    hashes = {}
    for symbol, content_hash, held in connection.execute(_ADD, parameters):
        if held != len(chunks[symbol]):
            raise IntegrityError(
                f"features of {symbol} ({heading.family}): {len(chunks[symbol]) - held} chunks of its block are not "
                "stored; delete the blocks that hold them and run again"
            )
        hashes[symbol] = content_hash
    return hashes
