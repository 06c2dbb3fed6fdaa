"""Blocks of feature rows: which chunks, in the order of time, are the rows of one symbol in one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from market_assets.stores.chunk_lookup import beginnings
from market_assets.stores.chunk_table import NOTHING, Beginning, Stored, block_hash
from market_assets.stores.feature_chunks import CHUNKS, Chunked

_ADD = """
INSERT INTO feature_block (snapshot_id, family, symbol, version, names, fingerprint, rows, content_hash, chunks)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Heading:
    """What the blocks of one write have in common."""

    snapshot_id: str
    family: str
    version: str
    names: tuple[str, ...]


def taken_over(connection: psycopg.Connection, family: str, symbols: Mapping[str, Chunked]) -> dict[str, Beginning]:
    """The stored chunks that come before those given, by symbol; a symbol is left out when they are not there."""
    found = beginnings(connection, CHUNKS, family, {name: item.after for name, item in symbols.items() if item.after})
    return {name: NOTHING for name, item in symbols.items() if item.after is None} | found


def add_blocks(
    connection: psycopg.Connection,
    heading: Heading,
    fingerprints: Mapping[str, str],
    blocks: Mapping[str, tuple[Beginning, Sequence[Stored]]],
) -> dict[str, str]:
    """Store blocks by the chunks they begin with and those that follow, by symbol; content hash by symbol."""
    rows, hashes = [], {}
    for symbol, (begin, following) in blocks.items():
        last = following[-1] if following else begin.last
        count, hashes[symbol] = (last.until_rows, last.until_hash) if last else (0, block_hash([]))
        chunks = np.concatenate([begin.chunks, np.array([one.chunk for one in following], np.int64)])
        key = (heading.snapshot_id, heading.family, symbol, heading.version, list(heading.names), fingerprints[symbol])
        rows.append((*key, count, hashes[symbol], chunks))
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, rows)
    return hashes
