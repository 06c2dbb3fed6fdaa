"""Reports: JSON payloads by kind, snapshot and experiment; history is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from market_assets.core.errors import IntegrityError
from market_assets.core.identifiers import check_name, check_symbol
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.stores.database import Database

SHARED = ""  # of no experiment, such as the quality report
_SELECT = """
SELECT payload::text, content_hash, seq FROM report
WHERE kind = %s AND snapshot_id = %s AND experiment = %s ORDER BY seq DESC
"""

_NEWEST = """
SELECT DISTINCT ON (kind) kind, payload::text, content_hash, seq FROM report
WHERE kind = ANY(%s) AND snapshot_id = %s AND experiment = %s ORDER BY kind, seq DESC
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_INSERT = "INSERT INTO report (kind, snapshot_id, experiment, payload, content_hash) VALUES (%s, %s, %s, %s, %s)"


@dataclass(frozen=True)
class StoredReport:
    """One report; ``seq`` orders all reports of a warehouse."""

    payload: dict[str, Any]
    content_hash: str
    seq: int


@dataclass(frozen=True)
class ReportStore:
    """Append-only; the newest of a key counts."""

    database: Database

    def put(self, kind: str, snapshot_id: str, experiment: str, payload: dict[str, Any]) -> str:
        """Store a payload and return its content hash; the same as the newest adds no row.

        Raises
        ------
        ValueError
            for NaN or infinity in the payload: a failure is never a number.
        """
        return self.put_all(snapshot_id, experiment, {kind: payload})[kind]

    def put_all(self, snapshot_id: str, experiment: str, payloads: Mapping[str, dict[str, Any]]) -> dict[str, str]:
        """Store payloads by kind in one transaction, as ``put`` does; return their content hashes by kind."""
        texts = {kind: canonical_json(payload) for kind, payload in payloads.items()}
        digests = {kind: sha256_hex(text) for kind, text in texts.items()}
        with self.database.transaction() as connection:
            for kind in sorted(texts):  # in one order, so that two writers never wait for each other
                key = _key(kind, snapshot_id, experiment)
                connection.execute(_LOCK, ("report/" + "/".join(key),))
                newest = connection.execute(_SELECT + " LIMIT 1", key).fetchone()
                if newest is None or newest[1] != digests[kind]:
                    connection.execute(_INSERT, (*key, texts[kind].decode(), digests[kind]))
        return digests

    def latest(self, kind: str, snapshot_id: str, experiment: str = SHARED) -> StoredReport | None:
        """Return the newest report of a key, checked against its hash; None when there is none."""
        return self.latest_all((kind,), snapshot_id, experiment).get(kind)

    def latest_all(self, kinds: Iterable[str], snapshot_id: str, experiment: str = SHARED) -> dict[str, StoredReport]:
        """Return the newest report of each kind, checked; kinds without one are left out."""
        keys = [_key(kind, snapshot_id, experiment) for kind in kinds]
        wanted = ([kind for kind, *_ in keys], snapshot_id, experiment)
        with self.database.transaction() as connection:
            rows = connection.execute(_NEWEST, wanted).fetchall()
        return {kind: _checked((kind, snapshot_id, experiment), (text, *rest)) for kind, text, *rest in rows}

    def newest(self, kind: str, experiment: str = SHARED) -> StoredReport | None:
        """Return the newest report of a kind and experiment in any snapshot, checked; None when there is none."""
        query = "SELECT payload::text, content_hash, seq FROM report WHERE kind = %s AND experiment = %s"
        key = (_check_kind(kind), check_name(experiment) if experiment else SHARED)
        found = self._select(query + " ORDER BY seq DESC LIMIT 1", key)
        return found[0] if found else None

    def named(self, kind: str, content_hash: str) -> StoredReport | None:
        """Return the report of a kind with this content, whatever its snapshot; checked; None when there is none."""
        query = "SELECT payload::text, content_hash, seq FROM report WHERE kind = %s AND content_hash = %s"
        found = self._select(query + " ORDER BY seq LIMIT 1", (_check_kind(kind), content_hash))
        return found[0] if found else None

    def history(self, kind: str, snapshot_id: str, experiment: str = SHARED) -> tuple[StoredReport, ...]:
        """Return all reports of a key, newest first."""
        return self._select(_SELECT, _key(kind, snapshot_id, experiment))

    def _select(self, query: str, key: tuple[str, ...]) -> tuple[StoredReport, ...]:
        with self.database.transaction() as connection:
            return tuple(_checked(key, row) for row in connection.execute(query, key).fetchall())  # type: ignore[arg-type]


def _key(kind: str, snapshot_id: str, experiment: str) -> tuple[str, str, str]:
    return _check_kind(kind), check_name(snapshot_id), check_name(experiment) if experiment else SHARED


def _check_kind(kind: str) -> str:
    """A name such as ``quality``, or a name and a symbol such as ``quality/AAPL``."""
    name, slash, symbol = kind.partition("/")
    check_name(name)
    if slash:
        check_symbol(symbol)
    return kind


def _checked(key: tuple[str, ...], row: tuple[str, str, int]) -> StoredReport:
    text, digest, seq = row
    if sha256_hex(text.encode()) != digest:
        raise IntegrityError(
            f"report {'/'.join(key)} number {seq} does not match its hash: it was changed in the database"
        )
    return StoredReport(json.loads(text), digest, seq)
