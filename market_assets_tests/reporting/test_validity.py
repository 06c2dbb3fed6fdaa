"""The validity section and the gate's error rates on a card: from stored payloads only."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks import publish
from market_assets.core.conformal.coverage import Measured, coverage_report
from market_assets.core.conformal.slicing import Slicing
from market_assets.core.gates.policy import PromotionPolicy
from market_assets.core.validity.card import CardSpec, make_card
from market_assets.reporting.error_rates import measured_error_rates
from market_assets.reporting.readiness import readiness_table
from market_assets.reporting.report import render_html, render_markdown
from market_assets.reporting.validity_tables import coverage_table, slice_table, stress_table, symbol_table
from market_assets_tests.reporting.samples import sample_input, sample_page

SPEC = CardSpec(bootstrap_reps=100)
DOCUMENT = {"name": "direction_daily", "gates": {"promotion": {"version": PromotionPolicy().version}}}
RATES = {
    "policy_version": PromotionPolicy().version,
    "parts": [
        {
            "name": "gate",
            "title": "The gate alone",
            "sizes": {"null_draws": 1000},
            "figures": [{"name": "false promotions", "value": 3, "unit": "of 1000"}],
            "tables": [{"title": "By kind", "columns": ["null", "promoted"], "rows": [["GARCH", 0.25], ["iid", None]]}],
        }
    ],
}


def card(kind: str, name: str, mean: float, seed: int = 0) -> dict[str, Any]:
    """The card of random returns."""
    returns = np.random.default_rng(seed).normal(mean, 0.01, 250)
    return make_card(kind, name, returns, SPEC, 1).to_payload()


def validity() -> dict[str, Any]:
    """A report on two candidates, the first of them the best."""
    generator = np.random.default_rng(3)
    label = generator.integers(0, 2, 800)
    sets = generator.random((800, 2)) < 0.9
    regime = Slicing.of(generator.integers(0, 2, 800), {0: "calm", 1: "wild"})
    coverage = {}
    for name in ("xgboost", "elastic_net"):
        report = coverage_report(
            "adaptive", Measured.classes(sets, label, np.arange(len(label))), 0.1, {"regime": regime}
        )
        worst = {"slice": "wild", "rows": 400, "coverage": 0.871, "gap": 0.029}
        coverage[name] = {"methods": {"adaptive": report.to_payload()}, "left_out": {}, "worst": worst}
    coverage["elastic_net"]["worst"] = None
    return {
        "version": "1",
        "best": "xgboost",
        "events": 2,
        "rivals": [{"name": "momentum_20", "sharpe": 0.4, "difference": 0.031, "low": 0.01, "high": 0.05}],
        "label_bets": [
            {"name": name, "bets": 900, "win_rate": 0.61, "mean": mean, "low": mean - 0.002, "high": mean + 0.002}
            for name, mean in (
                ("every label long", 0.001),
                ("every label short", -0.003),
                ("side of the forecast", 0.002),
            )
        ],
        "coverage": coverage,
        "scorecards": {
            "overall": card("overall", "all", 0.001),
            "by_regime": [card("regime", "calm", 0.004), card("regime", "wild", -0.004)],
            "by_year": [card("year", "2018", 0.001)],
            "by_symbol": [card("symbol", f"S{number:02}", 0.001 * (number - 6), number) for number in range(13)],
        },
        "stress": [
            {"name": "event day", **{side: card("event day", side, 0.0) for side in ("inside", "outside")}},
        ],
    }


@pytest.fixture(scope="module")
def page() -> str:
    data = replace(sample_input(), document=DOCUMENT)
    return render_html(replace(data, validity=validity(), error_rates=RATES))


def test_every_slice_is_on_the_page(page):
    """Coverage, worst slice, stress, regimes, years; the five best and the five worst symbols, not those between."""
    for text in (
        "Where it holds",
        "wild",
        "87.1%",
        "no slice is large enough",
        "event day, inside",
        "calm",
        "2018",
        "momentum 20",
        "61.0%",
    ):
        assert text in page
    assert ">S12<" in page
    assert ">S00<" in page
    assert ">S06<" not in page


def test_error_rates_stand_on_the_card_of_their_policy_only(page):
    """The measured figures of this policy version; for another version the card says that none were measured."""
    assert "The gate alone" in page
    assert "GARCH" in page
    other = replace(sample_input(), document={**DOCUMENT, "gates": {"promotion": {"version": 99}}}, error_rates=RATES)
    card = render_html(other)
    assert "no error rates were measured" in card
    assert "The gate alone" not in card


def test_markdown_says_the_same():
    """The same sections, as tables."""
    text = render_markdown(replace(sample_input(), document=DOCUMENT, validity=validity(), error_rates=RATES))
    for heading in ("## Where it holds", "### Stress windows", "## How often this gate is fooled", "#### By kind"):
        assert heading in text


def test_a_clear_slice_is_tinted():
    """Green where the interval lies above zero, red where it lies below."""
    tones = {row[0].text: row[2].tone for row in slice_table(validity()).rows}
    assert (tones["calm"], tones["wild"]) == ("good", "bad")
    assert len(stress_table(validity()).rows) == 2
    assert len(symbol_table(validity()).rows) == 10
    assert coverage_table(validity()).rows[0][0].tone == "strong"


def test_readiness_answers_from_the_records():
    """Yes, no and not known, each with its figure: forecasts that do not beat the labels' shape are not ready."""
    data = replace(sample_input(), document=DOCUMENT, validity=validity(), error_rates=RATES)
    answers = {row[1].text: (row[0].text, row[2].text) for row in readiness_table(data).rows}
    assert answers["Is the data sound?"][0] == "yes"
    assert answers["Do features know only the past?"] == ("no", "regime")
    assert answers["Does it beat every simple rule?"][0] == "yes"
    assert answers["Does the forecast beat the shape of the labels?"][0] == "no"
    assert answers["Are the gate's error rates known?"][0] == "yes"
    without = {row[1].text: row[0].text for row in readiness_table(sample_input()).rows}
    assert without["Does it beat simple rules?"] == "not known"
    assert without["Are the gate's error rates known?"] == "no"


