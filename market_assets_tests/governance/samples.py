"""A small manifest with its files, and a key, for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from market_assets.core.identity import sha256_hex
from market_assets.governance.manifest import Manifest, file_entry, model_version_name
from market_assets.governance.provenance import Provenance

AT = datetime(2020, 1, 2, 21, 0, tzinfo=UTC)
GATE = sha256_hex(b"gate report")


def sample_files(tag: str = "") -> dict[str, bytes]:
    """Bundle files with small plausible contents."""
    return {
        "model.ubj": bytes(range(256)) * 2 + tag.encode(),
        "calibrator.json": b'{"kind":"isotonic"}',
        "metrics.json": b'{"sharpe":1.5}',
        "diagnostics.json": b'{"ece":0.01}',
        "gate_report.json": b'{"passed":true}',
        "model_card.md": b"# Card\n",
    }


def sample_manifest(tag: str = "", files: dict[str, bytes] | None = None, **changes: Any) -> Manifest:
    """Manifest of :func:`sample_files`; ``tag`` makes another model version."""
    files = sample_files(tag) if files is None else files
    fingerprint = sha256_hex(b"fit" + tag.encode())
    parts: dict[str, Any] = {
        "model_version": model_version_name("direction_daily", "xgboost", fingerprint),
        "fingerprint": fingerprint,
        "experiment": "direction_daily",
        "experiment_hash": sha256_hex(b"experiment"),
        "experiment_document": {"name": "direction_daily", "seed": 7},
        "snapshot_id": "20191231-0123456789ab",
        "snapshot": {"as_of": "2019-12-31T21:00:00+00:00", "symbols": ["AAPL"], "rows": 1258, "hash": "0" * 64},
        "feature_schema_version": "features-1",
        "quality_report_hash": sha256_hex(b"quality"),
        "leakage_report_hash": sha256_hex(b"leakage"),
        "training_set_hash": sha256_hex(b"training"),
        "fold_plan_hash": sha256_hex(b"plan"),
        "gate_report_hash": GATE,
        "verdict": "promoted",
        "provenance": Provenance("0" * 40, False, "1" * 64, "2" * 64, "CPython 3.11.4", {"numpy": "2.4.6"}),
        "family": "xgboost",
        "params": {"max_depth": 3, "learning_rate": 0.1},
        "seeds": {"fit": 7},
        "device": "cpu",
        "metrics": {"sharpe": 1.5},
        "files": {name: file_entry(data) for name, data in files.items()},
    }
    return Manifest(**{**parts, **changes})
