"""The rendered report: complete, honest about gaps, self-contained, safe, and the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from market_assets.core.errors import IntegrityError
from market_assets.reporting.inputs import ReportInput, ReportSeries
from market_assets.reporting.report import render_html, render_markdown
from market_assets_tests.reporting.samples import FAMILIES, RULES, draw_returns, sample_input, sample_page

HOSTILE = "<script>alert(1)</script>|`x`\n# y"


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a promotion."""
    return sample_page()


@pytest.fixture(scope="module")
def refusal() -> str:
    """The page of a refusal."""
    return sample_page(0.0)


def text_of(page: str) -> str:
    """Visible text."""
    return unescape(re.sub(r"<[^>]+>", " ", page))


def with_gaps() -> ReportInput:
    """A report on evidence with missing figures."""
    data = sample_input(0.0)
    missing: dict[str, Any] = dict.fromkeys(("sharpe", "sharpe_low", "deflated_sharpe", "pbo", "spa_consistent"))
    gaps = [{"figure": "pbo", "cause": "a column hardly varies"}]
    folds = [None, *data.evidence["fold_sharpes"][1:]]
    evidence = {**data.evidence, **missing, "best": None, "gaps": gaps, "fold_sharpes": folds}
    return replace(
        data, evidence=evidence, series=replace(data.series, pbo_logits=np.empty(0)), reliability={}, timings=()
    )


def test_the_verdict_stands_on_top(page, refusal):
    """Promoted with its model, or refused with every failed reason."""
    assert "Promoted: xgboost" in page
    assert "Refused" not in page
    assert "Refused: no model was promoted" in refusal
    banner = text_of(refusal[: refusal.index('class="tiles"')])
    for reason in sample_input(0.0).verdict["reasons"]:
        assert (reason["text"] in banner) == (not reason["passed"])


@pytest.mark.parametrize("edge", [0.0012, 0.0])
def test_every_gate_candidate_rule_and_stage_is_shown(edge):
    """Nothing that was judged is left out, in either form."""
    data = sample_input(edge)
    html, markdown = text_of(render_html(data)), render_markdown(data).replace("\\", "")
    for text in (html, markdown):
        for reason in data.verdict["reasons"]:
            assert reason["text"] in " ".join(text.split())
        for name in (*FAMILIES, *RULES):
            assert name.replace("_", " ") in text
        for expected in (
            "57,868",
            "mom_accel",
            "BRK.B: 2017-03-01",
            "812,000",
            "12.2 s",
            "105 fits of 5 configurations",
        ):
            assert expected in text


def test_equal_input_gives_equal_bytes(page):
    """No clock, no random id: a report can be compared by hash."""
    assert render_html(sample_input()) == page
    assert not re.search(r"\b20[2-9]\d-\d\d-\d\d", page), "no date of the day"


def test_the_page_needs_nothing_from_elsewhere(page):
    """No script, no outside address but the names of XML vocabularies."""
    assert "<script" not in page
    addresses = set(re.findall(r"https?://[^\"' ]+", page))
    assert addresses <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    assert re.findall(r"\b(?:src|href)=\"(?!#)", page) == []
    assert "default-src 'none'" in page


def test_plots_are_well_formed_and_share_no_id(page):
    """Six plots, each parsed as XML, each with a title; ids are unique on the page."""
    plots = re.findall(r"<svg .*?</svg>", page, re.DOTALL)
    assert len(plots) == 6
    ids: list[str] = []
    for plot in plots:
        root = ElementTree.fromstring(plot)
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        found = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(found) == len(set(found))
        ids += [str(name) for name in found]
    assert len(ids) == len(set(ids))


def test_missing_figures_are_named_as_missing():
    """A gap is shown with its cause; nothing turns it into a number."""
    data = with_gaps()
    for text in (text_of(render_html(data)), render_markdown(data)):
        assert "not available" in text
        assert "a column hardly varies" in text
        assert "no candidate" in text
        assert not re.search(r"\bnan\b", text, re.IGNORECASE)
    page = render_html(data)
    assert "PBO could not be computed" in page
    assert "no calibration report" in page
    assert "×" in page, "the failed fold is marked"


def test_hostile_text_stays_text():
    """Markup in any stored text is shown, not run; it cannot break a Markdown table either."""
    data = sample_input(0.0)
    reasons = [{**reason, "text": HOSTILE} for reason in data.verdict["reasons"]]
    candidates = [{**data.evidence["candidates"][0], "name": HOSTILE}]
    data = replace(
        data,
        experiment=HOSTILE,
        snapshot={"snapshot_id": HOSTILE, HOSTILE: HOSTILE},
        verdict={**data.verdict, "reasons": reasons},
        evidence={
            **data.evidence,
            "candidates": candidates,
            "best": HOSTILE,
            "gaps": [{"figure": "f", "cause": HOSTILE}],
        },
        series=replace(data.series, candidates={HOSTILE: data.series.candidates["xgboost"]}),
        books={HOSTILE: {}},
        reliability={HOSTILE: data.reliability["xgboost"]},
        champion={HOSTILE: HOSTILE},
        document={HOSTILE: HOSTILE},
    )
    page, markdown = render_html(data), render_markdown(data)
    assert "<script" not in page
    assert "alert(1)" in page
    assert not re.search(r"(?<!\\)<script", markdown)
    columns = 0
    for line in markdown.splitlines():
        borders = len(re.findall(r"(?<!\\)\|", line))
        assert borders == columns or columns == 0 or borders == 0
        columns = borders
        assert not line.startswith("# y")


def test_returns_and_evidence_must_belong_together():
    """PBO is repeated from the stored returns; another value than the stored one stops the report."""
    returns = draw_returns(0.0)
    payload = {**sample_input(0.0).evidence, "pbo": 0.123}
    with pytest.raises(IntegrityError, match="PBO"):
        ReportSeries.from_returns(returns, payload)
    assert ReportSeries.from_returns(returns, {**payload, "pbo": None}).pbo_logits.size == 0


def test_the_series_is_the_walk_forward_span():
    """Nothing before the first walk-forward test fold is drawn."""
    series = sample_input().series
    assert len(series.sessions) == 420
    assert all(np.isfinite(net).all() for net in series.candidates.values())
