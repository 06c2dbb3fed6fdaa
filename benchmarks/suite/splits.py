"""Purged splits of random label intervals: do they leak, ours and those of libraries?

Undisputed is ``overlap``: a training label and a test label share more than an instant, so they are made of the same
returns. ``touch`` adds labels that share one instant (the closed intervals of this product; AFML snippet 7.3 keeps
them). The embargo is held against the rule that it begins after the last label end of a test block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.options import Options
from benchmarks.peers import combinatorial
from benchmarks.peers.split_judge import SortedCase, Split, Tally
from benchmarks.peers.splitters import SPLITTERS, Splitter
from benchmarks.result import Figure, Limit, Result, Table
from market_assets import __version__
from market_assets.cli.output import progress
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.interval_plans import combinatorial_purged, purged_k_fold, walk_forward
from market_assets_tests.core.folds.interval_cases import Case, random_case
from market_assets_tests.core.folds.interval_oracle import k_fold_violations, share_to_times, walk_violations

CASES, QUICK_CASES = 10_000, 100
HOPELESS = 500  # a splitter that could do none of so many cases is not tried on the rest
KINDS = ("purged K-fold", "CPCV", "walk-forward, expanding", "walk-forward, rolling")


def ours(case: Case, rows: SortedCase | Case) -> dict[str, list[Split]]:
    """Our splits of every kind; ``rows`` are the label intervals in any order."""
    asked = {"embargo": case.embargo, "embargo_share": case.share}
    made = (
        purged_k_fold(rows.t0, rows.t1, case.folds, **asked),
        combinatorial_purged(rows.t0, rows.t1, case.combinatorial, **asked),
        walk_forward(rows.t0, rows.t1, replace(case.walk, rolling=False)),
        walk_forward(rows.t0, rows.t1, replace(case.walk, rolling=True)),
    )
    return {kind: list(splits) for kind, splits in zip(KINDS, made, strict=True)}


def violations(case: Case) -> int:
    """What the plain definition finds wrong with our splits of a case, rows in random order."""
    k_fold, cpcv, expanding, rolling = ours(case, case).values()
    spec = case.combinatorial
    return (
        len(k_fold_violations(k_fold, case))
        + len(k_fold_violations(cpcv, case, spec.test_groups, spec.groups))
        + len(walk_violations(expanding, case, rolling=False))
        + len(walk_violations(rolling, case, rolling=True))
    )


def in_order(case: Case) -> SortedCase:
    """The rows by start time, as every peer wants them, with the embargo as one number."""
    order = np.argsort(case.t0, kind="stable")
    bars = share_to_times(case.t0.tolist(), case.share) if case.share else case.embargo
    return SortedCase(case.t0[order], case.t1[order], bars)


def usable(count: int) -> Iterator[Case]:
    """The first cases that leave training rows in every split of every kind."""
    seed = made = 0
    while made < count:
        case = random_case(seed)
        seed += 1
        try:
            ours(case, case)
        except NotEnoughDataError:
            continue
        made += 1
        yield case


def tally_ours(cases: list[Case]) -> dict[str, Tally]:
    """Our own rows of the table."""
    tallies = {kind: Tally() for kind in KINDS}
    for case in cases:
        rows = in_order(case)
        for kind, splits in ours(case, rows).items():
            tallies[kind].judge(rows, splits, None if "walk" in kind else not case.share)
    return tallies


def tally_peer(splitter: Splitter, cases: list[Case]) -> Tally | None:
    """A peer's row; None where it is not installed."""
    if (module := splitter.load()) is None:
        return None
    tally = Tally()
    for number, case in enumerate(cases):
        if number == HOPELESS and not tally.run:
            break
        rows = in_order(case)
        try:
            splits = splitter.splits(module, case, rows)
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer
            tally.refuse(re.sub(r"\d+", "N", f"{type(error).__name__}: {error}"))
            continue
        tally.judge(rows, splits, splitter.duration)
    return tally


def row(library: str, version: str, name: str, tally: Tally | None, embargo: bool) -> tuple[object, ...]:
    """One line of the table."""
    if tally is None:
        return (library, "not installed", name, *[None] * 5, "")
    reason = max(tally.refused, key=lambda text: tally.refused[text], default="")
    broken = tally.embargo if embargo else None
    counts = (tally.run, tally.overlap, tally.touch, broken, sum(tally.refused.values()))
    return (library, version, name, *counts, reason[:90])


def run(options: Options) -> Result:
    """Ours against the definition, then every library that is installed on the same cases."""
    cases = list(usable(QUICK_CASES if options.quick else CASES))
    wrong = sum(violations(case) > 0 for case in cases)
    found = [
        row("market_assets", __version__, kind, tally, "walk" not in kind) for kind, tally in tally_ours(cases).items()
    ]
    progress.print(f"market_assets: {wrong} of {len(cases)} cases with a violation")
    for splitter in SPLITTERS:
        line = row(
            splitter.library,
            splitter.version,
            splitter.name,
            tally_peer(splitter, cases),
            splitter.duration is not None,
        )
        progress.print(str(line))
        found.append(line)
    figures = [
        Figure("cases in which our splits break the definition", wrong, f"of {len(cases)}", Limit("==", 0, "F1"))
    ]
    tables = [
        Table(
            "Splitters",
            ("library", "version", "splitter", "run", "overlap", "touch", "embargo broken", "could not", "mostly why"),
            tuple(found),
        )
    ]
    if timed := combinatorial.compare(options.quick):
        limit = Limit(">=", timed.demand, "performance demand")
        figures.append(Figure(f"{timed.workload} against {timed.peer}", timed.ratio, "x", limit))
        cells = (timed.workload, timed.peer, timed.size, timed.ours, timed.theirs, timed.ratio)
        tables.append(Table("Time", ("workload", "peer", "size", "ours s", "peer s", "ratio"), (cells,)))
    return Result(
        "splits",
        "Purged splits against their definition",
        {"cases": len(cases)},
        tuple(figures),
        tuple(tables),
    )
