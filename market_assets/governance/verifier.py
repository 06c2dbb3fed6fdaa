"""The external verifier: checks bundles and audit exports from files alone, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from market_assets.governance.bundle import read_bundle
from market_assets.governance.chain import ChainReport, parse_anchors, parse_rows, row_line, verify
from market_assets.governance.signing import key_ring, load_public_key

if TYPE_CHECKING:
    from market_assets.governance.audit import AuditLog


@dataclass(frozen=True)
class BundleReport:
    """What a verified bundle is."""

    model_version: str
    snapshot_id: str
    verdict: str
    commit: str
    key_id: str
    files: int
    bytes: int


def verify_bundle(path: Path, public_key_path: Path) -> BundleReport:
    """Verify a bundle folder against one trusted public key; raises IntegrityError for the first thing wrong."""
    bundle = read_bundle(path, key_ring([load_public_key(public_key_path)]))
    return BundleReport(
        model_version=bundle.manifest.model_version,
        snapshot_id=bundle.manifest.snapshot_id,
        verdict=bundle.manifest.verdict,
        commit=bundle.manifest.provenance.commit,
        key_id=bundle.key_id,
        files=len(bundle.files),
        bytes=sum(len(data) for data in bundle.files.values()),
    )


def verify_audit_export(path: Path, anchors_path: Path | None) -> ChainReport:
    """Verify an exported audit log against an anchor file; without one the tail stays "not verified".

    Raises
    ------
    IntegrityError
        when one of the files is not of its format.
    FileNotFoundError
        when one of the named files is missing: a missing anchor file is never read as "no anchors".
    """
    anchors = parse_anchors(anchors_path.read_bytes()) if anchors_path is not None else []
    return verify(parse_rows(path.read_bytes()), anchors)


def export_audit(log: AuditLog, path: Path) -> int:
    """Write the audit log as JSON lines; returns the number of rows."""
    rows = log.rows()
    path.write_bytes(b"".join(row_line(row) for row in rows))
    return len(rows)
