"""Run what is not stored yet, in fresh processes of one thread each, until all is done or the time is up."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager

from benchmarks.pipeline.one import identity, run_one
from benchmarks.pipeline.record import Record
from benchmarks.pipeline.size import Size
from benchmarks.pipeline.store import Store

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
}
Say = Callable[[str], None]
Task = tuple[str, int]


def tasks(kinds: Sequence[str], runs: int) -> list[Task]:
    """Kind and number of every run; the kinds in turn, so that a sitting cut short has some of each."""
    return [(kind, index) for index in range(runs) for kind in kinds]


def measure(
    wanted: Sequence[Task],
    store: Store,
    size: Size,
    *,
    workers: int = 2,
    time_limit: float | None = None,
    say: Say = lambda _: None,
) -> int:
    """Run what ``store`` does not hold, store each run as it ends, and return how many are still to do.

    Parameters
    ----------
    workers : processes; 0 runs in this one. A record does not depend on it.
    time_limit : seconds after which no further run begins; what runs is finished.
    say : is told of each run, with an estimate of the time left.
    """
    known = store.of(identity(size))
    missing = [task for task in wanted if task not in known]
    say(f"  {len(wanted) - len(missing)} of {len(wanted)} runs are stored")
    begin, done = time.perf_counter(), 0

    def more() -> bool:
        return time_limit is None or time.perf_counter() - begin < time_limit

    for record in _finished(missing, size, workers, more):
        store.append(record)
        done += 1
        passed = time.perf_counter() - begin
        left = passed / done * (len(missing) - done)
        say(f"  {done}/{len(missing)} {_line(record)}; {passed:.0f} s passed, about {left:.0f} s left")
    return len(missing) - done


def _line(record: Record) -> str:
    if record.failure is not None:
        return f"{record.kind} {record.index}: {record.failure.type}: {record.failure.message}"
    truth = "" if record.truth is None else f", truth {record.truth.sharpe:.2f} ({record.truth.error:.2f})"
    shown = "none" if record.sharpe is None else f"{record.sharpe:.2f}"
    verdict = "promoted" if record.promoted else "refused"
    return f"{record.kind} {record.index}: {verdict}, Sharpe {shown}{truth}, {record.seconds:.1f} s"


def _finished(missing: Sequence[Task], size: Size, workers: int, more: Callable[[], bool]) -> Iterator[Record]:
    """Records as their runs end; a run begins only while ``more`` says so."""
    waiting, name = iter(missing), identity(size)
    if workers == 0:
        for kind, index in waiting:
            if not more():
                return
            yield run_one(kind, index, size, name)
        return
    with _pool(workers) as pool:
        running: set[Future[Record]] = set()
        while True:
            while len(running) < workers and more() and (task := next(waiting, None)) is not None:
                running.add(pool.submit(run_one, *task, size, name))
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()


@contextmanager
def _pool(workers: int) -> Iterator[Executor]:
    """Fresh processes that inherit one thread; what waits is dropped when the caller leaves."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
