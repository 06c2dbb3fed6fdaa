"""The label report: its figures by another route, its gate on planted defects, and its drift."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.labels.drift import LabelDriftPolicy
from market_assets.core.labels.quality import LabelQualityPolicy
from market_assets.core.labels.regimes import REGIMES, behaviour
from market_assets.core.labels.report import label_gate, label_report, report_drift
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.triple_barrier import triple_barrier
from market_assets.core.market.adjust import adjust
from market_assets.core.market.synthetic import SyntheticSpec, synthesize

PANEL = adjust(synthesize(SyntheticSpec(kind="null", symbols=6, years=3.0, seed=2)).panel)
LABELS = triple_barrier(PANEL, LabelSpec())
REPORT = label_report(PANEL, LABELS)
POLICY = LabelQualityPolicy()


def test_the_figures_are_those_of_a_plain_count():
    """Classes, symbols, regimes and barriers agree with loops over the rows."""
    rows = [row for row in range(PANEL.n_rows) if LABELS.defined[row]]
    value = [int(LABELS.label[row]) for row in rows]
    assert [one["count"] for one in REPORT["labels"]["classes"]] == [value.count(one) for one in (-1, 0, 1)]
    assert [one["count"] for one in REPORT["decided"]["classes"]] == [value.count(-1), value.count(1)]
    for number, name in enumerate(PANEL.symbols):
        own = [int(LABELS.label[row]) for row in rows if PANEL.symbol_codes()[row] == number]
        entry = REPORT["symbols"][number]
        assert (entry["symbol"], entry["count"]) == (name, len(own))
        assert entry["shares"] == [own.count(one) / len(own) for one in (-1, 0, 1)]
    regimes = behaviour(PANEL)
    for code, name in enumerate(regimes.names):
        own = [int(LABELS.label[row]) for row in rows if regimes.code[row] == code and LABELS.label[row] != 0]
        assert REPORT["regimes"]["behaviour"][name] == {
            "count": len(own),
            "shares": [own.count(one) / len(own) for one in (-1, 1)],
        }
    sessions = PANEL.sessions()[0]
    for name, code in (("profit", 1), ("stop", -1), ("vertical", 0)):
        own = [row for row in rows if LABELS.barrier[row] == code]
        held = [int(np.sum((sessions > PANEL.ts[row]) & (sessions <= LABELS.end_ts[row]))) for row in own]
        entry = REPORT["barriers"][name]
        assert entry["count"] == len(own)
        assert entry["share"] == pytest.approx(len(own) / len(rows))
        assert entry["sessions"] == pytest.approx(np.mean(held))
        assert entry["ret"] == pytest.approx(np.mean(LABELS.ret[own]))
    assert sum(one["count"] for one in REPORT["barriers"].values()) == len(rows)
    assert REPORT["holding"]["quantiles"]["1"] == LabelSpec().holding
    assert np.datetime64(REPORT["last"]) == PANEL.ts[rows].max()


def test_sound_labels_of_a_market_pass():
    """Every kind of regime is described, and the default policy is met."""
    assert set(REPORT["regimes"]) == set(REGIMES)
    verdict = label_gate(REPORT, POLICY)
    assert verdict.passed, verdict.failures


def _planted(**changes):
    return label_gate(label_report(PANEL, replace(LABELS, **changes)), POLICY)


def _failed(verdict):
    return {reason.gate for reason in verdict.failures}


def test_one_class_of_ninety_nine_percent_is_refused():
    """Balance closes, in the whole and in the regimes, and the reason names the rare class."""
    rare = np.random.default_rng(0).random(PANEL.n_rows) < 0.01
    verdict = _planted(label=np.where(rare, -1, 1).astype(np.int8))
    assert "label_balance" in _failed(verdict)
    assert "Class -1" in verdict.failures[0].text


@pytest.mark.parametrize("kind", ["behaviour", "market"])
def test_a_regime_without_labels_is_refused_by_name(kind):
    """Labels that are undefined wherever one regime rules leave it uncovered."""
    found = REGIMES[kind](PANEL)
    here = found.code == found.names.index("high volatility")
    verdict = _planted(defined=LABELS.defined & ~here, label=np.where(here, 0, LABELS.label).astype(np.int8))
    assert "label_regimes" in _failed(verdict)
    assert any(f"{kind} / high volatility has 0 labels" in reason.text for reason in verdict.failures)


def test_labels_that_hardly_change_are_refused():
    """One class for the first half of the sessions and the other for the second: balanced and worthless."""
    half = PANEL.ts < np.median(PANEL.ts.astype(np.int64)).astype("datetime64[us]")
    assert _failed(_planted(label=np.where(half, -1, 1).astype(np.int8))) >= {"label_persistence"}


def test_flat_labels_are_not_what_a_fit_learns_from():
    """Mostly flat labels fail on amount, although each of the three classes would have its share."""
    flat = np.arange(PANEL.n_rows) % 50 > 0
    assert _failed(_planted(label=np.where(flat, 0, LABELS.label).astype(np.int8))) >= {"label_defined"}


@pytest.mark.parametrize("spoil", [{"regimes": None}, {"regimes": {}}, {"decided": None}, {"decided": {}}])
def test_a_report_that_cannot_be_read_is_refused(spoil):
    """A missing part closes the gate, whatever it is."""
    assert not label_gate({**REPORT, **spoil}, POLICY).passed


def test_without_a_decided_label_there_is_no_report():
    """All flat is a typed error, not a report of zeros."""
    with pytest.raises(NotEnoughDataError, match="no label is defined"):
        label_report(PANEL, replace(LABELS, label=np.zeros(PANEL.n_rows, np.int8)))


def test_drift_sees_the_newest_labels_where_the_whole_hardly_moves():
    """Reversing the last labels moves the newest against before; equal labels move nothing."""
    cut = np.sort(np.unique(PANEL.ts))[-60]
    early = LABELS.defined & (PANEL.ts <= cut)
    before = label_report(PANEL, replace(LABELS, defined=early))
    late = LABELS.defined & ~early
    turned = replace(LABELS, label=np.where(late, -1, LABELS.label).astype(np.int8))
    policy = LabelDriftPolicy(min_labels=50)
    found = report_drift(before, label_report(PANEL, turned), turned, PANEL.ts, policy)
    assert found["newest"]["current"] == late.sum()
    assert found["newest"]["exceeds"]
    assert not found["whole"]["exceeds"]
    assert found["newest"]["psi"] > 10 * found["whole"]["psi"]
    same = report_drift(before, before, replace(LABELS, defined=early), PANEL.ts, policy)
    assert same["whole"]["psi"] == pytest.approx(0.0)
    assert same["newest"]["gaps"]
