"""The sensitivity section of a card: from the stored payload only, and only where somebody asked for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.statistics.performance import Figures
from market_assets.core.validity.refits import FIGURES
from market_assets.core.validity.sensitivity import Variation, sensitivity
from market_assets.reporting.report import render_html, render_markdown
from market_assets.reporting.sensitivity_tables import spread_table, variation_table
from market_assets_tests.reporting.samples import sample_input, sample_page

GRID = (
    Variation("parameter", "min_leaf", 40),
    Variation("seed", "seed", 1),
    Variation("noise", "features", 0.1),
)


def payload() -> dict[str, Any]:
    """Three variations: a little worse, not fitted, below zero."""

    def evaluate(one: Variation) -> Figures:
        if one.kind == "seed":
            raise NotEnoughDataError("fold wf00: <one> class only")
        sharpe = 1.1 if one.kind == "parameter" else -0.3
        return {"sharpe": sharpe, "max_drawdown": -0.12, "mean": sharpe / 10}

    base = {"sharpe": 1.4, "max_drawdown": -0.08, "mean": 0.14}
    found = sensitivity(base, GRID, evaluate, FIGURES).to_payload()
    stored = {"version": "1", "best": "random_forest", "refits": 18, "left_out": ["seed seed=7"], **found}
    return json.loads(json.dumps(stored))


def test_the_section_shows_every_variation():
    """Family, number of refits, what was left out, each variation with its figures or its cause, escaped."""
    page = render_html(replace(sample_input(), sensitivity=payload()))
    for text in ("<h2>Sensitivity</h2>", "random forest, one change at a time; 18 refits", "parameter min leaf=40"):
        assert text in page
    assert "Left out: seed seed=7." in page
    assert "fold wf00: &lt;one&gt; class only" in page
    text = render_markdown(replace(sample_input(), sensitivity=payload()))
    assert "## Sensitivity" in text
    assert "18 refits of walk-forward folds, each a trial in the ledger. Left out: seed seed=7." in text


def test_the_spread_names_its_worst_variation():
    """Unvaried, smallest, largest, worst drop and where; the variation that failed is counted as missing."""
    (sharpe, drawdown, mean) = (tuple(cell.text for cell in row) for row in spread_table(payload()).rows)
    minus = "\N{MINUS SIGN}"
    assert sharpe == ("Sharpe", "1.40", f"{minus}0.30", "0.40", "1.10", "1.70", "noise features=0.1", "50.0%", "1")
    assert drawdown[:3] == ("Max drawdown", f"{minus}8.0%", f"{minus}12.0%")
    assert mean[0] == "Mean p.a."


def test_a_failed_variation_has_no_figure():
    """Its cells say so; a Sharpe ratio below zero is tinted; without a failure there is no column of causes."""
    found = variation_table(payload())
    rows = {row[0].text: row for row in found.rows}
    assert [cell.text for cell in rows["seed seed=1"][1:]] == ["not available"] * 3 + ["fold wf00: <one> class only"]
    assert rows["noise features=0.1"][1].tone == "bad"
    assert rows["parameter min leaf=40"][1].tone == ""
    sound = payload()
    sound["runs"] = [run for run in sound["runs"] if run["figures"]]
    assert variation_table(sound).columns == ("Variation", "Sharpe", "Max drawdown", "Mean p.a.")


def test_without_a_report_there_is_no_section():
    """Nobody asked: the card does not speak of it."""
    assert "Sensitivity" not in sample_page()
    assert "Sensitivity" not in render_markdown(sample_input())
