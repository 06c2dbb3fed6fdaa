"""The benchmarks by name, in the order they run."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.options import Options
from benchmarks.result import Result
from benchmarks.suite.alpha158 import run as alpha158
from benchmarks.suite.causality import run as causality
from benchmarks.suite.demo import run as demo
from benchmarks.suite.gate import run as gate
from benchmarks.suite.labels import run as labels
from benchmarks.suite.load import run as load
from benchmarks.suite.month import run as month
from benchmarks.suite.orchestration import run as orchestration
from benchmarks.suite.peers import run as peers
from benchmarks.suite.pipeline import run as pipeline
from benchmarks.suite.replay import run as replay
from benchmarks.suite.scale import run as scale
from benchmarks.suite.splits import run as splits
from benchmarks.suite.symbols import run as symbols
from benchmarks.suite.technical import run as technical
from benchmarks.suite.verdicts import run as verdicts
from benchmarks.suite.zoo import run as zoo

Benchmark = Callable[[Options], Result]

BENCHMARKS: dict[str, Benchmark] = {
    "load": load,
    "demo": demo,
    "replay": replay,  # after demo: it rebuilds the champion that demo left
    "orchestration": orchestration,
    "symbols": symbols,
    "scale": scale,
    "month": month,
    "verdicts": verdicts,
    "peers": peers,
    "alpha158": alpha158,
    "technical": technical,
    "labels": labels,
    "zoo": zoo,
    "causality": causality,
    "splits": splits,
    "gate": gate,
    "pipeline": pipeline,
}
