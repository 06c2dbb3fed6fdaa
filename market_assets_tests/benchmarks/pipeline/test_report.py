"""The arithmetic of the report."""

import json

import pytest
from scipy.stats import beta

from benchmarks.pipeline.bins import by_truth
from benchmarks.pipeline.chart import draw_power
from benchmarks.pipeline.record import Failure, Record
from benchmarks.pipeline.report import null_table, power_table, refusal_table, rules_table, truth_table
from benchmarks.pipeline.rules import RULES, rate
from benchmarks.pipeline.store import Store, latest
from benchmarks.pipeline.truth import Truth
from benchmarks.suite.pipeline import summarise


def record(kind="iid", index=0, *, null=True, truth=None, **others):
    """A run with a verdict."""
    measured = None if truth is None else Truth(truth, 0.2, 5040, idle=False)
    return Record(kind, index, 1, null, "one", 2.0, truth=measured, observations=615, **others)


def nulls():
    """Ten runs of two kinds: one promoted, one failed, eight refused."""
    runs = [record(index=index, refused=("pbo",), sharpe=0.2, pbo=0.4, probabilistic_sharpe=0.6) for index in range(4)]
    runs += [record("garch", index, refused=("pbo", "spa_pvalue"), sharpe=-0.2, pbo=0.6) for index in range(4)]
    runs.append(record(index=8, promoted=True, sharpe=2.0, pbo=0.1, probabilistic_sharpe=0.99, truth=-0.3))
    runs.append(record("garch", 9, failure=Failure("NotEnoughDataError", "no rows")))
    return runs


def planted():
    """Six runs with a true Sharpe ratio around 1, three promoted, one of them worthless."""
    values = [(0.9, True), (1.0, False), (1.1, True), (1.2, False), (-0.1, True), (0.1, False)]
    return [
        record("edge_0.1", index, null=False, truth=truth, promoted=promoted, refused=() if promoted else ("pbo",))
        for index, (truth, promoted) in enumerate(values)
    ]


def test_false_promotions_have_exact_intervals():
    """A failed run counts in the denominator; the interval is that of the beta distribution."""
    rows = {row[0]: row[1:] for row in null_table(nulls() + planted()).rows}
    assert rows["iid"][:3] == (1, 5, 0.2)
    assert rows["garch"][:3] == (0, 5, 0.0)
    hits, count, share, low, high, failed = rows["all nulls"]
    assert (hits, count, share, failed) == (1, 10, 0.1, 1)
    assert low == pytest.approx(beta.ppf(0.025, 1, 10), abs=1e-4)
    assert high == pytest.approx(beta.ppf(0.975, 2, 9), abs=1e-4)


def test_a_promotion_is_false_by_measurement_first():
    """A planted market may yield a worthless candidate; a null without measurement is worthless by its making."""
    assert record(null=False, truth=-0.1, promoted=True).false_promotion
    assert record(promoted=True).false_promotion
    assert not record(null=False, truth=0.1, promoted=True).false_promotion
    assert not record(truth=-0.1).false_promotion


def test_power_is_counted_by_the_truth_and_stands_beside_its_limit():
    """Four runs around 1, the limit from the non-central t distribution."""
    found = {row[0]: row[1:] for row in power_table(planted()).rows}
    mean, promoted, of, share = found["0.75 to 1.25"][:4]
    assert (mean, promoted, of, share) == (1.05, 2, 4, 0.5)
    limit = found["0.75 to 1.25"][-1]
    normal_approximation = 0.48  # Phi(1.05 sqrt(615 / 252) - 1.645)
    assert limit == pytest.approx(normal_approximation, abs=0.02)
    assert found["<= 0"][:3] == (-0.1, 1, 1)
    assert [len(one.runs) for one in by_truth(planted())] == [1, 1, 4]


def test_simpler_rules_stand_beside_the_gate():
    """Shares of the nulls that each rule promotes."""
    table = rules_table(nulls())
    assert table.columns[2:] == tuple(RULES)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["all nulls"] == (10, 0.1, 0.5, 0.5, 0.1)
    assert rows["garch"] == (5, 0.0, 0.0, 0.0, 0.0)


def test_rules_that_refused_are_counted_alone_and_together():
    """A rule that refused by itself decided the verdict."""
    rows = {row[0]: row[1:] for row in refusal_table(nulls() + planted()).rows}
    assert rows["pbo"] == (8, 4, 3, 3)
    assert rows["spa_pvalue"] == (4, 0, 0, 0)


def test_truths_are_summed_up_by_kind():
    """How many were measured, and how many are clearly above zero."""
    rows = {row[0]: row[1:] for row in truth_table(nulls() + planted()).rows}
    assert rows["iid"][0] == 1
    assert rows["edge_0.1"] == (6, 0.7, -0.1, 1.2, 0.2, 4)
    assert "garch" not in rows


def test_the_figures_of_the_result():
    """A failed run misses the limit, and false promotions are told from all promotions."""
    result = summarise(nulls() + planted(), left=3, others=2)
    figures = {one.name: one.value for one in result.figures}
    assert figures["null markets promoted"] == 1
    assert figures["promotions with a true Sharpe ratio <= 0"] == 2
    assert figures["failed runs"] == 1
    assert not result.passed
    assert result.sizes["left"] == 3
    json.dumps(result.to_payload(), allow_nan=False)


def test_an_empty_report_is_a_report():
    """Before any run."""
    result = summarise([])
    assert result.figures[0].value == 0
    assert result.figures[1].value is None
    assert rate([]).share is None


def test_a_line_comes_back_as_it_was(tmp_path):
    """Through JSON, in the order they were written; the last identity counts."""
    store = Store(tmp_path / "runs.jsonl")
    runs = [*nulls(), *planted()]
    for run in runs:
        store.append(run)
    assert store.all() == runs
    other = record("iid", 0, promoted=True).__class__("iid", 0, 1, True, "two", 1.0)
    store.append(other)
    assert latest(store.all()) == [other]
    assert len(latest(store.all(), "one")) == len(runs)


def test_the_picture_is_the_same_for_the_same_runs(tmp_path):
    """Byte for byte, and there is one before any run."""
    for name in ("a.svg", "b.svg"):
        draw_power(planted(), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    draw_power([], tmp_path / "empty.svg")
    assert (tmp_path / "empty.svg").read_text().startswith("<svg")
