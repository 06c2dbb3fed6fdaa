"""Kernels against peers that the lock holds: ratios, since seconds of one machine say little."""

from __future__ import annotations

from benchmarks.options import Options
from benchmarks.peers import barriers, isotonic, overfitting, sequential, superiority
from benchmarks.result import Figure, Limit, Result, Table

CASES = (barriers.compare, sequential.compare, overfitting.compare, superiority.compare, isotonic.compare)


def run(options: Options) -> Result:
    """Ours and the peer's in one process, on the same input, after both gave the same result."""
    found = [case(options.quick) for case in CASES]
    return Result(
        "peers",
        "Times faster than a peer, equal results shown first",
        {"sizes": "quick" if options.quick else "full"},
        tuple(
            Figure(f"{one.workload} against {one.peer}", one.ratio, "x", Limit(">=", one.demand, "performance demand"))
            for one in found
        ),
        (
            Table(
                "Peers",
                ("workload", "peer", "size", "ours s", "peer s", "ratio"),
                tuple((one.workload, one.peer, one.size, one.ours, one.theirs, one.ratio) for one in found),
            ),
        ),
    )