def test_readiness_shows_the_headline_with_its_intervals():
    """Sharpe ratio, drawdown, Calmar ratio and days of the judged candidate; the size where one was promoted."""
    data = sample_input()
    answers = {row[1].text: (row[0].text, row[2].text) for row in readiness_table(data).rows}
    figures = next(one["figures"] for one in data.evidence["candidates"] if one["name"] == data.evidence["best"])
    answer, text = answers["Is the whole interval of the Sharpe ratio above zero?"]
    assert answer == ("yes" if figures["sharpe_low"] > 0 else "no")
    assert f"{figures['sharpe']:.2f}" in text
    assert answers["Does a year earn the deepest drawdown back?"][0] == ("yes" if figures["calmar"] >= 1 else "no")
    assert answers["Are more days won than lost?"][0] == ("yes" if figures["hit_rate"] > 0.5 else "no")
    limits = {1_000_000: "yes", 600_000_000: "no", None: "not known"}
    for size, expected in limits.items():
        sized = replace(data, champion=None if size is None else {"bytes": size})
        found = {row[1].text: row[0].text for row in readiness_table(sized).rows}
        assert found["Is the model smaller than 500 MB?"] == expected


def test_without_a_report_there_is_no_section():
    """A snapshot judged before validity was measured still gets its page."""
    assert "Where it holds" not in sample_page()


def test_the_shipped_rates_belong_to_the_shipped_policy():
    """The file beside the experiments is of the present policy version, and every part has figures."""
    shipped = measured_error_rates()
    assert shipped["policy_version"] == PromotionPolicy().version
    assert all(part["figures"] and part["title"] for part in shipped["parts"])


def test_publish_takes_figures_and_chosen_tables(tmp_path, monkeypatch):
    """Figures and the named tables of a full-size result go in, a quick one is refused, a missing one left out."""
    target = tmp_path / "evidence.json"
    monkeypatch.setattr(publish, "TARGET", target)
    figure = {"name": "false promotions", "value": 1, "unit": "of 9", "limit": None, "source": None, "passed": None}
    tables = [{"title": f"{name} of it", "columns": ["a"], "rows": [[1]]} for name in ("Power", "Refusals")]
    document = {"benchmark": "gate", "title": "T", "sizes": {}, "quick": False, "figures": [figure], "tables": tables}
    (tmp_path / "gate.json").write_text(json.dumps(document))
    publish.main(tmp_path)
    (part,) = json.loads(target.read_text())["parts"]
    assert [one["title"] for one in part["tables"]] == ["Power of it"]
    assert part["figures"] == [{"name": "false promotions", "value": 1, "unit": "of 9"}]
    (tmp_path / "gate.json").write_text(json.dumps({**document, "quick": True}))
    with pytest.raises(publish.typer.BadParameter, match="quick figures"):
        publish.main(tmp_path)


def test_event_days_are_shown_only_where_dates_are_named():
    """Without dates the window is empty by making, which is no finding."""
    named = [row[0].text for row in stress_table(validity()).rows]
    without = [row[0].text for row in stress_table({**validity(), "events": 0}).rows]
    assert [name for name in named if name not in without] == ["event day, inside", "event day, outside"]
