"""The tables a reader of the operating characteristic needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.characteristic.cells import SHARPES
from benchmarks.characteristic.exact import single_test_power, single_test_power_normal
from benchmarks.characteristic.judge import POLICY, Record
from benchmarks.characteristic.summary import GATES, false_promotions, rule_shares, share, true_promotions
from benchmarks.characteristic.world import FIRST, SESSIONS
from benchmarks.result import Table

Records = Sequence[Record]
PRODUCT = GATES["the product's gate"]
FITS = GATES["the product's gate, trials N = fits"]
SHOWN = (0.5, 1.0, 2.0, 3.0, 4.0)
THRESHOLDS: dict[str, tuple[str, str, float]] = {
    "net_sharpe": ("sharpe", ">=", POLICY.min_net_sharpe),
    "sharpe_interval_low": ("sharpe_low", ">=", POLICY.min_sharpe_interval_low),
    "deflated_sharpe": ("deflated", ">=", POLICY.min_deflated_sharpe),
    "pbo": ("pbo", "<=", POLICY.max_pbo),
    "spa_pvalue": ("spa", "<=", POLICY.max_spa_pvalue),
    "max_drawdown": ("drawdown", "<=", POLICY.max_drawdown),
    "positive_paths": ("paths", ">=", POLICY.min_positive_paths),
    "positive_folds": ("folds", ">=", POLICY.min_positive_folds),
}
"""Rule -> figure of a record, comparison and threshold."""


def null_table(nulls: Mapping[str, Records]) -> Table:
    """False promotions by kind of null, with both trial counts."""
    rows = []
    for name, records in nulls.items():
        own, fits = false_promotions(records, PRODUCT), false_promotions(records, FITS)
        rows.append((name, own.count, own.hits, 100.0 * own.interval[1], fits.hits, 100.0 * fits.interval[1]))
    columns = ("null", "draws", "promoted", "upper %", "promoted, N = fits", "upper % ")
    return Table("False promotions by kind of null (upper end of the exact 95 % interval)", columns, tuple(rows))


def gates_table(nulls: Mapping[str, Records], pooled: Records, power: Mapping[tuple[str, float], Records]) -> Table:
    """Every gate on the same draws: false promotions over the pooled nulls of five candidates, and power."""
    rows = []
    for name, promotes in GATES.items():
        worst = max((false_promotions(records, promotes).rate, kind) for kind, records in nulls.items())
        rates = [100.0 * true_promotions(power["all", sharpe], promotes).rate for sharpe in SHOWN]
        wrong = str(false_promotions(pooled, promotes))
        rows.append((name, wrong, f"{100.0 * worst[0]:.3g} % ({worst[1]})" if worst[0] else "0", *rates))
    columns = ("gate", "false promotions, 5 candidates", "worst null", *(f"power at {one:g}, %" for one in SHOWN))
    return Table("Gates on the same draws (power: all five candidates skilled)", columns, tuple(rows))


def power_table(power: Mapping[tuple[str, float], Records], levels: Sequence[float]) -> Table:
    """Power curve beside that of one pre-registered test of the same length."""
    periods, rows = SESSIONS - FIRST, []
    for sharpe in SHARPES:
        every, one = power["all", sharpe], power["one", sharpe]
        exact = [100.0 * single_test_power(sharpe, periods, level) for level in levels]
        approximate = 100.0 * single_test_power_normal(sharpe, periods, levels[-1])
        rows.append(
            (
                sharpe,
                str(true_promotions(every, PRODUCT)),
                100.0 * true_promotions(every, FITS).rate,
                str(true_promotions(one, PRODUCT)),
                100.0 * false_promotions(one, PRODUCT).rate,
                *exact,
                approximate,
            )
        )
    limits = [f"one test at {100 * level:.2g} %" for level in levels]
    columns = ("Sharpe", "all skilled", "N = fits", "one skilled", "wrong one", *limits, "the last, normal approx.")
    return Table("Power, %, beside one pre-registered test (exact, non-central t)", columns, tuple(rows))


def refusal_table(title: str, records: Records) -> Table:
    """Which rule refuses how often."""
    rows = tuple(
        (one.rule, *(100.0 * part.rate for part in (one.refuses, one.first, one.only, one.without)))
        for one in rule_shares(records)
    )
    return Table(title, ("rule", "refuses %", "first %", "only one %", "promoted without it %"), rows)


def threshold_table(records: Records) -> Table:
    """Every threshold beside the null distribution of its figure."""
    shares = {one.rule: one for one in rule_shares(records)}
    with_fits = {one.rule: one.without for one in rule_shares(records, fits=True)}
    rows = []
    for rule, (figure, comparison, threshold) in THRESHOLDS.items():
        values = np.array([getattr(record, figure) for record in records])
        tails = (0.95, 0.99) if comparison == ">=" else (0.05, 0.01)
        found = shares[rule]
        rows.append(
            (
                rule,
                f"{comparison} {threshold:g}",
                *(round(float(value), 4) for value in np.quantile(values, [0.5, *tails])),
                str(found.alone),
                found.without.hits,
                with_fits[rule].hits,
            )
        )
    quantiles = ("null median", "best 5 %", "best 1 %")
    columns = ("rule", "threshold", *quantiles, "passes alone", "promoted without it", "the same, N = fits")
    return Table(f"Thresholds beside their null distributions ({len(records)} draws)", columns, tuple(rows))


def sizes_table(full: Records, saved: Records) -> Table:
    """The same draws at the product's resampling sizes and at those of this benchmark."""
    rows = []
    for name, holds in (
        ("promoted", lambda one: one.promoted),
        ("sharpe_interval_low passes", lambda one: one.sharpe_low >= POLICY.min_sharpe_interval_low),
        ("spa_pvalue passes", lambda one: one.spa <= POLICY.max_spa_pvalue),
    ):
        differ = sum(holds(one) != holds(other) for one, other in zip(full, saved, strict=True))
        rows.append((name, share(full, holds).hits, share(saved, holds).hits, differ, len(full)))
    return Table("Resampling sizes", ("what", "full sizes", "saved sizes", "draws that differ", "draws"), tuple(rows))
