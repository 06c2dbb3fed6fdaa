"""Values with the time at which each becomes known, on a clock with two ticks a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Clock = NDArray[np.int64]
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Timed:
    """An array and a clock of the same shape.

    For an input ``known`` is when the cell becomes known. For an output it is the latest time whose information the
    cell may use: for a decision the moment before it is acted on, for a label the end of its interval.
    """

    values: NDArray[Any]
    known: Clock

    def __post_init__(self) -> None:
        if self.values.shape != self.known.shape:
            raise ValueError(f"values {self.values.shape} and times {self.known.shape} must have one shape")


def open_of(session: Any) -> Any:
    """Tick of the open of session number ``session``."""
    return 2 * session


def close_of(session: Any) -> Any:
    """Tick of the close, when high, low, close and volume become known."""
    return 2 * session + 1


def at_close(values: NDArray[Any]) -> Timed:
    """Rows (T, ...) known or used at the close of their session."""
    return Timed(values, _ticks(values, 1))


def at_open(values: NDArray[Any]) -> Timed:
    """Rows (T, ...) known or used at the open of their session."""
    return Timed(values, _ticks(values, 0))


def _ticks(values: NDArray[Any], phase: int) -> Clock:
    ticks = 2 * np.arange(values.shape[0], dtype=np.int64) + phase
    return np.broadcast_to(ticks.reshape(-1, *([1] * (values.ndim - 1))), values.shape)
