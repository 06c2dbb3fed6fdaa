"""Tables of the report: every figure in its own unit, and no column without content."""

from __future__ import annotations

from market_assets.reporting.tables import Cell, Table, gate_table, timing_table
from market_assets_tests.reporting.samples import sample_input


def test_gate_figures_have_their_units():
    """Shares in per cent, probabilities with three digits, a resampled zero as below one replication."""
    reasons = [
        {"gate": "max_drawdown", "value": 0.02909, "comparison": "<=", "threshold": 0.2, "passed": True, "text": "a"},
        {"gate": "spa_pvalue", "value": 0.0, "comparison": "<=", "threshold": 0.05, "passed": True, "text": "b"},
        {"gate": "deflated_sharpe", "value": None, "comparison": ">=", "threshold": 0.95, "passed": False, "text": "c"},
        {"gate": "later_rule", "value": 1.25, "comparison": "==", "threshold": 2.0, "passed": False, "text": "d"},
    ]
    rows = [[cell.text for cell in row] for row in gate_table({"reasons": reasons}, 1000).rows]
    assert rows[0] == ["passed", "max drawdown", "2.9%", "≤ 20.0%", "a"]
    assert rows[1] == ["passed", "SPA p-value", "< 0.001", "≤ 0.05", "b"]
    assert rows[2][2] == "not available"
    assert rows[3][1:4] == ["later rule", "1.25", "= 2"]


def test_every_rule_of_the_policy_has_a_name_and_a_unit():
    """A rule of the promotion gate without a format of its own would show up here."""
    table = gate_table(sample_input().verdict, 1000)
    assert len(table.rows) == len(sample_input().verdict["reasons"]) > 5
    assert not any("_" in row[1].text for row in table.rows)


def test_columns_without_content_are_left_out():
    """An empty column says nothing; a table without rows keeps its heading."""
    table = Table(("a", "b", "c"), ((Cell("1"), Cell(""), Cell("")), (Cell(""), Cell(""), Cell("2"))))
    assert table.without_empty().columns == ("a", "c")
    assert [cell.text for cell in table.without_empty().rows[1]] == ["", "2"]
    assert Table(("a", "b"), ()).without_empty().columns == ("a", "b")


def test_stages_end_with_their_sum():
    """The last row is the time of all stages; a stage without a figure does not count as zero seconds of memory."""
    rows = timing_table(
        [{"stage": "bars", "seconds": 1.5, "peak_rss_mb": 300.0}, {"stage": "gate", "seconds": 2.0}]
    ).rows
    assert [cell.text for cell in rows[-1]] == ["all stages", "3.5 s", ""]
    assert rows[1][2].text == "not available"
    assert timing_table([]).rows == ()
