"""The ledger of chunks: numbered and recorded when they are written, and their rows counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import psycopg

from market_assets.core.errors import IntegrityError
from market_assets.stores.chunk_table import Beginning, ChunkTable, Entry, Stored, block_hash

_NUMBERS = "SELECT nextval(pg_get_serial_sequence(%s, 'chunk')) FROM generate_series(1, %s)"
_COPY = """
COPY {chunk} (chunk, {axis}, symbol, key, first_ts, last_ts, rows, content_hash, until_rows, until_hash) FROM STDIN
"""
_COUNT = "SELECT chunk, count(*) FROM {row} WHERE chunk = ANY(%s) GROUP BY chunk"


def record(
    connection: psycopg.Connection,
    table: ChunkTable,
    name: str,
    symbols: Mapping[str, tuple[Beginning, Sequence[Entry]]],
    known: Mapping[str, Stored],
) -> dict[str, tuple[Stored, ...]]:
    """Number the chunks that are not ``known``, and write their lines; all of them by symbol, in the order given.

    Parameters
    ----------
    symbols : by symbol what is stored of it, and the chunks that follow.
    known : chunks that are stored, by key.
    """
    total = sum(entry.key not in known for _, entries in symbols.values() for entry in entries)
    numbers = iter([row[0] for row in connection.execute(_NUMBERS, (f"{table.rows}_chunk", total))])
    lines, found = [], {}
    for symbol, (begin, entries) in symbols.items():
        last, chunks = begin.last, list[Stored]()
        for entry in entries:
            before, last = last, known.get(entry.key)
            if last is None:
                rows, digest = (0, "") if before is None else (before.until_rows, before.until_hash)
                last = Stored(next(numbers), rows + entry.rows, block_hash([entry.content_hash], digest))
                times = (f"{entry.first}Z", f"{entry.last}Z")
                lines.append((last.chunk, name, symbol, entry.key, *times, entry.rows, entry.content_hash, *last[1:]))
            chunks.append(last)
        found[symbol] = tuple(chunks)
    with connection.cursor() as cursor, cursor.copy(table.named(_COPY)) as copy:
        for line in lines:
            copy.write_row(line)
    return found


def verify(connection: psycopg.Connection, table: ChunkTable, expected: Mapping[int, int]) -> None:
    """Count the rows just written, by chunk, in the writing transaction.

    Raises
    ------
    IntegrityError
        when a chunk has another number of rows; nothing is committed then.
    """
    query = table.named(_COUNT)
    found = dict(connection.execute(query, (np.array(list(expected), np.int64),)).fetchall())
    for chunk, rows in expected.items():
        if found.get(chunk, 0) != rows:
            raise IntegrityError(f"{table.rows} chunk {chunk}: wrote {rows} rows, found {found.get(chunk, 0)}")
