"""What a caller may choose: sizes, repeats and where things are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Options:
    """Choices of one invocation.

    Parameters
    ----------
    home : state folder that ``demo`` fills and ``replay`` reads.
    experiments : folder of lighter experiment files for a quick try; None = those of the package.
    open_gates : the same with gates that let everything pass, so that a small market has a champion to replay.
    count, years : synthetic market of demo, orchestration, verdicts (symbols: years only).
    pairs : direct and graph runs of the orchestration share, each.
    sizes : symbols of the cost curve. repeats : runs a size.
    seeds : markets of the verdicts; the first one seeds the draws of the gate.
    full : verdicts through the whole graph, not through plain calls.
    draws, power_draws : of the gate, for each kind of null and for each world with skill. workers : its processes.
    kinds, runs : markets of the pipeline (None = all), and runs on each. time_limit : seconds after which none begins.
    report_only : sum up the stored runs of the pipeline and run nothing.
    results : folder of the JSON documents and of the gate's stored draws.
    """

    home: Path
    experiments: Path | None = None
    open_gates: Path | None = None
    count: int = 46
    years: float = 5.0
    pairs: int = 2
    sizes: tuple[int, ...] = (46, 92, 184)
    repeats: int = 1
    seeds: tuple[int, ...] = (0, 1, 2)
    full: bool = False
    quick: bool = False
    draws: int = 1250
    power_draws: int = 200
    workers: int = 2
    kinds: tuple[str, ...] | None = None
    runs: int = 2
    time_limit: float | None = None
    report_only: bool = False
    results: Path = RESULTS

    def market(self, **others: Any) -> dict[str, Any]:
        """Parameters of a job's market, as JSON values; ``others`` replace or add."""
        return {"kind": "planted", "symbols": self.count, "years": self.years, "seed": 0, **others}
