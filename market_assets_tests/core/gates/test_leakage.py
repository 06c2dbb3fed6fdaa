"""The leakage gate on payloads of the causality proof."""

import pytest

from market_assets.core.gates.leakage import leakage_gate


def entry(family, cuts=3, count=0, **more):
    return {"family": family, "cuts": cuts, "violations_count": count, **more}


def test_proven_families_pass():
    """Every family with a cut and without a violation; cuts may be listed or counted."""
    assert leakage_gate({"families": [entry("technical"), entry("regime", cuts=["2016-01-04"])]}).passed


def test_one_violation_refuses_and_names_the_family():
    """Only the reason of the leaking family fails."""
    found = leakage_gate({"families": [entry("technical"), entry("regime", count=1)]})
    assert [r.gate for r in found.failures] == ["leakage_violations[regime]"]


def test_no_cut_is_no_proof():
    """Zero violations at zero cuts prove nothing."""
    found = leakage_gate({"families": [entry("technical", cuts=[])]})
    assert [r.gate for r in found.failures] == ["leakage_cuts[technical]"]


def test_a_required_family_that_was_not_tried_refuses():
    """What the training set uses must have been put to the proof."""
    found = leakage_gate({"families": [entry("technical")]}, required=("technical", "volatility"))
    assert [r.gate for r in found.failures] == ["leakage_cuts[volatility]"]
    assert found.failures[0].value is None


def test_the_payload_of_the_proof_itself_fits():
    """``count``, ``compared``, ``leaks`` and listed violations are read, and the worst of them counts."""
    proof = {"family": "t", "cuts": ["x"], "count": 0, "compared": 10, "leaks": [], "violations": [], "passed": True}
    assert leakage_gate({"families": [proof]}).passed
    assert not leakage_gate({"families": [{**proof, "compared": 0, "passed": False}]}).passed
    assert not leakage_gate({"families": [{**proof, "violations": [{"feature": "f"}]}]}).passed
    assert not leakage_gate({"families": [{**proof, "leaks": ["f"]}]}).passed
    assert not leakage_gate({"families": [{**proof, "passed": False}]}).passed


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"families": []},
        {"families": None},
        {"families": [{"family": "t", "cuts": 1}]},
        {"families": [entry("t"), entry("t")]},
        {"families": [entry("t", count=-1)]},
        {"families": [entry("t", count=None)]},
        {"families": [entry("t", count=False)]},
        {"families": [entry("t", count=float("nan"))]},
    ],
)
def test_unreadable_proofs_are_refused(payload):
    """A missing or malformed proof is a gap with a text, never a pass and never a crash."""
    found = leakage_gate(payload)
    assert not found.passed
    assert all(reason.text for reason in found.reasons)


def fit(name="scaler", compared=9, violations=0):
    return {"name": name, "compared": compared, "violations_count": violations, "variants": []}


def known(late=0, violations=0, rows=100):
    return {"rows": rows, "late_rows": late, "cuts": ["x"], "compared": 10, "violations_count": violations}


def gates(payload, **asked):
    return [reason.gate for reason in leakage_gate({"families": [entry("t")], **payload}, **asked).failures]


def test_fitted_objects_are_judged():
    """A violation, a proof of nothing and a missing object refuse, each under its name."""
    assert gates({"fitted": [fit()]}, fitted=("scaler",)) == []
    assert gates({"fitted": [fit(violations=2)]}) == ["leakage_fitted_violations[scaler]"]
    assert gates({"fitted": [fit(compared=0)]}) == ["leakage_fitted[scaler]"]
    assert gates({}, fitted=("scaler",)) == ["leakage_fitted[scaler]"]
    assert gates({"fitted": [{"name": "scaler"}]}) == ["leakage_report"]


def test_late_bars_and_wrong_reads_are_judged():
    """Few late bars are let through, more are not; one bar that was not known by then is too many."""
    assert gates({"known_at": known(late=5)}, max_late_share=0.05) == []
    assert gates({"known_at": known(late=6)}, max_late_share=0.05) == ["leakage_late_share"]
    assert gates({"known_at": known(late=100)}) == []
    assert gates({"known_at": known(violations=1)}) == ["leakage_as_of"]
    assert gates({"known_at": known(rows=0)}, max_late_share=0.05) == ["leakage_late_share"]
    assert gates({}, max_late_share=0.05) == ["leakage_late_share"]
