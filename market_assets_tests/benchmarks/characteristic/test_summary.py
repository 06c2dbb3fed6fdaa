"""Rates and tables over judged draws."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.characteristic.judge import RULES, Record
from benchmarks.characteristic.summary import GATES, false_promotions, rule_shares, true_promotions
from benchmarks.options import Options
from benchmarks.suite.gate import cells_of, summarise

PBO, SPA = RULES.index("pbo"), RULES.index("spa_pvalue")
GOOD = Record(
    draw=0,
    best=0,
    truth=2.0,
    sharpe=2.0,
    sharpe_low=0.7,
    deflated=0.97,
    deflated_fits=0.99,
    probabilistic=0.999,
    pbo=0.1,
    spa=0.01,
    drawdown=0.1,
    paths=1.0,
    folds=1.0,
    passed=(True,) * len(RULES),
    promoted=True,
    promoted_fits=True,
    unguarded=True,
    full=True,
)


def refused(*rules):
    """The same record, refused by these rules."""
    return replace(GOOD, passed=tuple(rule not in rules for rule in range(len(RULES))), promoted=False)


def test_false_promotions_are_those_of_the_worthless():
    """A promotion is false when the promoted candidate's true Sharpe ratio is not above zero."""
    records = [GOOD, replace(GOOD, truth=0.0), replace(refused(PBO), truth=0.0)]
    assert false_promotions(records, GATES["the product's gate"]).hits == 1
    assert true_promotions(records, GATES["the product's gate"]).hits == 1
    assert false_promotions(records, GATES["best backtest above 0"]).hits == 2


def test_rules_that_refuse_alone_first_and_only():
    """Four draws: promoted, refused by PBO, by SPA, by both."""
    shares = {one.rule: one for one in rule_shares([GOOD, refused(PBO), refused(SPA), refused(PBO, SPA)])}
    hits = {
        rule: tuple(part.hits for part in (one.alone, one.without, one.refuses, one.first, one.only))
        for rule, one in shares.items()
    }
    assert hits["pbo"] == (2, 2, 2, 2, 1)
    assert hits["spa_pvalue"] == (2, 2, 2, 1, 1)
    assert hits["max_drawdown"] == (4, 1, 0, 0, 0)


def test_deflation_by_fits():
    """The deflation by fits is held against its own figure: it may pass what the gate's own refuses, or refuse."""
    deflated = RULES.index("deflated_sharpe")
    strict, low = replace(refused(deflated), deflated=0.5), replace(GOOD, deflated_fits=0.9)
    assert [rule_shares([one])[deflated].alone.hits for one in (strict, low)] == [0, 1]
    assert [rule_shares([one], fits=True)[deflated].alone.hits for one in (strict, low)] == [1, 0]


@pytest.mark.parametrize(
    ("gate", "low", "high"),
    [("t > 2 on the best", 1.15, 1.17), ("Sharpe ratio >= 1", 0.99, 1.0), ("best backtest above 0", 0.0, 0.01)],
)
def test_naive_gates_look_at_the_sharpe_ratio(gate, low, high):
    """t is the annual Sharpe ratio times the root of 750 / 252 years."""
    assert [GATES[gate](replace(GOOD, sharpe=value)) for value in (low, high)] == [False, True]


def test_every_table_can_be_made():
    """Nulls of refused draws with one false promotion; every world with skill is promoted."""
    options = Options(home=Path(), draws=40, power_draws=5)
    found = {}
    for cell in cells_of(options):
        one = GOOD if cell.world.skilled else replace(refused(PBO, SPA), truth=0.0, promoted_fits=False)
        found[cell.name] = [one] * cell.draws
    found["AR(1) 0.1"] = [replace(GOOD, truth=0.0), *found["AR(1) 0.1"][1:]]
    result = summarise(options, found)
    values = {figure.name: figure.value for figure in result.figures}
    assert values["false promotions, all nulls"] == 1
    assert result.sizes["null_draws"] == 9 * 40 + 10 + 3
    assert result.passed is False  # 1 of 373 does not show a rate below 1 %
    tables = {one.title.partition(" (")[0].partition(",")[0]: one for one in result.tables}
    assert all(len(row) == len(one.columns) for one in result.tables for row in one.rows)
    assert [row[2] for row in tables["False promotions by kind of null"].rows].count(1) == 1
    assert tables["Gates on the same draws"].rows[0][2] == "2.5 % (AR(1) 0.1)"
    assert tables["Power"].rows[0][1].startswith("100 %")
    assert all(row[3] == 0 for row in tables["Resampling sizes"].rows)
