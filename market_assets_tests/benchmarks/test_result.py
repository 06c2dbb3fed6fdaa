"""Figures, limits and the JSON of a result."""

import json

import pytest

from benchmarks.result import Figure, Limit, Result, Table, figure_rows

AT_MOST = Limit("<=", 5.0, "somebody")


@pytest.mark.parametrize(
    ("limit", "value", "passed"),
    [
        (AT_MOST, 5.0, True),
        (AT_MOST, 5.1, False),
        (AT_MOST, float("nan"), False),
        (Limit(">=", 5, "somebody"), 5, True),
        (Limit(">=", 5, "somebody"), 4, False),
        (Limit("==", 0, "somebody"), 0, True),
        (Limit("==", 0, "somebody"), 1, False),
        (AT_MOST, None, False),
        (None, 7.0, None),
    ],
)
def test_a_limit_holds_or_not(limit, value, passed):
    """The threshold itself passes; a figure that is missing or no number keeps no limit."""
    assert Figure("x", value, limit=limit).passed is passed


def test_result_passes_only_without_a_missed_limit():
    """One missed limit fails the result; figures without a limit decide nothing."""
    good = Result("a", "A", {}, (Figure("x", 1.0, "s", AT_MOST), Figure("y", 99.0)))
    bad = Result("a", "A", {}, (*good.figures, Figure("z", 6.0, "s", AT_MOST)))
    assert good.passed
    assert not bad.passed
    assert [row[-2:] for row in figure_rows(bad.figures)] == [("<= 5", "PASS"), ("", ""), ("<= 5", "FAIL")]


def test_result_survives_json():
    """Figures, limits and tables come back from JSON."""
    result = Result("a", "A", {"n": 2}, (Figure("x", 1.0, "s", AT_MOST),), (Table("T", ("k",), (("v",),)),))
    back = json.loads(json.dumps(result.to_payload()))
    assert back["figures"][0]["limit"] == "<= 5.0"
    assert back["figures"][0]["passed"] is True
    assert back["tables"] == [{"title": "T", "columns": ["k"], "rows": [["v"]]}]
