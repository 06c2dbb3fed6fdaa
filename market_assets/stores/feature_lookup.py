"""Looking up chunks of feature rows: by their keys, and how far what is stored agrees with new blocks.

The key of a chunk stands for all rows up to its last, so a block that holds the chunk in a place holds the same chunks
before it as any other block does. One key therefore answers for a whole beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray

from market_assets.core.features.chunks import Chunk


class Place(NamedTuple):
    """A chunk of a symbol: how many there are up to and with it, and its key."""

    number: int
    key: str


class Stored(NamedTuple):
    """A chunk of the store: its number there, and rows and content hash of all rows up to its last."""

    chunk: int
    until_rows: int
    until_hash: str


@dataclass(frozen=True, eq=False)
class Beginning:
    """Stored chunks that come first in a block, shape (n,), and the last of them; None = there are none."""

    chunks: NDArray[np.int64]
    last: Stored | None


NOTHING = Beginning(np.empty(0, np.int64), None)

# one look into the index a key, whatever the planner thinks of how many there are
_WANTED = """
FROM unnest(%(symbols)s::text[], %(numbers)s::int8[], %(keys)s::text[]) AS wanted (symbol, number, key)
CROSS JOIN LATERAL (
    SELECT chunk, until_rows, until_hash FROM feature_chunk
    WHERE family = %(family)s AND symbol = wanted.symbol AND key = wanted.key LIMIT 1) AS known
"""
_KNOWN = f"SELECT wanted.key, known.chunk, known.until_rows, known.until_hash {_WANTED}"
# the newest block is the likeliest to hold it
_HELD = f"""
SELECT wanted.symbol, wanted.number, {{found}} {_WANTED}
CROSS JOIN LATERAL (
    SELECT chunks FROM feature_block
    WHERE family = %(family)s AND symbol = wanted.symbol AND chunks[wanted.number] = known.chunk
    ORDER BY recorded_at DESC LIMIT 1) AS block
"""


def known_chunks(connection: psycopg.Connection, family: str, keys: Iterable[tuple[str, str]]) -> dict[str, Stored]:
    """Chunks that are stored, by key, of given symbols and keys."""
    wanted = [(symbol, Place(0, key)) for symbol, key in keys]
    return {key: Stored(*found) for key, *found in connection.execute(_KNOWN, _parameters(family, wanted))}


def beginnings(connection: psycopg.Connection, family: str, places: Mapping[str, Place]) -> dict[str, Beginning]:
    """The chunks up to a place, by symbol; a symbol is left out when no block holds the chunk in that place."""
    query = _HELD.format(found="known.chunk, known.until_rows, known.until_hash, block.chunks[1:wanted.number]")
    rows = connection.execute(query, _parameters(family, places.items()), binary=True)
    return {symbol: Beginning(np.array(chunks, np.int64), Stored(*last)) for symbol, _, *last, chunks in rows}


def leading(connection: psycopg.Connection, family: str, chunks: Mapping[str, Sequence[Chunk]]) -> dict[str, int]:
    """How many chunks from the first on are held by a stored block, by symbol.

    Looked up are the two newest, which answers for one more month; then ever larger steps back; then what lies between
    the last of these that was found and the next one.
    """
    query = _HELD.format(found="NULL")
    held = dict.fromkeys(chunks, 0)
    missed = {symbol: len(found) + 1 for symbol, found in chunks.items()}
    for numbers in (_newest, _steps_back, range):
        wanted = [(symbol, number) for symbol in chunks for number in numbers(held[symbol] + 1, missed[symbol])]
        if not wanted:
            break
        places = [(symbol, Place(number, chunks[symbol][number - 1].key)) for symbol, number in wanted]
        for symbol, number, _ in connection.execute(query, _parameters(family, places)):
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


def _parameters(family: str, wanted: Iterable[tuple[str, Place]]) -> dict[str, object]:
    rows = list(wanted)
    return {
        "family": family,
        "symbols": [symbol for symbol, _ in rows],
        "numbers": np.array([place.number for _, place in rows], np.int64),
        "keys": [place.key for _, place in rows],
    }
