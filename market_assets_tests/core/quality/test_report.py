"""The quality report on clean, spoilt and degenerate panels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from market_assets.core.identity import canonical_json
from market_assets.core.market.defects import DEFECTS, plant_defects
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.quality.report import QualityPolicy, QualityReport, assess, assess_symbol

POLICY = QualityPolicy()
CLEAN_TWIN = {
    "missing_sessions": {"completeness"},
    "duplicate_bar": {"duplicates"},
    "high_below_low": {"ohlc_logic"},
    "negative_price": {"positive_prices", "ohlc_logic"},
    "zero_volume": {"zero_volume"},
    "stale_feed": {"stale_feed"},
    "bad_tick": {"extreme_moves", "corporate_actions"},
    "unrecorded_split": {"extreme_moves", "corporate_actions"},
    "phantom_split": {"extreme_moves", "corporate_actions"},
    "dividend_in_cents": {"extreme_moves", "corporate_actions"},
    "local_time_as_utc": {"time_zone_shift"},
    "shifted_day": {"time_zone_shift", "completeness"},
    "known_before_close": {"look_ahead"},
}
"""Rules that may fail for a kind of defect; anything else would be a false alarm."""


@pytest.fixture(scope="module")
def market():
    """The default planted market."""
    return synthesize(SyntheticSpec())


@pytest.mark.parametrize("kind", ["planted", "null"])
@pytest.mark.parametrize("seed", range(5))
def test_a_clean_market_has_no_findings(kind, seed):
    """No error and no warning in ten clean markets."""
    panel = synthesize(SyntheticSpec(kind=kind, seed=seed)).panel
    counts = assess(panel, panel.sessions()[0], POLICY).counts()
    assert (counts["symbols"], counts["errors"], counts["warnings"]) == (46, 0, 0)


@pytest.mark.parametrize("seed", range(8))
def test_every_defect_is_caught_by_its_rule_and_nothing_else_is(market, seed):
    """Recall 1 over all kinds, and no finding at a symbol without a defect."""
    panel, planted = plant_defects(market.panel, seed, list(DEFECTS))
    report = assess(panel, market.panel.sessions()[0], POLICY)
    failed = {symbol.symbol: {rule.rule for rule in symbol.errors} for symbol in report.symbols if not symbol.passed}
    assert set(failed) == {defect.symbol for defect in planted}
    for defect in planted:
        assert defect.rule in failed[defect.symbol]
        assert failed[defect.symbol] <= CLEAN_TWIN[defect.kind]


def test_payload_survives_json(market):
    """A report with findings goes through JSON text and comes back equal; its bytes are canonical."""
    panel, _ = plant_defects(market.panel, 1, list(DEFECTS))
    report = assess(panel, market.panel.sessions()[0], QualityPolicy(max_stale_run=7))
    text = canonical_json(report.to_payload())
    back = QualityReport.from_payload(json.loads(text))
    assert back == report
    assert canonical_json(back.to_payload()) == text
    assert not report.passed


def test_payload_of_unmeasured_rules_survives_json(market):
    """Without expected sessions the report has warnings, no errors, and stays JSON."""
    report = assess(market.panel.select(["P0.0001"]), None, POLICY)
    assert QualityReport.from_payload(json.loads(canonical_json(report.to_payload()))) == report
    assert report.passed
    assert [rule.rule for rule in report.symbols[0].warnings] == ["completeness", "early_end", "time_zone_shift"]


def test_one_symbol_equals_its_line_in_the_whole_report(market):
    """Assessing alone or together says the same."""
    sessions = market.panel.sessions()[0]
    whole = assess(market.panel, sessions, POLICY)
    assert assess_symbol(market.panel.select(["P0.0007"]), sessions, POLICY) == whole.symbols[6]
    with pytest.raises(ValueError, match="one symbol"):
        assess_symbol(market.panel, sessions, POLICY)


def test_a_symbol_without_bars_is_an_error(market):
    """An empty symbol fails instead of passing with nothing to complain about."""
    empty = market.panel.select(["P0.0001"]).take(np.zeros(1258, bool))
    quality = assess_symbol(empty, market.panel.sessions()[0], POLICY)
    assert [rule.rule for rule in quality.errors] == ["no_bars"]


def test_a_looser_limit_lets_a_defect_pass(market):
    """The policy decides: the planted gaps fail at 5 % and pass at 20 %."""
    panel, (defect,) = plant_defects(market.panel, 2, ["missing_sessions"])
    own = panel.select([defect.symbol])
    sessions = market.panel.sessions()[0]
    assert not assess_symbol(own, sessions, POLICY).passed
    assert assess_symbol(own, sessions, QualityPolicy(max_missing=0.2)).passed
