"""Fold fits: one row a fit, with its model's digest, its calibrator and its predictions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.identifiers import check_name
from market_assets.core.identity import canonical_json, hash_arrays, sha256_hex
from market_assets.stores.database import Database

_KEY = ("snapshot_id", "experiment", "family", "fold", "fingerprint")
_PLAIN = ("artifact", "n_fit", "n_calibration", "seed", "device")
_JSON = ("calibrator", "params", "metrics")
_ARRAYS = {"rows": np.int32, "raw": np.float64, "calibrated": np.float64}
_COLUMNS = (*_KEY, *_PLAIN, *_JSON, *_ARRAYS)
_READ = ", ".join((*_KEY, *_PLAIN, *(f"{name}::text AS {name}" for name in _JSON), *_ARRAYS, "content_hash", "seq"))
_WHERE = "snapshot_id = $1 AND experiment = $2 AND family = $3"


@dataclass(frozen=True, eq=False)
class FitRecord:
    """One fold fit.

    Parameters
    ----------
    fingerprint : what the fit was made from; the identity of the record.
    artifact : sha256 of the model's bytes in the artifact store.
    calibrator, params, metrics : JSON.
    rows : rows of the training set that were predicted, int32 (n,).
    raw, calibrated : P(y = 1) of these rows, float64 (n,).
    """

    snapshot_id: str
    experiment: str
    family: str
    fold: str
    fingerprint: str
    artifact: str
    calibrator: dict[str, Any]
    rows: NDArray[np.int32]
    raw: NDArray[np.float64]
    calibrated: NDArray[np.float64]
    n_fit: int
    n_calibration: int
    seed: int
    params: dict[str, Any]
    device: str
    metrics: dict[str, Any]

    def content_hash(self) -> str:
        """Hash over every field."""
        plain = {name: getattr(self, name) for name in (*_KEY, *_PLAIN, *_JSON)}
        arrays = hash_arrays({name: getattr(self, name).astype(dtype) for name, dtype in _ARRAYS.items()})
        return sha256_hex(canonical_json({**plain, "arrays": arrays}))


@dataclass(frozen=True)
class FitStore:
    """Append-only; the first fit of a fingerprint stays."""

    database: Database

    def put(self, *records: FitRecord) -> int:
        """Store fits in one transaction and return how many were new; a fingerprint that is there is not replaced."""
        marks = ", ".join(["%s"] * (len(_COLUMNS) + 1))
        command = f"INSERT INTO fit ({', '.join(_COLUMNS)}, content_hash) VALUES ({marks}) ON CONFLICT DO NOTHING"
        rows = [_values(record) for record in records]
        with self.database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(command, rows)  # type: ignore[arg-type]
            return max(cursor.rowcount, 0)

    def fingerprints(self, snapshot_id: str, experiment: str, family: str) -> set[str]:
        """Return the fingerprints of all fits of one family, without reading the fits."""
        query = "SELECT fingerprint FROM fit WHERE snapshot_id = %s AND experiment = %s AND family = %s"
        with self.database.transaction() as connection:
            return {row[0] for row in connection.execute(query, (snapshot_id, experiment, family)).fetchall()}

    def get(
        self, snapshot_id: str, experiment: str, family: str, fold: str, fingerprint: str | None = None
    ) -> FitRecord | None:
        """Return one fit, checked against its hash; without a fingerprint the newest of the fold; None = none."""
        query, params = f"SELECT {_READ} FROM fit WHERE {_WHERE} AND fold = $4", (snapshot_id, experiment, family, fold)
        if fingerprint is not None:
            query, params = query + " AND fingerprint = $5", (*params, fingerprint)
        found = _records(self.database.frame(query + " ORDER BY seq DESC LIMIT 1", params))
        return found[0] if found else None

    def list(self, snapshot_id: str, experiment: str, family: str | None = None) -> tuple[FitRecord, ...]:
        """Return all fits of an experiment in a snapshot, or of one family of it, oldest first, each checked."""
        params = (snapshot_id, experiment) if family is None else (snapshot_id, experiment, family)
        where = _WHERE.rpartition(" AND ")[0] if family is None else _WHERE
        return tuple(_records(self.database.frame(f"SELECT {_READ} FROM fit WHERE {where} ORDER BY seq", params)))


def _values(record: FitRecord) -> tuple[Any, ...]:
    for name in ("snapshot_id", "experiment", "family", "fold"):
        check_name(getattr(record, name))
    return (
        *(getattr(record, name) for name in (*_KEY, *_PLAIN)),
        *(canonical_json(getattr(record, name)).decode() for name in _JSON),
        *(getattr(record, name).astype(dtype, copy=False) for name, dtype in _ARRAYS.items()),
        record.content_hash(),
    )


def _records(rows: pl.DataFrame) -> list[FitRecord]:
    records = []
    plain = rows.select(*_KEY, *_PLAIN, *_JSON, "content_hash").iter_rows(named=True)
    for index, row in enumerate(plain):
        digest = row.pop("content_hash")
        row |= {name: json.loads(row[name]) for name in _JSON}
        arrays = {name: rows[name][index].to_numpy().astype(dtype) for name, dtype in _ARRAYS.items()}
        record = FitRecord(**row, **arrays)
        if record.content_hash() != digest:
            raise IntegrityError(
                f"fit {record.family} {record.fold} of {record.experiment} in {record.snapshot_id} does not match its "
                "hash: it was changed in the database"
            )
        records.append(record)
    return records
