"""Looking up chunks of feature rows: by their keys, and how far what is stored agrees with new blocks.

The key of a chunk stands for all rows up to its last, so a block that holds the chunk in a place holds the same chunks
before it as any other block does. One key therefore answers for a whole beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray

from market_assets.core.features.chunks import Chunk


class Place(NamedTuple):
    """A chunk of a symbol: how many there are up to and with it, and its key."""

    number: int
    key: str


# one look into the index a key, whatever the planner thinks of how many there are
_WANTED = """
FROM unnest(%(symbols)s::text[], %(numbers)s::int8[], %(keys)s::text[]) AS wanted (symbol, number, key)
CROSS JOIN LATERAL (
    SELECT chunk FROM feature_chunk
    WHERE family = %(family)s AND symbol = wanted.symbol AND key = wanted.key LIMIT 1) AS known
"""
_KNOWN = f"SELECT wanted.key, known.chunk {_WANTED}"
# the newest block is the likeliest to hold it
_HELD = f"""
SELECT wanted.symbol, wanted.number, {{found}} {_WANTED}
CROSS JOIN LATERAL (
    SELECT chunks FROM feature_block
    WHERE family = %(family)s AND symbol = wanted.symbol AND chunks[wanted.number] = known.chunk
    ORDER BY recorded_at DESC LIMIT 1) AS block
"""


def known_chunks(connection: psycopg.Connection, family: str, keys: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Chunks that are stored, by key, of given symbols and keys."""
    wanted = [(symbol, Place(0, key)) for symbol, key in keys]
    return dict(connection.execute(_KNOWN, _parameters(family, wanted)).fetchall())


def beginnings(
    connection: psycopg.Connection, family: str, places: Mapping[str, Place]
) -> dict[str, NDArray[np.int64]]:
    """The chunks up to a place, by symbol; a symbol is left out when no block holds the chunk in that place."""
    query = _HELD.format(found="block.chunks[1:wanted.number]")
    rows = connection.execute(query, _parameters(family, places.items()))
    return {symbol: np.array(chunks, np.int64) for symbol, _, chunks in rows}


def leading(connection: psycopg.Connection, family: str, chunks: Mapping[str, Sequence[Chunk]]) -> dict[str, int]:
    """How many chunks from the first on are held by a stored block, by symbol.

    Looked up are the newest chunk and ever larger steps back, then what lies between the last two of them.
    """
    query = _HELD.format(found="NULL")
    low = dict.fromkeys(chunks, 0)
    wanted = {symbol: _steps_back(len(found)) for symbol, found in chunks.items()}
    while any(wanted.values()):
        places = [
            (symbol, Place(number, chunks[symbol][number - 1].key))
            for symbol, some in wanted.items()
            for number in some
        ]
        for symbol, number, _ in connection.execute(query, _parameters(family, places)):
            low[symbol] = max(low[symbol], number)
        # next come the numbers between the last one found and the first one above it that was not
        missed = {symbol: min((one for one in some if one > low[symbol]), default=0) for symbol, some in wanted.items()}
        wanted = {symbol: range(low[symbol] + 1, high) for symbol, high in missed.items()}
    return low


def _steps_back(number: int) -> list[int]:
    """``number``, and those 1, 3, 7, ... before it, down to 1."""
    found, step = list[int](), 1
    while number > 0:
        found.append(number)
        number, step = number - step, 2 * step
    return found


def _parameters(family: str, wanted: Iterable[tuple[str, Place]]) -> dict[str, object]:
    rows = list(wanted)
    return {
        "family": family,
        "symbols": [symbol for symbol, _ in rows],
        "numbers": np.array([place.number for _, place in rows], np.int64),
        "keys": [place.key for _, place in rows],
    }
