"""Reading blocks that are made of chunks: which chunks they hold, checked against the hash of each block."""

from __future__ import annotations

import polars as pl

from market_assets.core.errors import IntegrityError
from market_assets.stores.chunk_table import ChunkTable, block_hash
from market_assets.stores.database import Frame

_HELD = """
SELECT b.symbol, c.chunk, c.rows, c.content_hash
FROM {block} b CROSS JOIN unnest(b.chunks) WITH ORDINALITY AS held (chunk, place)
JOIN {chunk} c ON c.chunk = held.chunk
WHERE b.snapshot_id = $1 AND b.{axis} = $2 AND b.symbol = ANY($3)
ORDER BY b.symbol, held.place
"""


def held_chunks(frame: Frame, table: ChunkTable, snapshot_id: str, name: str, blocks: pl.DataFrame) -> pl.DataFrame:
    """Chunks of the blocks, by symbol and in the order of time: symbol, chunk, rows, content_hash.

    Parameters
    ----------
    blocks : symbol, rows and content_hash of each, sorted by symbol.

    Raises
    ------
    IntegrityError
        when a block has other rows or another content hash than its chunks say.
    """
    chunks = frame(table.named(_HELD).as_string(None), (snapshot_id, name, blocks["symbol"].to_list()))
    by_symbol = chunks.group_by("symbol").agg(pl.col("rows").sum(), "content_hash")
    found = {symbol: (rows, hashes) for symbol, rows, hashes in by_symbol.iter_rows()}
    for symbol, rows, content_hash in blocks.select("symbol", "rows", "content_hash").iter_rows():
        count, hashes = found.get(symbol, (0, []))
        if (count, block_hash(hashes)) != (rows, content_hash):
            raise changed(table, name, symbol)
    return chunks


def in_order(chunks: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Keys of rows (chunk, ts) in the order of chunks and of time, with ``row``, where each stands, and ``place``."""
    places = chunks.select("chunk", place=pl.int_range(pl.len()))
    return rows.select("chunk", "ts", row=pl.int_range(pl.len())).join(places, on="chunk").sort("place", "ts")


def changed(table: ChunkTable, name: str, symbol: str) -> IntegrityError:
    """Rows that are not those that were written."""
    return IntegrityError(
        f"{table.rows} rows of {symbol} ({name}) do not match their content hash: changed in the database; "
        "delete the block and materialize it again"
    )
