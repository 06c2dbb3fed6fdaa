"""The leak zoo: which detector finds which leak, and which clean twin raises an alarm."""

from __future__ import annotations

from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.zoo.entries import ZOO
from benchmarks.zoo.measure import Seen, Share, false_alarms, flagged_shapes, recall, shapes, survey
from benchmarks.zoo.world import MARKETS
from market_assets.core.leakage.audit import DETECTORS

RECALL = Limit(">=", 0.95, "demand on the leak zoo")
FALSE_ALARMS = Limit("<=", 0.01, "demand on the leak zoo")
ELSEWHERE = Limit("==", 0, "the comparison is void otherwise")


def share_row(name: str, one: Share) -> tuple[object, ...]:
    """Name, k, n, share and exact interval."""
    low, high = one.interval
    return (name, one.k, one.n, round(one.value, 4), round(low, 4), round(high, 4))


def stage_rows(seen: list[Seen]) -> tuple[tuple[object, ...], ...]:
    """Shapes caught in every world, by part of the zoo."""
    groups = list(dict.fromkeys(entry.group for entry in ZOO))
    return tuple(share_row(group, shapes([one for one in seen if one.entry.group == group])) for group in groups)


def leak_rows(seen: list[Seen]) -> tuple[tuple[object, ...], ...]:
    """Every leak: worlds in which it was caught, by whom, and alarms of its twin."""
    rows = []
    for entry in ZOO:
        own = [one for one in seen if one.entry is entry]
        by = [one.name for one in DETECTORS if any(one.name in seen.leak for seen in own)]
        caught = f"{sum(one.caught for one in own)} of {len(own)}"
        alarms = sum(bool(one.twin) for one in own)
        rows.append((entry.group, entry.name, caught, ", ".join(by) or "MISSED", alarms))
    return tuple(rows)


def detector_rows(seen: list[Seen]) -> tuple[tuple[object, ...], ...]:
    """Every detector: shapes it caught at least once, and twins it flagged."""
    return tuple(
        (
            one.name,
            len({row.entry.name for row in seen if one.name in row.leak}),
            sum(one.name in row.twin for row in seen),
        )
        for one in DETECTORS
    )


def run(options: Options) -> Result:
    """Every leak and twin in every market and seed; ``quick`` takes one market."""
    markets = MARKETS[:1] if options.quick else MARKETS
    seen = survey(markets, options.seeds)
    shape, trial, alarm = shapes(seen), recall(seen), false_alarms(seen)
    columns = ("what", "k", "n", "share", "low", "high")
    return Result(
        "zoo",
        "Leak zoo: planted leaks and their clean twins",
        {"leaks": len(ZOO), "markets": list(markets), "seeds": list(options.seeds)},
        (
            Figure("recall: shapes caught in every world", shape.value, "", RECALL),
            Figure("recall: lower end of the exact 95 % interval", shape.interval[0]),
            Figure("false alarms on clean twins", alarm.value, "", FALSE_ALARMS),
            Figure("false alarms: upper end of the exact 95 % interval", alarm.interval[1]),
            Figure("alarms at a stage without the leak", sum(bool(one.elsewhere) for one in seen), "", ELSEWHERE),
        ),
        (
            Table(
                "Recall and false alarms with exact 95 % intervals (Clopper-Pearson)",
                columns,
                (
                    share_row("leak shapes caught in every world", shape),
                    share_row("leaks caught, shapes x worlds", trial),
                    share_row("clean twins with an alarm in any world", flagged_shapes(seen)),
                    share_row("clean twins with an alarm, shapes x worlds", alarm),
                ),
            ),
            Table("Recall by stage", columns, stage_rows(seen)),
            Table("Detectors", ("detector", "shapes caught", "twins flagged"), detector_rows(seen)),
            Table("Leaks", ("stage", "leak", "caught", "by", "twin alarms"), leak_rows(seen)),
        ),
    )
