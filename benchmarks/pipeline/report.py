"""Tables of the finished runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from benchmarks.pipeline.bins import LEVEL, by_truth
from benchmarks.pipeline.record import Record
from benchmarks.pipeline.rules import RULES, rate
from benchmarks.result import Table

RATE = ("promoted", "of", "share", "low", "high")


def by_kind(runs: Sequence[Record]) -> dict[str, list[Record]]:
    """Runs of each kind, in the order of the names."""
    return {kind: [run for run in runs if run.kind == kind] for kind in sorted({run.kind for run in runs})}


def null_table(runs: Sequence[Record]) -> Table:
    """False promotions on the markets without any edge, with exact 95 % intervals."""
    nulls = [run for run in runs if run.null]
    parts = [*by_kind(nulls).items(), ("all nulls", nulls)]
    return Table(
        "False promotions on null markets",
        ("market", *RATE, "failed"),
        tuple((name, *rate(part).cells, sum(run.failure is not None for run in part)) for name, part in parts),
    )


def truth_table(runs: Sequence[Record]) -> Table:
    """What the chosen candidates are worth, by kind: the check that a null is one, and the strength of an edge."""
    rows = []
    for kind, part in by_kind(runs).items():
        truths = [run.truth for run in part if run.truth is not None]
        if truths:
            values = [truth.sharpe for truth in truths]
            error = fmean(truth.error for truth in truths)
            clear = sum(truth.sharpe > 2.0 * truth.error for truth in truths)
            found = (round(value, 2) for value in (fmean(values), min(values), max(values), error))
            rows.append((kind, len(values), *found, clear))
    columns = ("market", "measured", "mean", "least", "most", "standard error", "above 0 by 2 errors")
    return Table("True annual net Sharpe ratio of the chosen candidate", columns, tuple(rows))


def power_table(runs: Sequence[Record]) -> Table:
    """Promotions by true Sharpe ratio, beside what a single test could find.

    The test has either the usual level, or the highest level that the null runs leave possible for the gate.
    """
    levels = sorted({LEVEL, gate_level(runs)})
    rows = tuple(
        (one.label, round(one.truth, 2), *rate(one.runs).cells, *(round(one.limit_power(at), 3) for at in levels))
        for one in by_truth(runs)
    )
    limits = (f"single t test, level {level:.2g}" for level in levels)
    return Table("Promotions by true net Sharpe ratio", ("true Sharpe", "mean", *RATE, *limits), rows)


def gate_level(runs: Sequence[Record]) -> float:
    """Upper end of the interval of the false-promotion rate on the nulls, at most the usual level."""
    upper = rate([run for run in runs if run.null]).interval[1]
    return LEVEL if upper is None else min(LEVEL, upper)


def rules_table(runs: Sequence[Record]) -> Table:
    """Share promoted by the gate and by simpler rules: of the nulls, and by true Sharpe ratio."""
    nulls, planted = [run for run in runs if run.null], [run for run in runs if not run.null]
    parts = [*by_kind(nulls).items(), ("all nulls", nulls)]
    parts += [(f"planted, true Sharpe {one.label}", list(one.runs)) for one in by_truth(planted)]
    rows = tuple(
        (name, len(part), *(round(rate(part, rule).share or 0.0, 3) for rule in RULES.values()))
        for name, part in parts
        if part
    )
    return Table("Share promoted by the gate and by simpler rules", ("market", "runs", *RULES), rows)


def refusal_table(runs: Sequence[Record]) -> Table:
    """How often each rule refused, and how often it was the only one."""
    groups = {"null": [run for run in runs if run.null], "planted": [run for run in runs if not run.null]}
    counts = {name: Counter(rule for run in part for rule in run.refused) for name, part in groups.items()}
    alone = {name: Counter(run.refused[0] for run in part if len(run.refused) == 1) for name, part in groups.items()}
    names = sorted(set().union(*counts.values()), key=lambda rule: (-counts["null"][rule], rule))
    rows = tuple((rule, *(found[name][rule] for name in groups for found in (counts, alone))) for rule in names)
    sizes = [f"{name}, of {len(part)}" for name, part in groups.items()]
    return Table("Rules that refused", ("rule", sizes[0], "alone", sizes[1], "alone "), rows)


def failure_table(runs: Sequence[Record]) -> Table:
    """Runs that ended in an error."""
    failed = [(run.kind, run.index, run.failure.type, run.failure.message) for run in runs if run.failure is not None]
    return Table("Failed runs, counted as not promoted", ("market", "run", "error", "message"), tuple(failed))
