"""One more month: what a snapshot costs that adds 21 sessions to one whose features are stored."""

from __future__ import annotations

from benchmarks.child import run_job
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result, Table
from benchmarks.state_folder import scratch_home
from benchmarks.suite.scale import split
from market_assets.core.features.registry import proof_needed

SESSIONS = 21


def run(options: Options) -> Result:
    """Every registered family of a market, then of the same market a month later; bytes are compared with the whole."""
    families = list(proof_needed())
    asked = {"market": options.market(), "cuts": [SESSIONS, 0], "families": families, "check": True}
    with scratch_home() as home:
        out, _ = run_job("feature_store", asked, home)
    before, after = out["snapshots"]
    written = [sum(family["rows_computed"] for family in one["families"].values()) for one in (before, after)]
    wall, cores = ([split(one, clock) for one in (before, after)] for clock in ("wall", "cores"))
    return Result(
        "month",
        f"A snapshot of {SESSIONS} more sessions",
        {"symbols": options.count, "years": options.years, "families": families},
        (
            Figure(
                "snapshots byte-equal to a computation of everything",
                int(before["equal"]) + int(after["equal"]),
                "of 2",
                Limit("==", 2, "A8"),
            ),
            Figure("rows written, share of the first snapshot's", written[1] / written[0], "", Limit("<=", 0.05, "A8")),
            Figure("seconds to write, share", wall[1][1] / wall[0][1]),
            Figure("seconds to compute, share", wall[1][0] / wall[0][0]),
            Figure("core seconds to write, share", cores[1][1] / cores[0][1]),
            Figure("core seconds to compute, share", cores[1][0] / cores[0][0]),
        ),
        (
            Table(
                "Seconds by the wall, and of the cores (process and server)",
                ("sessions", "rows written", "compute", "write", "read", "compute c", "write c", "read c"),
                tuple(
                    (one["sessions"], rows, *times, *used)
                    for one, rows, times, used in zip((before, after), written, wall, cores, strict=True)
                ),
            ),
            Table(
                "Parts, s by the wall",
                ("part", "first", "month"),
                tuple((name, part["wall"], after["seconds"][name]["wall"]) for name, part in before["seconds"].items()),
            ),
        ),
    )
