"""False promotions and power of the whole chain, features to gate, on markets whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks.options import Options
from benchmarks.pipeline.chart import draw_power
from benchmarks.pipeline.markets import default_kinds, market
from benchmarks.pipeline.one import identity
from benchmarks.pipeline.record import Record
from benchmarks.pipeline.report import (
    failure_table,
    null_table,
    power_table,
    refusal_table,
    rules_table,
    truth_table,
)
from benchmarks.pipeline.rules import RULES, rate
from benchmarks.pipeline.runner import measure, tasks
from benchmarks.pipeline.size import Size
from benchmarks.pipeline.store import Store, latest
from benchmarks.result import Figure, Limit, Result
from market_assets.cli.output import progress

NONE = Limit("==", 0, "a run that failed says nothing")
QUICK = Size(symbols=8, years=3.0, after=5.0, rounds=3)


def run(options: Options) -> Result:
    """Run what is not stored yet, unless only the report is wanted, and sum up every stored run of one identity."""
    store, size = Store(options.results / "pipeline" / "runs.jsonl"), QUICK if options.quick else Size()
    left = 0
    if not options.report_only:
        kinds = options.kinds or default_kinds()
        for kind in kinds:
            market(kind)  # a wrong name is refused before anything runs
        left = measure(
            tasks(kinds, options.runs),
            store,
            size,
            workers=options.workers,
            time_limit=options.time_limit,
            say=lambda line: progress.print(line, highlight=False),
        )
    stored = store.all()
    runs = latest(stored, None if options.report_only else identity(size))
    draw_power(runs, options.results / "pipeline" / "power.svg")
    return summarise(runs, left=left, others=len(stored) - len(runs))


def summarise(runs: Sequence[Record], *, left: int = 0, others: int = 0) -> Result:
    """Figures and tables of the runs; ``others`` are stored runs of another configuration or source, not counted."""
    nulls = rate([one for one in runs if one.null])
    wrong = [one for one in runs if one.false_promotion]
    unclear = [one for one in runs if one.promoted and one.truth is not None and one.truth.sharpe <= one.truth.error]
    naive = rate([one for one in runs if one.null], RULES["DSR > 0.95, N = 1"])
    return Result(
        "pipeline",
        "Whole chain on markets whose truth is known",
        {
            "runs": len(runs),
            "left": left,
            "other_identities": others,
            "identity": runs[0].identity if runs else None,
        },
        (
            Figure("null markets promoted", nulls.hits, f"of {nulls.count}"),
            Figure("lower end of its exact 95 % interval", nulls.interval[0]),
            Figure("upper end of its exact 95 % interval", nulls.interval[1]),
            Figure("promotions with a true Sharpe ratio <= 0", len(wrong), f"of {rate(runs).hits} promotions"),
            Figure("promotions with a true Sharpe ratio <= one standard error", len(unclear)),
            Figure("null markets promoted by DSR > 0.95 with N = 1", naive.hits, f"of {naive.count}"),
            Figure("failed runs", sum(one.failure is not None for one in runs), f"of {len(runs)}", NONE),
            Figure("median wall of a run", median(one.seconds for one in runs) if runs else None, "s"),
        ),
        (
            null_table(runs),
            truth_table(runs),
            power_table(runs),
            rules_table(runs),
            refusal_table(runs),
            failure_table(runs),
        ),
    )
