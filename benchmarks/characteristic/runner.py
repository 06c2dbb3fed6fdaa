"""Judge the draws that are not stored yet, in processes of one thread each."""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing.connection import wait
from pathlib import Path

from benchmarks.characteristic.cells import Cell
from benchmarks.characteristic.judge import Record, judge_draw
from benchmarks.characteristic.store import Store
from benchmarks.characteristic.world import World

CHUNK = 25
ONE_THREAD: dict[str, str] = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
Say = Callable[[str], None]


class StaleDrawsError(RuntimeError):
    """Stored draws were judged by another gate or simulation."""


def judge_chunk(world: World, seed: int, draws: Sequence[int], always_full: bool) -> list[Record]:
    """Judge some draws of a world."""
    return [judge_draw(world, seed, draw, always_full) for draw in draws]


def measure(
    cells: Sequence[Cell], folder: Path, *, seed: int = 0, workers: int = 2, chunk: int = CHUNK, say: Say | None = None
) -> dict[str, list[Record]]:
    """Records of every cell by its name, in the order of the draws.

    Parameters
    ----------
    folder : of the stored draws; what is there is not judged again, so a run may be stopped and continued.
    workers : processes; 0 judges in this one.
    chunk : draws that are judged and stored together; the records do not depend on it.

    Raises
    ------
    StaleDrawsError
        the stored draws are not what the gate gives today.
    """
    stores = {cell.name: Store(folder, cell, seed) for cell in cells}
    known = {cell.name: stores[cell.name].read() for cell in cells}
    for cell in cells:
        _check_stored(cell, seed, known[cell.name])
    tasks = []
    for cell in cells:
        missing = [draw for draw in range(cell.draws) if draw not in known[cell.name]]
        starts = range(0, len(missing), chunk)
        tasks += [(start / len(missing), cell, missing[start : start + chunk]) for start in starts]
    tasks.sort(key=lambda task: task[0])  # all cells advance together: a run that is stopped leaves something of each
    done, wanted = 0, sum(len(draws) for _, _, draws in tasks)
    for number, (cell, records) in enumerate(_finished([task[1:] for task in tasks], seed, workers), start=1):
        stores[cell.name].append(records)
        known[cell.name] |= {record.draw: record for record in records}
        done += len(records)
        if say is not None and (number % 10 == 0 or done == wanted):
            say(f"  {done} of {wanted} draws")
    return {cell.name: [known[cell.name][draw] for draw in range(cell.draws)] for cell in cells}


def _check_stored(cell: Cell, seed: int, known: dict[int, Record]) -> None:
    """Judge the first stored draw again: the hash of the parameters does not see a change of code."""
    if not known:
        return
    stored = known[min(known)]
    fresh = judge_draw(cell.world, seed, stored.draw, cell.always_full)
    for name, value in asdict(fresh).items():
        before = getattr(stored, name)
        same = math.isclose(value, before, rel_tol=1e-9, abs_tol=1e-9) if isinstance(value, float) else value == before
        if not same:
            raise StaleDrawsError(
                f"{cell.name}, draw {stored.draw}: {name} was {before}, now {value}; remove the stored draws"
            )


def _finished(tasks: Sequence[tuple[Cell, list[int]]], seed: int, workers: int) -> Iterator[tuple[Cell, list[Record]]]:
    """Chunks as they finish."""
    if workers == 0 or not tasks:
        for cell, draws in tasks:
            yield cell, judge_chunk(cell.world, seed, draws, cell.always_full)
        return
    with _pool(workers) as pool:
        running: dict[Future[list[Record]], Cell] = {
            pool.submit(judge_chunk, cell.world, seed, draws, cell.always_full): cell for cell, draws in tasks
        }
        for done in as_completed(running):
            yield running[done], done.result()


def _end_with_parent() -> None:
    """Leave when the parent is gone, also when it was killed: a worker would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def leave() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=leave, daemon=True).start()


@contextmanager
def _pool(workers: int) -> Iterator[Executor]:
    """Fresh processes that inherit one thread for linear algebra; what waits is dropped when the caller leaves."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
