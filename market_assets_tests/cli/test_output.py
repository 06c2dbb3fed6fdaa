"""What is written where: one JSON document, tables that fit, names from options."""

from __future__ import annotations

import json
import logging
import os
import warnings

import dagster as dg
import pytest

from market_assets.cli import output, verdict
from market_assets.cli.exits import RunFailedError, exit_code
from market_assets.cli.options import split_symbols
from market_assets.core.errors import (
    BadInputError,
    IntegrityError,
    MarketAssetsError,
    NotEnoughDataError,
    ServiceUnavailableError,
)

REASONS = [
    {"gate": "pbo", "value": 0.38360, "comparison": "<=", "threshold": 0.2, "passed": False, "text": "Too high."},
    {"gate": "spa_pvalue", "value": None, "comparison": "<=", "threshold": 0.05, "passed": False, "text": "A gap."},
    {"gate": "observations", "value": 439.0, "comparison": ">=", "threshold": 250, "passed": True, "text": "Enough."},
]
FIGURES = {"sharpe": -1.0351668, "sharpe_low": -2.7, "sharpe_high": None, "annual_return": -0.0200249}


def test_a_document_is_valid_json_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    """NaN and infinity become null, however deep; keys are text."""
    output.emit({"a": float("nan"), "b": [1.5, float("inf"), {"c": (float("-inf"), True)}], "d": {1: None}})
    text = capsys.readouterr().out
    assert json.loads(text) == {"a": None, "b": [1.5, None, {"c": [None, True]}], "d": {"1": None}}
    assert text.endswith("}\n")


def test_what_libraries_print_does_not_reach_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    """Native writes to descriptor 1 go to stderr inside the block, and to stdout again after it."""
    with output.stdout_kept_clean():
        os.write(1, b"noise\n")
    os.write(1, b"result\n")
    assert capfd.readouterr() == ("result\n", "noise\n")


@pytest.mark.filterwarnings("error")
def test_hush_silences_notes_on_beta_and_preview_only() -> None:
    """Any other warning still shows."""
    output.hush()
    warnings.warn("Parameter `x` of function `asset` is currently in beta, and may change.", dg.BetaWarning, 2)
    warnings.warn("Specifying y is currently in preview, and may change.", dg.PreviewWarning, 2)
    with pytest.raises(UserWarning, match="other"):
        warnings.warn("other", UserWarning, 2)


def test_our_log_lines_are_notes_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A Redis that is gone is said once; a second call adds no second handler."""
    output.hush()
    output.hush()
    logging.getLogger("market_assets.resources.cache").warning("Redis at %s is gone", "x:1")
    assert capsys.readouterr() == ("", "  note: Redis at x:1 is gone\n")


def test_tables_fit_in_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """The widest candidates and gates there are."""
    figures = {**FIGURES, "sharpe_high": 12.345, "max_drawdown": -0.0437, "turnover": 1.2345}
    candidates = verdict.candidate_rows([{"name": "random_forest", "figures": figures}])
    output.table("Candidates", verdict.CANDIDATE_COLUMNS, candidates, right=verdict.CANDIDATE_COLUMNS[1:])
    output.table("Gates", ("gate", "value", "rule", "passed"), verdict.gate_rows(REASONS), right=("value",))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("random_forest" in line for line in lines) == 1


def test_candidates_are_rounded_and_gaps_are_dashes() -> None:
    """Sharpe ratios to two decimals, shares in percent."""
    (row,) = verdict.candidate_rows([{"name": "catboost", "figures": FIGURES}])
    assert row == ("catboost", "-1.04", "-2.70", "-", "-2.0%", "-", "-")


def test_gates_show_figure_rule_and_answer() -> None:
    """The figure with four digits; a missing one is a dash and not passed."""
    rows = verdict.gate_rows(REASONS)
    assert [row[:3] for row in rows] == [
        ("pbo", "0.3836", "<= 0.2"),
        ("spa_pvalue", "-", "<= 0.05"),
        ("observations", "439", ">= 250"),
    ]
    assert ["yes" in row[3] for row in rows] == [False, False, True]


def test_cells_are_short() -> None:
    """None, truth and floats as people read them."""
    assert [output.cell(value) for value in (None, True, False, 0.123456, 7, "x")] == [
        "-",
        "yes",
        "no",
        "0.1235",
        "7",
        "x",
    ]


def test_symbols_are_split_checked_and_named_once() -> None:
    """Blanks and repeats go; None stays None."""
    assert split_symbols(None) is None
    assert split_symbols(" AAA, ^GSPC,AAA,,BRK.B") == ["AAA", "^GSPC", "BRK.B"]
    for text, rule in (("", "symbols"), (",", "symbols"), ("AAA,../x", "symbol_allow_list")):
        with pytest.raises(BadInputError) as caught:
            split_symbols(text)
        assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("r", "m"), 2),
        (ServiceUnavailableError("m"), 3),
        (IntegrityError("m"), 4),
        (NotEnoughDataError("m"), 1),
        (RunFailedError("m"), 1),
        (RunFailedError("m", "ValueError"), 1),
        (RunFailedError("m", "BadInputError"), 2),
        (RunFailedError("m", "ServiceUnavailableError"), 3),
        (RunFailedError("m", "IntegrityError"), 4),
    ],
)
def test_exit_codes_follow_the_kind_of_error(error: MarketAssetsError, code: int) -> None:
    """A failed run has the code of what made it fail."""
    assert exit_code(error) == code
