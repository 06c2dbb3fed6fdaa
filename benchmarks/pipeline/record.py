"""What a run leaves: one line of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.pipeline.truth import Truth


@dataclass(frozen=True)
class Failure:
    """The error that ended a run: its type and what it said."""

    type: str
    message: str


@dataclass(frozen=True)
class Record:
    """One run of the chain on one market.

    Parameters
    ----------
    kind, index, seed : which market. null : whether nothing can be earned in it.
    identity : hash of the size, of the experiment and of the source that ran.
    seconds : wall time of the run, the only field that two runs of one identity may differ in.
    promoted : verdict of the gate; False for a run that failed. refused : rules that did not hold.
    best, sharpe, ..., observations : the candidate that was judged, and the evidence on it.
    truth : of the chosen candidate; None where it was not measured.
    failure : error that ended the run, None for one that came to a verdict.
    """

    kind: str
    index: int
    seed: int
    null: bool
    identity: str
    seconds: float
    promoted: bool = False
    refused: tuple[str, ...] = ()
    best: str | None = None
    sharpe: float | None = None
    probabilistic_sharpe: float | None = None
    deflated_sharpe: float | None = None
    pbo: float | None = None
    spa: float | None = None
    coverage_gap: float | None = None
    observations: int | None = None
    truth: Truth | None = None
    failure: Failure | None = None

    @property
    def key(self) -> tuple[str, int]:
        """Kind and number: what a run is called."""
        return self.kind, self.index

    @property
    def false_promotion(self) -> bool:
        """Promoted, and worth nothing: by measurement, or by the making of the market where none was made."""
        return self.promoted and (self.null if self.truth is None else self.truth.sharpe <= 0.0)

    def to_payload(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "refused": list(self.refused)}

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> Record:
        """Inverse of ``to_payload``; a TypeError for anything else."""
        truth, failure = payload["truth"], payload["failure"]
        parts = {
            **payload,
            "refused": tuple(payload["refused"]),
            "truth": None if truth is None else Truth.from_payload(truth),
            "failure": None if failure is None else Failure(**failure),
        }
        return Record(**parts)
