"""The rows of a fit, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sample:
    """n rows with d features.

    Parameters
    ----------
    x : (n, d) features. y : (n,) labels. weight : (n,) stored weights.
    code : (n,) symbol. group : (n,) event the row tells of; rows of one event belong on one side of a split.
    t0, t1 : (n,) first and last session of the label, both included.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weight: NDArray[np.float64]
    code: NDArray[np.int64]
    group: NDArray[np.int64]
    t0: NDArray[np.int64]
    t1: NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        return int(self.x.shape[0])

    def take(self, mask: NDArray[Any]) -> Sample:
        """Keep the rows of a mask or an index."""
        return Sample(**{one.name: getattr(self, one.name)[mask] for one in fields(self)})
