"""The label search section of a card: from the stored payload only, and only where somebody asked for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.search.label_score import LabelFigures
from market_assets.core.search.label_search import LabelTrial, ranked, search_payload
from market_assets.core.search.label_space import SearchLabel
from market_assets.reporting.label_search_tables import best_table, note, window_table
from market_assets.reporting.report import render_html, render_markdown
from market_assets_tests.reporting.samples import sample_input, sample_page

GOOD = SearchLabel("triple_barrier", 8, 0.08, 0.04)
PENNIES = SearchLabel("triple_barrier", 14, 0.03, 0.12)
MINUS = "\N{MINUS SIGN}"


def figures(win_rate: float, expectancy: float, t: float) -> LabelFigures:
    """Figures of one label whose random entries lose the costs."""
    lift = expectancy + 0.002
    return LabelFigures(
        trades=500,
        long_share=0.5,
        held=6.0,
        win_rate=win_rate,
        expectancy=expectancy,
        baseline_win_rate=0.33,
        baseline=-0.002,
        lift=lift,
        low=lift - 0.004,
        high=lift + 0.004,
        error=abs(lift / t),
        t=t,
        pvalue=0.001 if t > 3 else 0.6,
    )


def payload() -> dict[str, Any]:
    """Three trials: a good label, nine wins of ten that lose money, and one that could not be scored."""
    try:
        raise NotEnoughDataError("no entry of the window has an outcome")
    except NotEnoughDataError as error:
        gap = str(error)
    trials = [
        LabelTrial(0, PENNIES, figures(0.91, -0.004, -0.2)),
        LabelTrial(1, GOOD, figures(0.42, 0.011, 5.0)),
        LabelTrial(2, SearchLabel("simple", 14), None, gap),
    ]
    window = {"first": "2016-01-04", "last": "2017-06-30", "sessions": 370, "entries": 500}
    stored = {
        "signal": {"source": "out_of_fold", "family": "random_forest"},
        "space": {"share": 0.2},
        "entry": "next_open",
        "side_bp": 10.0,
        "windows": {"selection": window, "verdict": {**window, "first": "2017-07-24", "last": "2018-12-10"}},
        **search_payload(trials, 40),
        "chosen": {"number": ranked(trials)[0].number, "name": GOOD.name},
        "verdict": {"figures": figures(0.4, 0.006, 2.0).to_payload(), "cause": ""},
    }
    return json.loads(json.dumps(stored))


def test_nine_wins_of_ten_stand_last_and_in_red():
    """The best label first; a share of wins of 91 % with a loss a trade is tinted, and comes last."""
    table = best_table(payload())
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [row["Label"].text for row in rows] == [GOOD.name, PENNIES.name]
    assert (rows[1]["Win rate"].text, rows[1]["Expectancy"].text) == ("91.0%", f"{MINUS}0.40%")
    assert (rows[0]["Expectancy"].tone, rows[1]["Expectancy"].tone) == ("", "bad")
    assert (rows[0]["Deflated"].tone, rows[1]["Deflated"].tone) == ("good", "")
    assert (rows[0]["Driftless wins"].text, rows[1]["Driftless wins"].text) == ("33.3%", "80.0%")
    assert rows[0]["p after search"].text == "0.039"


def test_the_chosen_label_is_shown_on_both_windows():
    """Where it was chosen and on the sessions after; a gap there has its cause and no figure."""
    earlier, later = (tuple(cell.text for cell in row) for row in window_table(payload()).rows)
    assert earlier[:3] == ("selection", "2016-01-04 to 2017-06-30", "500")
    assert later[1] == "2017-07-24 to 2018-12-10"
    assert later[7] == "0.80%"
    gone = payload()
    gone["verdict"] = {"figures": None, "cause": "too few sessions"}
    assert [cell.text for cell in window_table(gone).rows[1]][-1] == "too few sessions"
    gone["chosen"] = None
    assert window_table(gone).rows == ()


def test_the_section_has_its_tables_and_plots():
    """Signal, costs and the number of configurations in words; two plots in the page, none in the text."""
    page = render_html(replace(sample_input(), label_search=payload()))
    assert "<h2>Label search</h2>" in page
    assert "walk-forward scores of random forest" in page
    assert "driftless walk after costs" in page
    assert page.count("stop / (profit + stop)") == 2
    text = render_markdown(replace(sample_input(), label_search=payload()))
    assert "## Label search" in text
    assert "3 trials, 2 of them scored" in note(payload())
    assert "after 20 bp a round trip" in note(payload())
    assert "best expected of 40 worthless labels" in note(payload())
    assert "Label search" not in sample_page()
    assert "Label search" not in render_markdown(sample_input())
