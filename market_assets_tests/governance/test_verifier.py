"""The external verifier works from files alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from market_assets.core.errors import IntegrityError
from market_assets.governance.audit import AuditLog
from market_assets.governance.publish import write_bundle
from market_assets.governance.signing import load_or_create_key, public_key_path
from market_assets.governance.verifier import export_audit, verify_audit_export, verify_bundle
from market_assets_tests.governance.samples import AT, sample_files, sample_manifest


def test_a_bundle_is_verified_with_a_public_key_file(tmp_path):
    """The report names what was verified; a stranger's key does not."""
    key_path = tmp_path / "signing.key"
    folder = write_bundle(tmp_path / "bundles", sample_manifest(), sample_files(), load_or_create_key(key_path))
    report = verify_bundle(folder, public_key_path(key_path))
    assert report.model_version == sample_manifest().model_version
    assert report.files == len(sample_files())
    stranger = tmp_path / "stranger.key"
    load_or_create_key(stranger)
    with pytest.raises(IntegrityError):
        verify_bundle(folder, public_key_path(stranger))


@pytest.mark.services
def test_an_exported_log_is_verified_against_the_anchor_file(database, tmp_path):
    """Whole: ok. Cut: found. Without anchors: tail not verified. A named file that is missing is an error."""
    anchors, export = tmp_path / "anchors.jsonl", tmp_path / "audit.jsonl"
    log = AuditLog(database, anchors)
    for number in range(6):
        log.append("replay", {"n": number}, "tester", AT)
    assert export_audit(log, export) == 6
    assert verify_audit_export(export, anchors).ok
    assert not verify_audit_export(export, None).ok
    lines = export.read_bytes().splitlines(keepends=True)
    export.write_bytes(b"".join(lines[:4]))
    assert verify_audit_export(export, anchors).first_bad_seq == 5
    export.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert verify_audit_export(export, anchors).first_bad_seq == 3
    with pytest.raises(FileNotFoundError):
        verify_audit_export(export, tmp_path / "missing.jsonl")


def test_the_verifier_needs_no_database_driver_and_no_model_library():
    """Importing it loads no PostgreSQL driver, no Dagster and no model library."""
    code = (
        "import sys, market_assets.governance.verifier;"
        "heavy = {'psycopg', 'psycopg2', 'dagster', 'xgboost', 'lightgbm', 'catboost', 'sklearn'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
