"""Second opinions and the gap between the samples on the card, from the payloads of the real statistics."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from market_assets.core.validity.sample_gap import sample_gap
from market_assets.core.validity.second_opinions import second_opinions
from market_assets.reporting.opinion_tables import opinion_note, opinion_table, significance_table
from market_assets.reporting.readiness import readiness_table
from market_assets.reporting.report import render_html, render_markdown
from market_assets_tests.core.gates.worlds import NAMES, draw
from market_assets_tests.reporting.samples import sample_input
from market_assets_tests.reporting.test_validity import validity

QUESTION = "Is out of sample within 10 % of in sample?"


def asked(net: np.ndarray, names=NAMES, best="a") -> dict[str, Any]:
    """The stored form of second opinions, through JSON."""
    found = second_opinions(
        net,
        names,
        best,
        trials=1025,
        trial_variance=1 / len(net),
        periods_per_year=252,
        reps=200,
        mean_block=10.0,
        seed=1,
    )
    return json.loads(json.dumps(found.to_payload()))


@pytest.fixture(scope="module")
def opinions() -> dict[str, Any]:
    return asked(draw(5, edge=2.0)[0])


def test_every_figure_has_its_row(opinions):
    """One row a figure or interval, none without words, and every number on the page is the stored one."""
    table = opinion_table(opinions)
    helpers = {
        "sharpe",
        "hurdle",
        "autocorrelation",
        "sharpe_lo",
        "autocorrelations",
        "sharpe_lo_ar1",
    }  # stand in the words of others
    ends = {f"{kind}_{end}" for kind in ("stationary", "circular") for end in ("low", "high")}
    assert len(table.rows) == len(set(opinions["figures"]) - helpers - ends) + 2
    assert all(row[2].text and "None" not in row[2].text for row in table.rows)
    shown = {row[0].text: row[1].text for row in table.rows}
    figures = opinions["figures"]
    assert shown["deflated Sharpe, 2025 form"] == f"{figures['deflated_2025']:.3f}"
    assert shown["minimum backtest length, years"] == f"{figures['min_backtest_years']:.2f}"
    assert shown["effective trials, clusters"] == f"{figures['trials_clusters']:.2f}"
    ends = f"{figures['circular_low']:.2f} to {figures['circular_high']:.2f}".replace("-", "\N{MINUS SIGN}")
    assert shown["Sharpe, 95% interval, circular bootstrap"] == ends
    assert "1,025 trials" in opinion_note(opinions)


def test_the_section_is_on_both_pages(opinions):
    """Heading, note, figures and candidates, in HTML and in Markdown."""
    data = replace(sample_input(), validity={**validity(), "second_opinions": opinions, "sample_gap": None})
    for text in (render_html(data), render_markdown(data)):
        for part in (
            "Second opinions",
            "2025 form",
            "Candidates as tests",
            "Benjamini-Yekutieli",
            "Reality Check",
            QUESTION,
        ):
            assert part in text
    assert "Second opinions" not in render_html(replace(data, validity=validity())), "a report of an older version"


def test_a_missing_figure_shows_its_cause():
    """An idle candidate and a losing best one: not available, and why; a small p-value keeps its size."""
    net = draw(5)[0][:100]
    net[:, 0] -= net[:, 0].mean() + 0.001
    net[:, 1] = 0.0
    net[:, 2] += 0.01
    table, tests = opinion_table(asked(net)), significance_table(asked(net))
    rows = {row[0].text: row for row in table.rows}
    for label in ("minimum backtest length, years", "haircut Sharpe, Bonferroni, normal"):
        assert rows[label][1].text == "not available"
        assert rows[label][2].text.startswith("Could not be computed: ")
    idle = tests.rows[1]
    assert (idle[0].text, idle[1].text) == ("b", "not available")
    assert "never vary" in idle[-1].text
    assert "e-" in tests.rows[2][1].text
    assert [row[5].text for row in tests.rows] == ["no", "no", "yes", "no", "no"]
    (alone,) = significance_table(asked(net[:, 2:3], ("c",), "c")).rows
    assert alone[6].text == "not available"
    assert "two models" in alone[7].text


@pytest.mark.parametrize(
    ("sides", "answer", "words"),
    [
        ((2.0, 1.9), "yes", "5.0% lost"),
        ((2.0, 0.5), "no", "75.0% lost"),
        ((2.0, 2.5), "no", "25.0% gained"),
        ((-1.0, 0.5), "no", "nothing was earned in sample"),
        ((2.0, None), "not known", "out of sample: never traded"),
    ],
)
def test_readiness_reads_the_gap_as_it_is(sides, answer, words):
    """Within a tenth or not, what was lost, and no answer where a side is missing."""
    gap = {**sample_gap("sharpe", *sides).to_payload(), "cause": "out of sample: never traded"}
    data = replace(sample_input(), validity={**validity(), "sample_gap": gap})
    row = next(row for row in readiness_table(data).rows if row[1].text == QUESTION)
    assert row[0].text == answer
    assert words in row[2].text


def test_without_models_the_gap_is_not_known():
    """A caller without models, or a report of an older version."""
    for payload in (validity(), {**validity(), "sample_gap": None}):
        rows = readiness_table(replace(sample_input(), validity=payload)).rows
        assert [row[0].text for row in rows if row[1].text == QUESTION] == ["not known"]
