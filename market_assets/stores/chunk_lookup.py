"""Looking up chunks: by their keys, and how far what is stored agrees with new blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import psycopg

from market_assets.stores.chunk_table import Beginning, ChunkTable, Place, Stored

# one look into the index a key, whatever the planner thinks of how many there are
_WANTED = """
FROM unnest(%(symbols)s::text[], %(numbers)s::int8[], %(keys)s::text[]) AS wanted (symbol, number, key)
CROSS JOIN LATERAL (
    SELECT chunk, until_rows, until_hash FROM {chunk}
    WHERE {axis} = %(name)s AND symbol = wanted.symbol AND key = wanted.key LIMIT 1) AS known
"""
# the newest block is the likeliest to hold it
_IN_A_BLOCK = """
CROSS JOIN LATERAL (
    SELECT chunks FROM {block}
    WHERE {axis} = %(name)s AND symbol = wanted.symbol AND chunks[wanted.number] = known.chunk
    ORDER BY recorded_at DESC LIMIT 1) AS block
"""
_KNOWN = f"SELECT wanted.key, known.chunk, known.until_rows, known.until_hash {_WANTED}"
_HELD = f"SELECT wanted.symbol, wanted.number {_WANTED} {_IN_A_BLOCK}"
_BEGINNINGS = f"""
SELECT wanted.symbol, known.chunk, known.until_rows, known.until_hash, block.chunks[1:wanted.number]
{_WANTED} {_IN_A_BLOCK}
"""


def known_chunks(
    connection: psycopg.Connection, table: ChunkTable, name: str, keys: Iterable[tuple[str, str]]
) -> dict[str, Stored]:
    """Chunks that are stored, by key, of given symbols and keys."""
    wanted = [(symbol, Place(0, key)) for symbol, key in keys]
    rows = connection.execute(table.named(_KNOWN), _parameters(name, wanted))
    return {key: Stored(*found) for key, *found in rows}


def beginnings(
    connection: psycopg.Connection, table: ChunkTable, name: str, places: Mapping[str, Place]
) -> dict[str, Beginning]:
    """The chunks up to a place, by symbol; a symbol is left out when no block holds the chunk in that place."""
    rows = connection.execute(table.named(_BEGINNINGS), _parameters(name, places.items()), binary=True)
    return {symbol: Beginning(np.array(chunks, np.int64), Stored(*last)) for symbol, *last, chunks in rows}


def leading(
    connection: psycopg.Connection,
    table: ChunkTable,
    name: str,
    counts: Mapping[str, int],
    key: Callable[[str, int], str],
) -> dict[str, int]:
    """How many chunks from the first on are held by a stored block, by symbol.

    Looked up are the two newest, which answers for one more month; then ever larger steps back; then what lies between
    the last of these that was found and the next one.

    Parameters
    ----------
    counts : chunks of every symbol.
    key : of a chunk, by symbol and number from 0 on; only asked for chunks that are looked up.
    """
    query = table.named(_HELD)
    held = dict.fromkeys(counts, 0)
    missed = {symbol: count + 1 for symbol, count in counts.items()}
    for numbers in (_newest, _steps_back, range):
        wanted = [(symbol, number) for symbol in counts for number in numbers(held[symbol] + 1, missed[symbol])]
        if not wanted:
            break
        places = [(symbol, Place(number, key(symbol, number - 1))) for symbol, number in wanted]
        for symbol, number in connection.execute(query, _parameters(name, places)):
            held[symbol] = max(held[symbol], number)
        for symbol, number in wanted:
            if number > held[symbol]:
                missed[symbol] = min(missed[symbol], number)
    return held


def _newest(low: int, high: int) -> range:
    """The last two numbers of ``low:high``."""
    return range(max(low, high - 2), high)


def _steps_back(low: int, high: int) -> list[int]:
    """The last number of ``low:high``, and those 1, 3, 7, ... before it."""
    found, number, step = list[int](), high - 1, 1
    while number >= low:
        found.append(number)
        number, step = number - step, 2 * step
    return found


def _parameters(name: str, wanted: Iterable[tuple[str, Place]]) -> dict[str, object]:
    rows = list(wanted)
    return {
        "name": name,
        "symbols": [symbol for symbol, _ in rows],
        "numbers": np.array([place.number for _, place in rows], np.int64),
        "keys": [place.key for _, place in rows],
    }
