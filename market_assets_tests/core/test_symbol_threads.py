"""Runs of symbols: every symbol once, whatever the threads, and no failure lost."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core import symbol_threads
from market_assets.core.symbol_threads import over_symbols


@pytest.fixture(params=[1, 2, 3, 9], autouse=True)
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Threads for the smallest of panels."""
    monkeypatch.setattr(symbol_threads, "THREADED_ROWS", 0)
    monkeypatch.setattr(symbol_threads, "THREADS", request.param)
    return request.param


@pytest.mark.parametrize("counts", [[], [0], [5], [0, 0, 7, 0], [1, 1, 1, 1], [1, 100, 1], [3, 0, 9, 4, 2, 8]])
def test_every_symbol_once(counts: list[int], threads: int) -> None:
    """Runs follow each other without a gap, each with a number of its own."""
    runs: list[tuple[int, int, int]] = []
    over_symbols(np.cumsum([0, *counts]), lambda *run: runs.append(run))
    runs.sort()
    assert [run for run, _, _ in runs] == list(range(threads))
    assert [symbol for _, low, high in runs for symbol in range(low, high)] == list(range(len(counts)))


def test_equal_symbols_are_shared_evenly(threads: int) -> None:
    """As many rows a run as can be."""
    shares: list[int] = []
    over_symbols(np.arange(0, 361, 10), lambda _, low, high: shares.append(high - low))
    assert sorted(shares) == [36 // threads] * threads


def test_a_failure_is_raised() -> None:
    """Nothing that a thread could not work through passes as done."""

    def fail(run: int, low: int, high: int) -> None:
        raise ArithmeticError(f"run {run}: symbols {low} to {high}")

    with pytest.raises(ArithmeticError, match="symbols 0 to"):
        over_symbols(np.array([0, 4, 8]), fail)


def test_a_small_panel_is_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the thread of the caller."""
    monkeypatch.setattr(symbol_threads, "THREADED_ROWS", 9)
    runs: list[tuple[int, int, int]] = []
    over_symbols(np.array([0, 4, 8]), lambda *run: runs.append(run))
    assert runs == [(0, 0, 2)]
