"""The section on feature families: from the stored payload only, and only where somebody asked for one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from market_assets.core.validity.ablation import Arm, Lift
from market_assets.core.validity.paired import Paired
from market_assets.plots.ablation_charts import lift_intervals
from market_assets.reporting.ablation_section import figure_table, lift_table
from market_assets.reporting.report import render_ablation, render_html, render_markdown
from market_assets_tests.reporting.samples import sample_input, sample_page

MINUS = "\N{MINUS SIGN}"


def payload() -> dict[str, Any]:
    """Three families: one that lifts, one that harms, and one that could not be fitted."""

    def paired(figure: str, lift: float) -> Paired:
        return Paired(figure, 1.0, 1.0 - lift, lift, lift - 0.3, lift + 0.3, 0.01 if lift > 0.0 else 0.99)

    names = ("sharpe", "mean", "auc", "log_loss")
    lifts = (
        Lift(Arm("technical", "left out", ("volatility",)), tuple(paired(name, 0.8) for name in names), 0.02),
        Lift(Arm("regime", "added", ("technical", "regime")), tuple(paired(name, -0.5) for name in names), 0.99),
        Lift(Arm("alpha158", "added", ("technical", "alpha158")), (), None, "fold wf00: <one> class only"),
    )
    return json.loads(json.dumps({"best": "random_forest", "refits": 18, "lifts": [one.to_payload() for one in lifts]}))


def test_the_section_stands_in_page_and_document():
    """Table in both, plot in the page alone, what cannot be fitted with its cause; without a report no section."""
    data = replace(sample_input(), ablation=payload())
    page, text = render_html(data), render_markdown(data)
    document = render_ablation("direction: feature families", payload())
    assert "<h2>What feature families bring</h2>" in page
    assert page.count("<svg") == sample_page().count("<svg") + 1
    assert "fold wf00: &lt;one&gt; class only" in page
    for one in (text, document):
        assert "## What feature families bring" in one
        assert "random forest, its walk-forward folds refitted" in one
        assert "18 refits, each a trial in the ledger" in one
        assert "by Holm over 3 families, is at most 0.05" in one
        assert "<svg" not in one
    assert "feature families" not in sample_page()
    assert "feature families" not in render_markdown(sample_input())


def test_only_what_shows_lift_is_green():
    """Sharpe ratio with and without, its lift with interval and corrected p-value; a gap has no figure."""
    rows = {row[0].text: row[1:] for row in lift_table(payload()).rows}
    assert [cell.text for cell in rows["technical"]] == [
        *("left out", "1.00", "0.20", "0.80", "0.50 to 1.10", "0.020", "shown", ""),
    ]
    assert [cell.text for cell in rows["regime"]][3:7] == [
        *(f"{MINUS}0.50", f"{MINUS}0.80 to {MINUS}0.20", "0.990", "not shown"),
    ]
    assert [rows[name][6].tone for name in rows] == ["good", "", ""]
    assert [cell.text for cell in rows["alpha158"]][1:6] == ["not available"] * 5
    figures = [(row[0].text, row[1].text, row[4].text) for row in figure_table(payload()).rows]
    assert len(figures) == 8
    assert figures[1] == ("technical", "net mean a year", "80.0%")
    assert figures[7] == ("regime", "log loss", f"{MINUS}0.5000")


def test_the_plot_marks_a_gap():
    """An interval a family with figures, a cross for the one without; equal payloads give equal bytes."""
    drawn = lift_intervals(payload())
    assert drawn == lift_intervals(payload())
    for text in ("technical, left out", "regime, added", "alpha158, added", "\N{MULTIPLICATION SIGN}"):
        assert text in drawn
