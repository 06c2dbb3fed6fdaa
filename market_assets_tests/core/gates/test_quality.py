"""The quality gate on payloads of quality reports."""

import pytest

from market_assets.core.gates.quality import QualityGatePolicy, quality_gate


def entry(symbol, *, errors=(), warnings=(), passed=None):
    rules = [{"rule": "always", "severity": "error", "passed": True}]
    rules += [{"rule": rule, "severity": "error", "passed": False} for rule in errors]
    rules += [{"rule": rule, "severity": "warning", "passed": False} for rule in warnings]
    return {"symbol": symbol, "passed": not errors if passed is None else passed, "rules": rules}


def verdict(*entries, **policy):
    return quality_gate({"symbols": list(entries)}, QualityGatePolicy(**policy))


def test_clean_symbols_pass_and_warnings_do_not_block():
    """Only rules of severity error decide."""
    assert verdict(entry("A"), entry("B", warnings=["stale"])).passed


def test_one_failed_symbol_refuses_by_default_and_is_named():
    """The reason names symbol and rule."""
    found = verdict(entry("A"), entry("B"), entry("C", errors=["ohlc_logic"]))
    assert not found.passed
    assert [r.gate for r in found.failures] == ["quality_failed_share"]
    assert "C: ohlc_logic" in found.failures[0].text
    assert verdict(entry("A"), entry("B"), entry("C", errors=["x"]), max_failed_symbols=0.34).passed


def test_too_few_good_symbols_refuse():
    """The fewest symbols are counted among those that passed."""
    found = verdict(entry("A"), entry("B", errors=["x"]), max_failed_symbols=1.0)
    assert [r.gate for r in found.failures] == ["quality_symbols"]
    assert not verdict(entry("A")).passed


@pytest.mark.parametrize(
    "odd",
    [
        entry("C", passed=False),
        {"symbol": "C", "passed": True, "rules": []},
        {"symbol": "C", "passed": True, "rules": [{"rule": "r", "severity": "error", "passed": None}]},
        entry("C", errors=["x"], passed=True),
    ],
)
def test_contradictions_count_as_failure(odd):
    """A symbol passes only when its rules and its own verdict agree that it does."""
    assert not verdict(entry("A"), entry("B"), odd).passed


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"symbols": None},
        {"symbols": []},
        {"symbols": [{"symbol": "A"}]},
        {"symbols": [entry("A"), entry("A"), entry("B")]},
        {"symbols": [{**entry("A"), "rules": [{"rule": "r"}]}, entry("B")]},
    ],
)
def test_unreadable_reports_are_refused(payload):
    """A missing or malformed report is a gap with a text, never a pass and never a crash."""
    found = quality_gate(payload, QualityGatePolicy())
    assert not found.passed
    assert all(reason.text for reason in found.reasons)
