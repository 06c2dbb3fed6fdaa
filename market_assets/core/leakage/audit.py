"""Every detector, by name, and the audit that runs all that apply to a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.leakage.data_rules import judge_attrition, judge_lag, judge_plausible
from market_assets.core.leakage.edges import prove_splitter
from market_assets.core.leakage.fills import prove_fillable
from market_assets.core.leakage.finding import Finding
from market_assets.core.leakage.isolation import prove_blind, prove_isolated
from market_assets.core.leakage.pipeline import Pipeline, World
from market_assets.core.leakage.timed import Arrays, Timed, at_close, close_of, open_of
from market_assets.core.leakage.timing import Compute, prove_timely, spread_cuts

Run = Callable[[Pipeline, World, int], list[Finding]]
CUTS = 3
"""Cuts a proof, besides those in gaps."""


@dataclass(frozen=True)
class Detector:
    """A detector, the field of ``Pipeline`` it looks at, and what runs it; nothing is found where that is None."""

    name: str
    stage: str
    run: Run


def _bars(detector: str, stage: str, compute: Compute, world: World, seed: int, opens: bool = False) -> list[Finding]:
    """Cuts at the closes of drawn sessions and of sessions in gaps, and at their opens where asked for.

    What is filled backwards into a gap is only seen by a cut inside one; orders of a bar stand before its close.
    """
    first, last = world.sessions // 3, world.sessions - 2
    drawn = spread_cuts(first, last, CUTS, seed)
    closes = {close_of(session) for session in (*drawn, *_gaps(world, world.sessions // 8, last))}
    cuts = sorted(closes | ({open_of(session) for session in drawn} if opens else set()))
    return prove_timely(detector, stage, compute, dict(world.bars), cuts, seed)


def _gaps(world: World, first: int, last: int) -> list[int]:
    """First and last session in first..last where a bar is missing that its name has later."""
    there = ~np.isnan(world.bars["close"].values)
    after = np.logical_or.accumulate(there[::-1], axis=0)[::-1]
    inside = np.flatnonzero((~there & after)[first : last + 1].any(axis=1)) + first
    return [int(inside[0]), int(inside[-1])] if inside.size else []


def causal_features(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """Features used at a close depend on what is known at it."""
    if (stage := pipeline.features) is None:
        return []
    return _bars("causality", "features", lambda bars: {"features": at_close(stage(bars))}, world, seed)


def causal_labels(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """Labels depend on nothing after the end of their interval."""
    if (stage := pipeline.labels) is None:
        return []
    return _bars("causality", "labels", lambda bars: {"labels": stage(bars)}, world, seed)


def universe(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """Membership depends on no later bar, event or end of a name."""
    if (stage := pipeline.members) is None:
        return []
    return _bars("universe", "members", lambda bars: {"members": at_close(stage(bars))}, world, seed)


def execution_timing(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """Orders depend on what was known before their fill, profit on what has happened."""
    if (stage := pipeline.trade) is None:
        return []
    return _bars("execution timing", "trade", lambda bars: stage(bars).timed(), world, seed, opens=True)


def fills(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:  # noqa: ARG001 - one signature for all
    """Fills could have happened, cost something and earn what the account says."""
    if (stage := pipeline.trade) is None:
        return []
    bars = {name: one.values for name, one in world.bars.items()}
    return prove_fillable("fills", "trade", stage(bars), bars)


def point_in_time(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """A value read as of a tick does not depend on records that became known after it."""
    if (stage := pipeline.read) is None:
        return []
    ticks = close_of(np.arange(world.sessions, dtype=np.int64))
    known = world.records["known"]
    inputs = {name: Timed(values, _along(known, values)) for name, values in world.records.items()}

    def compute(records: Arrays) -> dict[str, Timed]:
        values = stage(records, ticks)
        return {"value": Timed(values, _along(ticks, values))}

    first, last = int(ticks[world.sessions // 3]), int(min(known.max() - 1, ticks[-2]))
    cuts = (_half_begun(world), *spread_cuts(first, last, CUTS, seed))
    return prove_timely("point in time", "read", compute, inputs, cuts, seed, fixed={"ts", "known", "code"})


def _half_begun(world: World) -> int:
    """Tick before which half of the names have no record yet: what fills their start is seen by a cut here."""
    known, code = world.records["known"], world.records["code"]
    return int(np.median([known[code == one].min() for one in np.unique(code)])) - 1


def isolation(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """Nothing fitted depends on a row outside the training part."""
    if (stage := pipeline.fit) is None:
        return []
    return prove_isolated("isolation", "fit", stage, world.sample, world.train, world.test, seed)


def weight_isolation(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """Sample weights of training rows depend on training rows."""
    if (stage := pipeline.weights) is None:
        return []
    return prove_isolated(
        "isolation",
        "weights",
        lambda sample, train, _: {"weights": stage(sample, train)[train]},
        world.sample,
        world.train,
        world.test,
        seed,
    )


def own_label(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """What a later fit reads of a row does not depend on the row's own label."""
    if (stage := pipeline.level) is None:
        return []
    return prove_blind("own label", "level", stage, world.sample, world.train, seed)


def fold_edges(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:
    """The sides of every split share no session, embargo, event or row."""
    if (stage := pipeline.folds) is None:
        return []
    return prove_splitter("fold edge", "folds", stage, world.sample, world.embargo, seed)


def publication_lag(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:  # noqa: ARG001
    """Records were not known before they could be."""
    if (stage := pipeline.records) is None:
        return []
    records = stage(world.records)
    return judge_lag("publication lag", "records", records["ts"], records["known"], world.lag)


def attrition(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:  # noqa: ARG001
    """Names end as often as names do."""
    if (stage := pipeline.source) is None:
        return []
    bars = stage({name: one.values for name, one in world.bars.items()})
    return judge_attrition("attrition", "source", bars["close"], world.hazard)


def plausibility(pipeline: Pipeline, world: World, seed: int) -> list[Finding]:  # noqa: ARG001
    """No feature predicts the next return better than anything does."""
    if (stage := pipeline.features) is None:
        return []
    bars = {name: one.values for name, one in world.bars.items()}
    return judge_plausible("plausibility", "features", stage(bars), bars["close"], world.bound)


DETECTORS: tuple[Detector, ...] = (
    Detector("causality of features", "features", causal_features),
    Detector("causality of labels", "labels", causal_labels),
    Detector("universe", "members", universe),
    Detector("execution timing", "trade", execution_timing),
    Detector("fills", "trade", fills),
    Detector("point in time", "read", point_in_time),
    Detector("isolation of fits", "fit", isolation),
    Detector("isolation of weights", "weights", weight_isolation),
    Detector("own label", "level", own_label),
    Detector("fold edge", "folds", fold_edges),
    Detector("publication lag", "records", publication_lag),
    Detector("attrition", "source", attrition),
    Detector("plausibility", "features", plausibility),
)


def audit(pipeline: Pipeline, world: World, seed: int) -> dict[str, list[Finding]]:
    """Findings of every detector with any, by its name; empty = no leak found."""
    found = {one.name: one.run(pipeline, world, seed) for one in DETECTORS}
    return {name: findings for name, findings in found.items() if findings}


def _along(ticks: NDArray[np.int64], values: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.broadcast_to(ticks.reshape(-1, *([1] * (values.ndim - 1))), values.shape)
