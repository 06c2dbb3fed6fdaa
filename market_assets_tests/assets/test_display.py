"""Figures for the UI: readable, and a missing one never becomes a number."""

import pytest

from market_assets.assets.display import books, numbers, reasons, rounded
from market_assets.core.gates.verdict import Verdict, judge


@pytest.mark.parametrize(
    ("value", "shown"), [(0.2513402938, 0.25134), (123456.789, 123457.0), (1e-9, 1e-9), (-0.0, 0.0), (3.0, 3.0)]
)
def test_six_significant_digits_are_kept(value, shown):
    """Rounding follows the size of the figure, not its decimals."""
    assert rounded(value) == shown


def test_missing_figures_and_texts_are_left_out():
    """A plot over partitions must not show a gap as zero."""
    assert numbers({"a": None, "b": "text", "c": 2, "d": 0.123456789}) == {"c": 2, "d": 0.123457}


def test_a_table_of_books_marks_what_is_missing():
    """One row a book in the given order, a dash for a figure that is not there."""
    table = books({"xgboost": {"sharpe": 1.23456, "turnover": None}}, ("sharpe", "turnover", "volatility"))
    (row,) = table.records
    assert row.data == {"book": "xgboost", "sharpe": "1.235", "turnover": "-", "volatility": "-"}


def test_every_rule_of_a_verdict_is_a_row():
    """Value, rule and words of passed and failed rules alike; a gap is a dash."""
    verdict = Verdict.of([judge("pbo", 0.5, "<=", 0.2, "Too high."), judge("sharpe", None, ">=", 0.5, "Missing.")])
    rows = [row.data for row in reasons(verdict)["reasons"].records]
    assert rows[0] == {
        "gate": "pbo",
        "passed": False,
        "value": "0.5",
        "rule": "<=\N{NO-BREAK SPACE}0.2",
        "why": "Too high.",
    }
    assert rows[1]["value"] == "-"
    assert reasons(Verdict.of([])) == {}
