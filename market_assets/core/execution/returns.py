"""Net returns of candidates and baselines: what the gate judges, as one table of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import IntegrityError
from market_assets.core.folds import arrow
from market_assets.core.market.panel import Floats

FORMAT = "returns/1"


@dataclass(frozen=True, eq=False)
class Returns:
    """Net returns by session, T of them on the combinatorial span.

    Parameters
    ----------
    sessions : (T,) when each return was booked.
    candidates, baselines : names of the K candidates and B simple rules.
    walk_forward : (T, K) net of costs, NaN before the walk-forward span begins.
    gross : (T, K) before costs.
    rules : (T, B) returns of the baselines.
    paths : (K, P, T) returns of every combinatorial path.
    turnover : (T, K) walk-forward turnover, NaN as ``walk_forward``.
    costs : (T, K) walk-forward costs of every kind, as a fraction of equity.
    fold_starts : positions in ``sessions`` where a walk-forward test fold begins, in time order.
    """

    sessions: NDArray[np.datetime64]
    candidates: tuple[str, ...]
    baselines: tuple[str, ...]
    walk_forward: Floats
    gross: Floats
    rules: Floats
    paths: Floats
    turnover: Floats
    costs: Floats
    fold_starts: tuple[int, ...]

    @property
    def first(self) -> int:
        """Position where the walk-forward span begins."""
        return self.fold_starts[0]

    def folds(self) -> list[slice]:
        """Positions of each walk-forward test fold."""
        ends = (*self.fold_starts[1:], len(self.sessions))
        return [slice(start, end) for start, end in zip(self.fold_starts, ends, strict=True)]

    def rules_by_name(self) -> dict[str, Floats]:
        """Returns of every baseline over the walk-forward span."""
        return {name: self.rules[self.first :, column] for column, name in enumerate(self.baselines)}

    def path_matrix(self) -> tuple[tuple[str, ...], Floats]:
        """Names and returns (T, K + B): candidates averaged over their paths, then the baselines."""
        return (*self.candidates, *self.baselines), np.column_stack([self.paths.mean(axis=1).T, self.rules])

    def to_bytes(self) -> bytes:
        """Arrow IPC bytes; identical for identical content."""
        header: Mapping[str, Any] = {
            "format": FORMAT,
            "candidates": list(self.candidates),
            "baselines": list(self.baselines),
            "paths": self.paths.shape[1],
            "fold_starts": list(self.fold_starts),
        }
        columns: dict[str, NDArray[Any]] = {
            "session_us": self.sessions.astype("datetime64[us]").astype(np.int64),
            "walk_forward": self.walk_forward,
            "gross": self.gross,
            "rules": self.rules,
            "paths": self.paths.reshape(-1, len(self.sessions)).T,
            "turnover": self.turnover,
            "costs": self.costs,
        }
        return arrow.encode(columns, header)

    @staticmethod
    def from_bytes(data: bytes) -> Returns:
        """Read ``to_bytes``; anything else is an ``IntegrityError``."""
        columns, header = arrow.decode(data)
        if header.get("format") != FORMAT:
            raise IntegrityError(f"expected a stream of format {FORMAT}, found {header.get('format')!r}")
        sessions = columns["session_us"].astype("datetime64[us]")
        return Returns(
            sessions=sessions,
            candidates=tuple(header["candidates"]),
            baselines=tuple(header["baselines"]),
            walk_forward=columns["walk_forward"],
            gross=columns["gross"],
            rules=columns["rules"],
            paths=columns["paths"].T.reshape(len(header["candidates"]), header["paths"], len(sessions)),
            turnover=columns["turnover"],
            costs=columns["costs"],
            fold_starts=tuple(header["fold_starts"]),
        )
