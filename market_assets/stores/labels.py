"""Label rows by snapshot, experiment and symbol: written in bulk, read back verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from market_assets.core.identity import hash_arrays
from market_assets.stores.blocks import BlockTable, offsets_of, times_of
from market_assets.stores.copy import Column, copy_rows
from market_assets.stores.database import Database

TABLE = BlockTable(rows="label", blocks="label_block", axis="experiment")
COLUMNS = {"defined": "bool", "label": "int8", "ret": "float64", "end_ts": "datetime64[us]", "barrier": "int8"}
"""Stored columns with dtypes; ``ret`` is NaN where the label is not defined."""

Columns = Mapping[str, NDArray[Any]]
Block = tuple[NDArray[np.datetime64], Columns]
_ROWS = f"""
SELECT symbol, ts, {", ".join(COLUMNS)} FROM label WHERE snapshot_id = $1 AND experiment = $2 AND symbol = ANY($3)
"""
_ADD_BLOCK = """
INSERT INTO label_block (snapshot_id, experiment, symbol, fingerprint, rows, content_hash)
VALUES (%s, %s, %s, %s, %s, %s)
"""


def block_hash(ts: NDArray[np.datetime64], columns: Columns) -> str:
    """Content hash of one block."""
    arrays = {name: columns[name].astype(dtype) for name, dtype in COLUMNS.items()}
    arrays["ts"] = ts.astype("datetime64[us]").astype(np.int64)
    arrays["end_ts"] = arrays["end_ts"].astype(np.int64)
    return hash_arrays(arrays)


@dataclass(frozen=True)
class LabelStore:
    """Derived rows: one fingerprint a block says what they were made from."""

    database: Database

    def write(
        self, snapshot_id: str, experiment: str, fingerprint: str | Mapping[str, str], symbols: Mapping[str, Block]
    ) -> dict[str, str]:
        """Store the blocks that are not there yet, in one transaction with one COPY.

        A block whose fingerprint is stored is left alone; one with another fingerprint is replaced.

        Parameters
        ----------
        fingerprint : of every block, or by symbol.
        symbols : by symbol, times (n,) and the columns of ``COLUMNS``, each (n,).

        Returns
        -------
        content hash by symbol, of all blocks given.
        """
        wanted = {symbol: fingerprint if isinstance(fingerprint, str) else fingerprint[symbol] for symbol in symbols}
        hashes = {symbol: block_hash(*block) for symbol, block in symbols.items()}
        with self.database.transaction() as connection:
            missing = TABLE.claim(connection, snapshot_id, experiment, wanted)
            if not missing:
                return hashes
            columns = ("snapshot_id", "experiment", "symbol", "ts", *COLUMNS)
            parts = (part for name in missing for part in _parts((snapshot_id, experiment, name), *symbols[name]))
            copy_rows(connection, "label", columns, parts)
            sizes = {name: len(symbols[name][0]) for name in missing}
            with connection.cursor() as cursor:
                blocks = [(snapshot_id, experiment, name, wanted[name], sizes[name], hashes[name]) for name in missing]
                cursor.executemany(_ADD_BLOCK, blocks)
            TABLE.verify(connection, snapshot_id, experiment, sizes)
        return hashes

    def fingerprints(self, snapshot_id: str, experiment: str) -> dict[str, str]:
        """Fingerprint of every stored block, by symbol."""
        return TABLE.fingerprints(self.database, snapshot_id, experiment)

    def read(self, snapshot_id: str, experiment: str, symbols: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return ``COLUMNS`` and ``ts`` of all rows of ``symbols``, sorted by symbol and ts.

        Raises
        ------
        BadInputError
            rule ``missing_block``.
        IntegrityError
            when rows do not match their content hash.
        """
        with self.database.reading() as frame:
            blocks = TABLE.manifest(frame, snapshot_id, experiment, symbols, "symbol, content_hash")
            order = tuple(blocks["symbol"])
            rows = frame(_ROWS, (snapshot_id, experiment, list(order))).sort("symbol", "ts")
        rows = rows.with_columns(pl.col("ret").fill_null(float("nan")))
        columns: dict[str, NDArray[Any]] = {
            name: rows[name].to_numpy() for name in ("defined", "label", "ret", "barrier")
        }
        columns |= {name: times_of(rows[name]) for name in ("ts", "end_ts")}
        columns = {name: array.astype(COLUMNS.get(name, array.dtype)) for name, array in columns.items()}
        offsets = offsets_of(rows, order)
        parts = [{name: array[low:high] for name, array in columns.items()} for low, high in pairwise(offsets)]
        TABLE.check(
            experiment, blocks, ((name, block_hash(part["ts"], part)) for name, part in zip(order, parts, strict=True))
        )
        return columns


def _parts(
    key: tuple[str, str, str], ts: NDArray[np.datetime64], columns: Columns
) -> Iterator[tuple[int, list[Column]]]:
    """The rows with a return and those without, so that the fields of a part have one width."""
    defined = columns["defined"].astype(bool)
    for mask, ret in ((defined, columns["ret"][defined]), (~defined, None)):
        label, barrier = (columns[name][mask].astype(np.int16) for name in ("label", "barrier"))
        yield int(mask.sum()), [*key, ts[mask], defined[mask], label, ret, columns["end_ts"][mask], barrier]
