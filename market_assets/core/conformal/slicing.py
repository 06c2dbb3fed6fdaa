"""Slices of rows: a code for every row and a name for every code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Slicing:
    """Code (n,) of every row's slice, and the name of each code; every code occurs."""

    codes: NDArray[np.int64]
    names: tuple[str, ...]

    @staticmethod
    def of(values: ArrayLike, names: Mapping[int, str] | None = None) -> Slicing:
        """One slice for each distinct value (n,), in their order; ``names`` renames whole-number values."""
        found, codes = np.unique(np.asarray(values), return_inverse=True)
        known = names or {}
        return Slicing(codes.astype(np.int64), tuple(known.get(one, str(one)) for one in found.tolist()))

    def cross(self, other: Slicing) -> Slicing:
        """One slice for each pair that occurs, named ``this, other``."""
        pairs, codes = np.unique(self.codes * len(other.names) + other.codes, return_inverse=True)
        first, second = np.divmod(pairs, max(len(other.names), 1))
        names = tuple(f"{self.names[a]}, {other.names[b]}" for a, b in zip(first, second, strict=True))
        return Slicing(codes.astype(np.int64), names)
