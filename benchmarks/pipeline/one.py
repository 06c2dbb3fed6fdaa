"""One run: make the market, run the whole chain on it, measure what the chosen candidate is worth."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import market_assets.core
from benchmarks import direct
from benchmarks.direct import run_chain
from benchmarks.pipeline.markets import Market, market, seed_of
from benchmarks.pipeline.record import Failure, Record
from benchmarks.pipeline.size import Size, reduced
from benchmarks.pipeline.truth import true_sharpe
from market_assets.core.compute import Compute
from market_assets.core.identity import fingerprint, sha256_hex
from market_assets.governance.provenance import library_versions, source_hash


@lru_cache(maxsize=8)
def identity(size: Size) -> str:
    """Hash of what a record depends on: sizes, experiment, libraries, source of the core and of this machinery."""
    return fingerprint(
        size=size.to_payload(),
        experiment=reduced(size, 0).document(),
        core=source_hash(Path(market_assets.core.__file__).parent),
        machinery=source_hash(Path(__file__).parent),
        chain=sha256_hex(Path(direct.__file__).read_bytes()),
        libraries=library_versions(),
    )[:16]


def run_one(kind: str, index: int, size: Size, name: str) -> Record:
    """Judge one market; whatever error ends the run stands in its record, and nothing was promoted.

    ``name`` is the identity, read once a sitting: files may change under a worker that runs what it has loaded.
    """
    begin, made = time.perf_counter(), market(kind)
    try:
        found = _judge(made, index, size, name)
    except Exception as error:  # noqa: BLE001  a run that failed is a result, whatever the reason
        failure = Failure(type(error).__name__, str(error))
        found = Record(kind, index, seed_of(kind, index), made.null, name, 0.0, failure=failure)
    return replace(found, seconds=round(time.perf_counter() - begin, 2))


def _judge(made: Market, index: int, size: Size, name: str) -> Record:
    seed = seed_of(made.name, index)
    experiment, compute = reduced(size, seed), Compute(seed=seed)
    panel = made.make(size.symbols, size.years, seed)
    chain = run_chain(experiment, panel, compute, proof=index % size.proof_every == 0, diagnostics=False)
    evidence, verdict = chain.evidence, chain.verdict
    wanted = verdict.passed or not made.null or index % size.truth_every == 0
    truth = None
    if wanted and evidence.best is not None:
        longer = made.make(size.symbols, size.years + size.after, seed)
        truth = true_sharpe(experiment, chain.data, evidence.best, longer, compute)
    return Record(
        kind=made.name,
        index=index,
        seed=seed,
        null=made.null,
        identity=name,
        seconds=0.0,
        promoted=verdict.passed,
        refused=tuple(reason.gate for reason in verdict.failures),
        best=evidence.best,
        sharpe=evidence.sharpe,
        probabilistic_sharpe=evidence.probabilistic_sharpe,
        deflated_sharpe=evidence.deflated_sharpe,
        pbo=evidence.pbo,
        spa=evidence.spa_consistent,
        coverage_gap=evidence.coverage_gap,
        observations=evidence.observations,
        truth=truth,
    )
