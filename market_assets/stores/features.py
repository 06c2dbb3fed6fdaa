"""Feature rows by snapshot, family and symbol: written in bulk, read back verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import hash_arrays
from market_assets.stores.blocks import BlockTable, offsets_of, times_of
from market_assets.stores.copy import copy_rows
from market_assets.stores.database import Database
from market_assets.stores.recent import Recent

TABLE = BlockTable(rows="feature", blocks="feature_block", axis="family")
Block = tuple[NDArray[np.datetime64], NDArray[np.float64]]
_ROWS = 'SELECT symbol, ts, "values" FROM feature WHERE snapshot_id = $1 AND family = $2 AND symbol = ANY($3)'
_ADD_BLOCK = """
INSERT INTO feature_block (snapshot_id, family, symbol, version, names, fingerprint, rows, content_hash)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, eq=False)
class FeatureFrame:
    """Features of several symbols, sorted by symbol and ts.

    Rows of ``symbols[i]`` are ``offsets[i]:offsets[i + 1]``; ``values`` has shape (n_rows, len(names)), NaN = not
    yet defined.
    """

    names: tuple[str, ...]
    symbols: tuple[str, ...]
    offsets: NDArray[np.int64]
    ts: NDArray[np.datetime64]
    values: NDArray[np.float64]

    def block(self, symbol: str) -> Block:
        """Times and values of one symbol."""
        index = self.symbols.index(symbol)
        part = slice(int(self.offsets[index]), int(self.offsets[index + 1]))
        return self.ts[part], self.values[part]


_KEPT: Recent[FeatureFrame] = Recent(keep=4)
"""Frames as written in this process, by content hash: the stage that reads them next need not ask for the rows."""
_KEPT_BYTES = 128 * 2**20


def block_hash(names: Sequence[str], ts: NDArray[np.datetime64], values: NDArray[np.float64]) -> str:
    """Content hash of one block."""
    micros = ts.astype("datetime64[us]").astype(np.int64)
    return hash_arrays({"names": np.array(names, dtype=str), "ts": micros, "values": values})


@dataclass(frozen=True)
class FeatureStore:
    """Derived rows: one fingerprint a block says what they were made from."""

    database: Database

    def write(
        self,
        snapshot_id: str,
        family: str,
        version: str,
        names: Sequence[str],
        fingerprint: str | Mapping[str, str],
        symbols: Mapping[str, Block],
    ) -> dict[str, str]:
        """Store the blocks that are not there yet, in one transaction with one COPY.

        A block whose fingerprint is stored is left alone; one with another fingerprint is replaced.

        Parameters
        ----------
        fingerprint : of every block, or by symbol.
        symbols : by symbol, times (n,) and values (n, len(names)); NaN allowed, infinity not.

        Returns
        -------
        content hash by symbol, of all blocks given.
        """
        wanted = {symbol: fingerprint if isinstance(fingerprint, str) else fingerprint[symbol] for symbol in symbols}
        blocks = {symbol: _checked(symbol, names, *block) for symbol, block in symbols.items()}
        hashes = {symbol: block_hash(names, *block) for symbol, block in blocks.items()}
        with self.database.transaction() as connection:
            missing = TABLE.claim(connection, snapshot_id, family, wanted)
            if not missing:
                return hashes
            copy_rows(
                connection,
                "feature",
                ("snapshot_id", "family", "symbol", "ts", "values"),
                ((len(blocks[name][0]), (snapshot_id, family, name, *blocks[name])) for name in missing),
            )
            with connection.cursor() as cursor:
                cursor.executemany(
                    _ADD_BLOCK,
                    [
                        (
                            snapshot_id,
                            family,
                            name,
                            version,
                            list(names),
                            wanted[name],
                            len(blocks[name][0]),
                            hashes[name],
                        )
                        for name in missing
                    ],
                )
            TABLE.verify(connection, snapshot_id, family, {name: len(blocks[name][0]) for name in missing})
        _keep(tuple(names), blocks, hashes)
        return hashes

    def fingerprints(self, snapshot_id: str, family: str) -> dict[str, str]:
        """Fingerprint of every stored block, by symbol."""
        return TABLE.fingerprints(self.database, snapshot_id, family)

    def read(self, snapshot_id: str, family: str, symbols: Sequence[str]) -> FeatureFrame:
        """Return the rows of ``symbols``, all from one state of the database.

        Rows that this process has written are taken from memory when the stored content hashes are still theirs.

        Raises
        ------
        BadInputError
            rule ``missing_block``.
        IntegrityError
            when rows do not match their content hash, or blocks of different versions would be mixed.
        """
        with self.database.reading() as frame:
            columns = "symbol, version, names, content_hash"
            blocks = TABLE.manifest(frame, snapshot_id, family, symbols, columns)
            if blocks.select("version", "names").n_unique() > 1:
                raise IntegrityError(
                    f"features of {family} in {snapshot_id} mix versions; materialize all symbols again"
                )
            order = tuple(blocks["symbol"])
            names = tuple(blocks["names"][0]) if order else ()
            if (kept := _KEPT.find((names, order, tuple(blocks["content_hash"])))) is not None:
                return kept
            rows = frame(_ROWS, (snapshot_id, family, list(order)))
        keys = rows.select("symbol", "ts", pl.int_range(pl.len()).alias("row")).sort("symbol", "ts")
        flat = rows["values"].explode(empty_as_null=False, keep_nulls=False).to_numpy()
        if flat.size != rows.height * len(names):
            raise IntegrityError(f"features of {family} in {snapshot_id}: rows of another width than {len(names)}")
        values = flat.reshape(rows.height, len(names))
        places = keys["row"].to_numpy()
        if not np.array_equal(places, np.arange(len(places))):
            values = values[places]
        result = FeatureFrame(names, order, offsets_of(keys, order), times_of(keys["ts"]), values)
        TABLE.check(family, blocks, ((symbol, block_hash(names, *result.block(symbol))) for symbol in order))
        return result


def _keep(names: tuple[str, ...], blocks: Mapping[str, Block], hashes: Mapping[str, str]) -> None:
    """Keep the frame that reading these blocks would give, unless it is large."""
    order = tuple(sorted(blocks))
    if not order or sum(blocks[name][1].nbytes for name in order) > _KEPT_BYTES:
        return

    def frame() -> FeatureFrame:
        ts = np.concatenate([blocks[name][0] for name in order])
        values = np.concatenate([blocks[name][1] for name in order])
        ts.flags.writeable = values.flags.writeable = False
        offsets = np.cumsum([0, *(len(blocks[name][0]) for name in order)]).astype(np.int64)
        return FeatureFrame(names, order, offsets, ts, values)

    _KEPT.get((names, order, tuple(hashes[name] for name in order)), frame)


def _checked(symbol: str, names: Sequence[str], ts: NDArray[np.datetime64], values: NDArray[np.float64]) -> Block:
    if values.shape != (len(ts), len(names)):
        raise ValueError(f"features of {symbol}: shape {values.shape}, expected {(len(ts), len(names))}")
    if np.isinf(values).any():
        name = names[int(np.argwhere(np.isinf(values))[0, 1])]
        raise ValueError(f"features of {symbol}: {name} is infinite; undefined is NaN")
    return ts.astype("datetime64[us]"), np.ascontiguousarray(values, dtype=np.float64)
