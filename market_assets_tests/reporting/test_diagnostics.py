"""The sections on features and importance: from stored payloads only, in the page, in Markdown and as a document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from market_assets.core.diagnostics.feature_report import diagnose_features
from market_assets.plots.feature_charts import feature_plots, importance_plots, standing
from market_assets.reporting.diagnostics_section import diagnostics_sections
from market_assets.reporting.feature_tables import coefficient_table, decay_table, small, state_table
from market_assets.reporting.importance_tables import permutation_table, stability_table
from market_assets.reporting.report import render_features, render_html, render_markdown
from market_assets_tests.core.diagnostics.test_feature_report import SECTORS, SPEC, world
from market_assets_tests.reporting.samples import sample_input, sample_page

MODEL = {"gain": 0.2, "gain_std": 0.1, "in_top": 2, "permutation_folds": [None], "direction": -0.8}
IMPORTANCE: dict[str, Any] = {
    "spec": {"top": 20},
    "between": 0.5,
    "flagged": {"never used": 0, "unstable importance": 0, "misleads": 1},
    "families": {
        "random_forest": {
            "folds": 9, "used": 5, "unit": "probability", "cause": "", "gain_correlation": 0.7,
            "contribution_correlation": 0.6, "permutation_correlation": None,
            "top": {"value": 0.68, "low": 0.6, "high": 0.7, "overlap": 0.71, "chance": 0.1},
        },
        "prophet": {
            "folds": 9, "used": 5, "unit": "", "cause": "prophet has no exact contributions",
            "gain_correlation": 0.1, "contribution_correlation": None, "permutation_correlation": 0.2, "top": None,
        },
    },
    "features": [
        {
            "name": "oracle", "family": "own", "gain": 0.2, "flags": {"misleads": "shuffling <it> improves 3 of 3"},
            "models": {
                "random_forest": {**MODEL, "permutation": -0.0003, "contribution": 0.31},
                "prophet": {**MODEL, "permutation": None, "contribution": None, "direction": None},
            },
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def features() -> dict[str, Any]:
    """Diagnostics of a small market, as they are stored."""
    return json.loads(json.dumps(diagnose_features(*world(), SECTORS, SPEC, {"oracle": "own"}, 7)))


def test_both_sections_stand_in_page_and_document(features):
    """Every table in both, plots in the page alone; without payloads there is no section."""
    data = replace(sample_input(), features=features, importance=IMPORTANCE)
    html, markdown, document = render_html(data), render_markdown(data), render_features("t", features, IMPORTANCE)
    for section in diagnostics_sections(features, IMPORTANCE):
        for block in section.blocks:
            assert block.title in html
            assert (f"### {block.title}" in markdown) == (f"### {block.title}" in document) == bool(block.table)
    assert html.count("<svg") == sample_page().count("<svg") + 5
    assert "<svg" not in document
    assert "shuffling &lt;it&gt; improves" in html
    assert "shuffling \\<it\\> improves" in document
    assert "<h2>Features</h2>" not in sample_page()


def test_tables_show_the_stored_figures(features):
    """The planted feature leads; its twin stands behind it; coefficients carry sign and t; missing ones are named."""
    lead = standing(features, 1)[0]
    assert coefficient_table(features).rows[0][0].text == lead["name"]
    assert len(coefficient_table(features).rows) == len(standing(features, 99)) < len(features["features"])
    cell = decay_table(features).rows[0][1].text
    assert cell.startswith(f"+{lead['decay'][0]:.3f} (")
    assert state_table(features).columns[1] == f"low volatility ({features['state_sessions']['low volatility']:,})"
    assert [small(value) for value in (None, 0.0, 0.034)] == ["not available", "< 0.0001", "0.034"]
    shuffles = permutation_table(IMPORTANCE).rows[0]
    assert [cell.text for cell in shuffles] == ["oracle", "−3.0", "not shuffled"]
    assert shuffles[1].tone == "bad"
    assert "not available" in [cell.text for cell in stability_table(IMPORTANCE).rows[1]]


def test_plots_are_the_same_bytes_every_time(features):
    """Equal payloads give equal files; a market without coefficients gives none."""
    assert feature_plots(features) == feature_plots(features)
    assert importance_plots(IMPORTANCE) == importance_plots(IMPORTANCE)
    empty = {**features, "features": [{**one, "t": None} for one in features["features"]]}
    assert feature_plots(empty) == {}
    assert "Strongest features" not in render_features("t", empty, None)
