"""What a fold's model sees: the columns behind its fitted transforms, which may be others in every fold.

A column that selection keeps in some folds only is one column. Columns that are told apart by a number, as clusters
are, stand together under one name: number 2 of one fold is not number 2 of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.transforms.base import Matrix, Rows
from market_assets.core.transforms.chain import Chain, apply_chain, unwrap
from market_assets.core.transforms.clusters import PREFIX

CLUSTERS = PREFIX.rstrip("_")
"""What the columns of clusters are called together."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One fold's model without its transforms, the transforms, and the names of the k columns behind them."""

    chain: Chain
    model: bytes
    columns: tuple[str, ...]

    @staticmethod
    def of(payload: bytes, names: Sequence[str]) -> Seen:
        """Take a stored payload apart; without transforms the model sees the columns ``names`` of the training set.

        Raises
        ------
        IntegrityError
            for a payload that ``wrap`` would not have written.
        """
        chain, model = unwrap(payload)
        return Seen(chain, model, chain[-1].transform.columns(chain[-1].state) if chain else tuple(names))

    def rows(self, data: TrainingSet, rows: NDArray[Any]) -> Matrix:
        """The rows that a mask or index array names, as the model sees them, (m, k)."""
        return apply_chain(self.chain, Rows.of(data, rows)).x


def shown_names(seen: Iterable[Seen], names: Sequence[str]) -> tuple[str, ...]:
    """Every column that some model sees: those of the training set in its order, then what transforms have added."""
    found = dict.fromkeys(_shown(column) for one in seen for column in one.columns)
    return (*(name for name in names if name in found), *(name for name in found if name not in set(names)))


def places(columns: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """Number among ``names`` of every column (k,)."""
    number = {name: place for place, name in enumerate(names)}
    return np.array([number[_shown(column)] for column in columns], dtype=np.int64)


def _shown(column: str) -> str:
    return CLUSTERS if column.startswith(PREFIX) else column
