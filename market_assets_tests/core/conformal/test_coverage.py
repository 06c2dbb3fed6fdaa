"""Coverage by slice, and the gate reason made of it."""

import json

import numpy as np
import pytest

from market_assets.core.conformal.coverage import Measured, coverage_report
from market_assets.core.conformal.slicing import Slicing
from market_assets.core.errors import NotEnoughDataError

SETS = np.array([[1, 1], [1, 0], [0, 0], [0, 1], [1, 0], [0, 1]], bool)
LABEL = np.array([0, 0, 1, 1, 1, 0])
NAMES = {"year": [2015, 2015, 2015, 2016, 2016, 2016], "symbol": list("aabbab")}
SLICES = {kind: Slicing.of(names) for kind, names in NAMES.items()}


def test_worked_example():
    """Six sets: three cover; by year 2 of 3 and 1 of 3; sizes, empty and full sets are counted."""
    report = coverage_report("split", Measured.classes(SETS, LABEL, np.arange(6)), 0.1, SLICES)
    assert report.nominal == 0.9
    assert (report.overall.n, report.overall.covered, report.overall.coverage) == (6, 3, 0.5)
    assert (report.overall.size, report.overall.empty) == pytest.approx((1.0, 1 / 6))
    assert (report.overall.single, report.overall.full) == pytest.approx((4 / 6, 1 / 6))
    found = {(part.kind, part.name): (part.covered, part.n) for part in report.slices}
    assert found[("year", "2015")] == (2, 3)
    assert found[("year", "2016")] == (1, 3)
    assert found[("symbol", "a")] == (2, 3)
    assert all(part.low <= part.coverage <= part.high for part in report.slices)
    assert json.loads(json.dumps(report.to_payload())) == report.to_payload()


def test_worst_slice_may_lie_on_either_side():
    """A slice that covers far too much is as wrong as one that covers too little; small slices do not count."""
    label = np.zeros(60, int)
    sets = np.zeros((60, 2), bool)
    sets[:10, 0] = True  # slice a: all of 10, slice b: 25 of 40, slice c: none of 10
    sets[10:35, 0] = True
    report = coverage_report(
        "split",
        Measured.classes(sets, label, np.arange(60)),
        0.4,
        {"name": Slicing.of(list("a" * 10 + "b" * 40 + "c" * 10))},
    )
    assert report.worst(10).name == "c"
    assert report.worst(11).name == "b"
    assert report.worst(41) is None
    over = coverage_report(
        "split",
        Measured.classes(sets[:50], label[:50], np.arange(50)),
        0.4,
        {"name": Slicing.of(list("a" * 10 + "b" * 40))},
    )
    assert over.worst(5).name == "a"
    assert over.worst(5, kinds=["year"]) is None


def test_sessions_of_a_slice_are_counted_once():
    """A slice of many rows on few sessions is too small when sessions are asked for."""
    session = np.repeat([0, 1, 2, 3], 15)
    sets, label = np.ones((60, 2), bool), np.zeros(60, int)
    slices = {"name": Slicing.of(list("a" * 30 + "b" * 30))}
    sets[:30, 0] = False
    report = coverage_report("split", Measured.classes(sets, label, session), 0.4, slices)
    assert [part.sessions for part in report.slices] == [2, 2]
    assert report.overall.sessions == 4
    assert report.worst(30, 2).name == "a"
    assert report.worst(30, 3) is None


def test_intervals_worked_example():
    """Covered within the half-width; infinite intervals cover, empty ones do not, and neither has a size."""
    sets = Measured.intervals([0.5, 2.0, 1.0, 0.0, 9.0], [1.0, 1.0, 1.0, -np.inf, np.inf], [0, 0, 1, 1, 2])
    found = coverage_report("interval", sets, 0.1, {}).overall
    assert (found.covered, found.n, found.sessions) == (3, 5, 3)
    assert (found.size, found.empty, found.single, found.full) == (1.0, 0.2, 0.6, 0.2)


def test_crossed_slices_are_the_pairs_that_occur():
    """Regime codes carry their names, -1 too; crossed with years, only pairs with rows are slices."""
    regime = Slicing.of([1, -1, 0, 1], {0: "calm", 1: "wild", -1: "unknown"})
    assert regime.names == ("unknown", "calm", "wild")
    crossed = regime.cross(Slicing.of([2015, 2015, 2016, 2015]))
    assert [crossed.names[code] for code in crossed.codes] == [
        "wild, 2015",
        "unknown, 2015",
        "calm, 2016",
        "wild, 2015",
    ]
    assert len(crossed.names) == 3
    assert Slicing.of([7]).names == ("7",)


def test_no_rows_have_no_coverage():
    """Coverage of nothing is a gap, never 0 or 1."""
    with pytest.raises(NotEnoughDataError, match="coverage"):
        coverage_report("split", Measured.classes(np.zeros((0, 2), bool), [], []), 0.1, {})
