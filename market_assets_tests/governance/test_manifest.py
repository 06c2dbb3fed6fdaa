"""The manifest and its canonical form."""

from __future__ import annotations

import json

import pytest

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.identity import canonical_json, sha256_hex
from market_assets.governance.manifest import Manifest, model_version_name
from market_assets_tests.governance.samples import sample_manifest

# The digest of the sample manifest under format 1. It may only change together with manifest.FORMAT:
# bundles of earlier releases must go on verifying.
SAMPLE_DIGEST = "1a60ae52f97221720962092218cb978df5ba75c8a05d39799dfc578ebecec649"


def test_the_canonical_form_round_trips():
    """Bytes to manifest to bytes is the identity."""
    manifest = sample_manifest()
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert manifest.digest == sha256_hex(manifest.to_bytes())


def test_the_canonical_form_is_frozen():
    """The bytes of format 1 stay what they were when the first bundle was signed."""
    assert sample_manifest().digest == SAMPLE_DIGEST


def test_the_name_is_readable_and_allowed():
    """Experiment, family and twelve characters of the fingerprint."""
    assert model_version_name("direction_daily", "elastic_net", "a" * 64) == "direction_daily-elastic_net-" + "a" * 12
    with pytest.raises(BadInputError):
        model_version_name("../x", "xgboost", "a" * 64)


@pytest.mark.parametrize(
    "changes",
    [
        {"model_version": "direction_daily-xgboost-000000000000"},
        {"family": "lightgbm"},
        {"verdict": "maybe"},
        {"gate_report_hash": "none"},
        {"fingerprint": "ABC"},
    ],
)
def test_contradicting_parts_are_refused(changes):
    """A manifest cannot be built from parts that do not belong together."""
    with pytest.raises(ValueError, match="manifest"):
        sample_manifest(**changes)


def test_not_a_number_is_refused():
    """A failed metric cannot enter a manifest as NaN."""
    with pytest.raises(ValueError, match="JSON"):
        sample_manifest(metrics={"sharpe": float("nan")}).to_bytes()


@pytest.mark.parametrize("field", sorted(sample_manifest().to_payload()))
def test_a_missing_or_added_field_is_refused(field):
    """Exactly the fields of the format are read."""
    payload = sample_manifest().to_payload()
    payload["extra_" + field] = 1
    with pytest.raises(IntegrityError):
        Manifest.from_bytes(canonical_json(payload))
    del payload["extra_" + field], payload[field]
    with pytest.raises(IntegrityError):
        Manifest.from_bytes(canonical_json(payload))


def test_the_label_report_came_later():
    """A manifest that names it round-trips; one without is read as before; null is refused."""
    named = sample_manifest(label_report_hash=sha256_hex(b"labels"))
    assert Manifest.from_bytes(named.to_bytes()) == named
    assert named.digest != SAMPLE_DIGEST
    with pytest.raises(ValueError, match="label_report_hash"):
        sample_manifest(label_report_hash="none")
    with pytest.raises(IntegrityError, match="canonical"):
        Manifest.from_bytes(canonical_json({**sample_manifest().to_payload(), "label_report_hash": None}))


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_manifest_is_refused(data):
    """Every failure to read is an integrity error."""
    with pytest.raises(IntegrityError):
        Manifest.from_bytes(data)


def test_another_spelling_of_the_same_content_is_refused():
    """There is one form, so spaces or key order cannot hide anything."""
    with pytest.raises(IntegrityError, match="canonical"):
        Manifest.from_bytes(json.dumps(sample_manifest().to_payload(), sort_keys=True).encode())
