"""The leakage proof of every materialization: what it costs beside the features, what it catches, what it flags."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any

from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.side_series import with_side
from benchmarks.zoo.families import FAMILY_LEAKS, as_family
from benchmarks.zoo.measure import Share
from benchmarks.zoo.ragged import PANELS, make_panel
from market_assets.core.features.causality import default_cuts, prove_families, prove_on
from market_assets.core.features.registry import FAMILIES
from market_assets.core.features.trials import Trials
from market_assets.core.leakage.fitted import FITTED, prove_fitted
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel

CUTS, ROUNDS, SMALL = 3, 7, (12, 1.5)
SHARE = Limit("<=", 1 / 3, "the proof must be cheap enough for every materialization")
CATCH, NONE = Limit("==", 1.0, "planted leaks"), Limit("==", 0, "registered families and clean twins")


def middle(work: Callable[[], Any], rounds: int) -> float:
    """Median seconds of processor time of several rounds after one that compiles and warms the caches."""
    work()
    taken = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return median(taken)


def unread(panel: Panel) -> Panel:
    """The same bars and side series as if just loaded: nothing is remembered of an earlier reading."""
    return panel if panel.side is None else replace(panel, side=replace(panel.side))


def made(trials: Trials) -> None:
    """Make every part of the panel that a registered family asks for."""
    for family in FAMILIES.values():
        trials.of(family)


def cost_rows(panel: Panel, rounds: int) -> tuple[tuple[Any, ...], ...]:
    """For every family: seconds of the features, of their proof on trials made before, and its share of both."""
    cuts = default_cuts(panel, CUTS, 0)
    trials, rows = Trials(panel, cuts, 0), []
    for family in FAMILIES.values():
        stage = middle(lambda family=family: family.compute(adjust(panel)), rounds)
        proof = middle(lambda family=family: prove_on(family, trials), rounds)
        rows.append((family.name, len(family.names), stage, proof, proof / (stage + proof)))
    return tuple(rows)


def caught_rows(panels: dict[str, Panel], seeds: tuple[int, ...]) -> tuple[tuple[Any, ...], ...]:
    """For every planted leak: seeds in which it was caught on the untidy market, and in which its twin was flagged."""
    raw, rows = panels["ragged"], []

    @cache
    def trials(seed: int, adjustment: Callable[[Panel], Panel]) -> Trials:
        return Trials(raw, default_cuts(raw, CUTS, seed), seed, adjustment)

    for one in FAMILY_LEAKS:
        caught = sum(not prove_on(as_family(one.leaky), trials(seed, one.adjustment)).passed for seed in seeds)
        flagged = sum(not prove_on(as_family(one.clean), trials(seed, adjust)).passed for seed in seeds)
        rows.append((one.name, f"{caught} of {len(seeds)}", flagged))
    return tuple(rows)


def false_alarms(panels: dict[str, Panel], seeds: tuple[int, ...]) -> Share:
    """Registered families that were flagged, over all markets and seeds."""
    flagged = tried = 0
    for raw in panels.values():
        for seed in seeds:
            results = prove_families(FAMILIES.values(), raw, default_cuts(raw, CUTS, seed), seed)
            flagged += sum(not one.passed for one in results)
            tried += len(results)
    return Share(flagged, tried)


def run(options: Options) -> Result:
    """Cost on the large market, leaks and false alarms on small ones."""
    large = with_side(make_panel("planted", options.count, options.years), 0)
    rounds = 2 if options.quick else ROUNDS
    costs, cuts = cost_rows(large, rounds), default_cuts(large, CUTS, 0)
    stage = sum(row[2] for row in costs)
    proof = middle(lambda: prove_families(FAMILIES.values(), unread(large), cuts, 0), rounds)
    setup = middle(lambda: made(Trials(unread(large), cuts, 0)), rounds)
    fitted = middle(lambda: prove_fitted(0), rounds)
    panels = {name: with_side(make_panel(name, *SMALL), 0) for name in PANELS}
    leaks = caught_rows(panels, options.seeds)
    caught = Share(sum(row[1] == f"{len(options.seeds)} of {len(options.seeds)}" for row in leaks), len(leaks))
    twins, alarms = Share(sum(row[2] > 0 for row in leaks), len(leaks)), false_alarms(panels, options.seeds)
    return Result(
        "causality",
        "Leakage proof of every materialization",
        {"symbols": options.count, "bars": large.n_rows, "cuts": CUTS, "rounds": rounds, "seeds": list(options.seeds)},
        (
            Figure("features", stage, "s of one processor"),
            Figure("proof of the features", proof, "s of one processor"),
            Figure("of it: the changed panels, made and adjusted", setup, "s of one processor"),
            Figure("share of the proof in features + proof", proof / (stage + proof), "", SHARE),
            Figure(f"proof of {len(FITTED)} fitted objects", fitted, "s of one processor"),
            Figure("planted leaks caught with every seed", caught.value, f"of {caught.n}", CATCH),
            Figure("catch rate: lower end of the exact 95 % interval", caught.interval[0]),
            Figure("clean twins flagged with any seed", twins.k, f"of {twins.n}", NONE),
            Figure("registered families flagged", alarms.k, f"of {alarms.n}", NONE),
            Figure("false alarms: upper end of the exact 95 % interval", alarms.interval[1]),
        ),
        (
            Table("Cost by family", ("family", "features", "stage s", "proof s", "share"), costs),
            Table("Planted leaks", ("leak", "caught", "twin flagged"), leaks),
        ),
    )
