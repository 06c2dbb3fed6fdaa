"""The manifest of a model version: everything that is needed to rebuild it and to check it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from market_assets.core.errors import IntegrityError, MarketAssetsError
from market_assets.core.identifiers import check_name
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.governance.provenance import Provenance

FORMAT = "market-assets-manifest-1"
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HASHES = (
    "fingerprint",
    "experiment_hash",
    "quality_report_hash",
    "leakage_report_hash",
    "training_set_hash",
    "fold_plan_hash",
    "gate_report_hash",
)
_LABELS = "label_report_hash"


@dataclass(frozen=True)
class FileEntry:
    """Digest and size in bytes of one file of the bundle."""

    sha256: str
    size: int


def file_entry(data: bytes) -> FileEntry:
    """Describe raw bytes."""
    return FileEntry(sha256_hex(data), len(data))


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Immutable record of one model version.

    Parameters
    ----------
    model_version : ``<experiment>-<family>-<first 12 hex of fingerprint>``.
    fingerprint : identity of the refit this version comes from.
    experiment, experiment_hash, experiment_document : name, canonical hash and whole text of the experiment file.
    snapshot_id, snapshot : the one snapshot it was trained on, and its manifest (as_of, symbols, rows, hash).
    feature_schema_version : version of the feature registry.
    quality_report_hash, leakage_report_hash, training_set_hash, fold_plan_hash, gate_report_hash : sha256 of each.
    label_report_hash : sha256 of the label report; None in manifests from before there was one, which do not name it.
    verdict : ``"promoted"`` or ``"refused"``, the gate's answer.
    provenance : commit, source hash, lock hash, Python and library versions.
    family, params, seeds, device : what was fitted, and where.
    metrics : figures of the gate report.
    files : digest and size of every bundle file but the manifest and its signature.
    """

    model_version: str
    fingerprint: str
    experiment: str
    experiment_hash: str
    experiment_document: Mapping[str, Any]
    snapshot_id: str
    snapshot: Mapping[str, Any]
    feature_schema_version: str
    quality_report_hash: str
    leakage_report_hash: str
    training_set_hash: str
    fold_plan_hash: str
    gate_report_hash: str
    verdict: str
    provenance: Provenance
    family: str
    params: Mapping[str, Any]
    seeds: Mapping[str, int]
    device: str
    metrics: Mapping[str, Any]
    files: Mapping[str, FileEntry]
    label_report_hash: str | None = None

    def __post_init__(self) -> None:
        """Refuse a manifest whose parts contradict each other (ValueError)."""
        for name in (*_HASHES, *((_LABELS,) if self.label_report_hash is not None else ())):
            if not _HEX64.fullmatch(getattr(self, name)):
                raise ValueError(f"manifest field {name} is not a sha256 in hex: {getattr(self, name)!r}")
        if self.model_version != model_version_name(self.experiment, self.family, self.fingerprint):
            raise ValueError(f"manifest names {self.model_version!r}, which is not its experiment, family, fingerprint")
        if self.verdict not in ("promoted", "refused"):
            raise ValueError(f"manifest verdict {self.verdict!r} is neither promoted nor refused")

    def to_payload(self) -> dict[str, Any]:
        """Return plain JSON values."""
        payload = {"format": FORMAT, **asdict(self)}
        if self.label_report_hash is None:
            del payload[_LABELS]
        return payload

    def to_bytes(self) -> bytes:
        """Return the one canonical form, the bytes that are signed."""
        return canonical_json(self.to_payload())

    @property
    def digest(self) -> str:
        """The sha256 of the canonical form."""
        return sha256_hex(self.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read a canonical manifest.

        Raises
        ------
        IntegrityError
            for anything that :meth:`to_bytes` would not have written, byte for byte.
        """
        try:
            payload = json.loads(data)
            if payload.pop("format") != FORMAT or {*payload, _LABELS} != {field.name for field in fields(cls)}:
                raise ValueError("unknown format or fields")
            payload["provenance"] = Provenance(**payload["provenance"])
            payload["files"] = {name: FileEntry(**entry) for name, entry in payload["files"].items()}
            manifest = cls(**payload)
            exact = manifest.to_bytes() == data
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, MarketAssetsError) as error:
            raise IntegrityError(f"the manifest cannot be read: {error}") from error
        if not exact:
            raise IntegrityError("the manifest is not in canonical form")
        return manifest


def model_version_name(experiment: str, family: str, fingerprint: str) -> str:
    """Readable name of a model version; raises BadInputError for names outside the allow-list."""
    return check_name(f"{check_name(experiment)}-{check_name(family)}-{fingerprint[:12]}")
