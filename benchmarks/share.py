"""Orchestration: what a run costs beyond the same functions called directly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Share:
    """Medians of both ways, and the share of the run that is not the work itself (negative = noise)."""

    graph_seconds: float
    direct_seconds: float

    @property
    def share(self) -> float:
        """(run - direct) / run."""
        return (self.graph_seconds - self.direct_seconds) / self.graph_seconds


def orchestration_share(graph: Sequence[float], direct: Sequence[float]) -> Share:
    """Share of the medians of interleaved runs; both sequences hold seconds and have one length >= 1."""
    if len(graph) != len(direct) or not graph:
        raise ValueError(f"need as many graph runs as direct ones, at least one: {len(graph)} and {len(direct)}")
    return Share(median(graph), median(direct))
