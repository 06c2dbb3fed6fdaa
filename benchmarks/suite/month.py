"""One more month: what a snapshot costs that adds 21 sessions to one whose features are stored."""

from __future__ import annotations

from typing import Any

from benchmarks.child import run_job
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.state_folder import scratch_home
from benchmarks.suite.scale import seconds, split
from market_assets.core.features.registry import proof_needed

SESSIONS = 21
HISTORIES = (1.0, 2.0)
"""Of the years asked for."""
ROWS = Limit("<=", 0.05, "A8")
GROWTH = Limit("<=", 1.25, "issue 4: proportional to the month, not to the history")


def stored(snapshot: dict[str, Any], clock: str = "wall") -> float:
    """Seconds of computing and writing all families, and labels."""
    return seconds(snapshot, "store ", clock) + seconds(snapshot, "labels", clock)


def rows(snapshot: dict[str, Any]) -> int:
    """Rows computed and written for all families."""
    return sum(family["rows_computed"] for family in snapshot["families"].values())


def run(options: Options) -> Result:
    """Every registered core family of a market, of the same market a month later and a month after that.

    The second month is the one that counts: what a process does once lies behind it. Bytes of every snapshot are
    compared with a computation of everything. The same with twice the history tells what follows the history.
    """
    families = list(proof_needed())
    found = []
    for times in HISTORIES:
        market = options.market(years=options.years * times)
        asked = {
            "market": market,
            "cuts": [2 * SESSIONS, SESSIONS, 0],
            "families": families,
            "check": True,
            "labels": True,
        }
        with scratch_home() as home:
            out, _ = run_job("feature_store", asked, home)
        found.append(out["snapshots"])
    (whole, _, month), (_, _, later) = found
    everything = [one for snapshots in found for one in snapshots]
    wall = [[split(one, "wall") for one in (snapshots[0], snapshots[2])] for snapshots in found]
    return Result(
        "month",
        f"A snapshot of {SESSIONS} more sessions",
        {"symbols": options.count, "years": [options.years * times for times in HISTORIES], "families": families},
        (
            Figure(
                "snapshots byte-equal to a computation of everything",
                sum(int(one["equal"]) for one in everything),
                f"of {len(everything)}",
                Limit("==", len(everything), "A8"),
            ),
            Figure("rows written, share of the first snapshot's", rows(month) / rows(whole), "", ROWS),
            Figure("seconds of a month, with twice the history over once", stored(later) / stored(month), "", GROWTH),
            Figure("seconds of a month, share of the first snapshot's", stored(month) / stored(whole)),
            Figure(
                "seconds of labels, share of the first snapshot's",
                seconds(month, "labels", "wall") / seconds(whole, "labels", "wall"),
            ),
            *(
                Figure(f"seconds to {name} a month, share, {options.years * times:g} years", after[i] / before[i])
                for times, (before, after) in zip(HISTORIES, wall, strict=True)
                for i, name in enumerate(("compute", "write"))
            ),
        ),
        (
            Table(
                "Seconds by the wall, and of the cores (process and server)",
                ("sessions", "rows written", "compute", "write", "read", "compute c", "write c", "read c"),
                tuple((one["sessions"], rows(one), *split(one, "wall"), *split(one, "cores")) for one in everything),
            ),
            Table(
                "Parts, s by the wall",
                ("part", *(f"{one['sessions']} sessions" for one in everything)),
                tuple(
                    (name, *(one["seconds"][name]["wall"] for one in everything)) for name in everything[0]["seconds"]
                ),
            ),
        ),
    )
