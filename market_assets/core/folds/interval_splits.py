"""Train and test rows of many splits of the same rows, from one word of bits a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.intervals import Times, meets

Rows = NDArray[np.int64]
MAX_GROUPS = 63  # the last bit of the word is that of rows in no group
NO_GROUP = np.uint8(255)


@dataclass(frozen=True, eq=False)
class IntervalSplits:
    """Purged splits of n rows; iterating gives (train rows, test rows) of every split, both in input order.

    A row may be trained on in a split when none of its tested groups forbids it. Rules for whole blocks of
    neighbouring groups follow from those for single groups: a row outside a block meets the hull and embargo of the
    block exactly when it meets those of one of its groups.

    Parameters
    ----------
    forbids : (n,) uint64, bit g is set where group g, when tested, forbids training on the row.
    group : (n,) uint8, the group of a row, 255 = in none.
    tested : groups tested in every split.
    paths : (P, G) split that predicts group g on backtest path p.
    """

    forbids: NDArray[np.uint64]
    group: NDArray[np.uint8]
    tested: tuple[tuple[int, ...], ...]
    paths: NDArray[np.int64]

    def __post_init__(self) -> None:
        for number, tested in enumerate(self.tested):
            if not _free(self.forbids, _word(tested)):
                raise NotEnoughDataError(
                    f"split {number} of {len(self)} keeps none of {self.group.size} rows for training; "
                    "use more rows, fewer folds, a shorter label or a smaller embargo"
                )

    def __len__(self) -> int:
        return len(self.tested)

    def __getitem__(self, number: int) -> tuple[Rows, Rows]:
        return _rows(self.forbids, self.group, _word(self.tested[number]))

    def __iter__(self) -> Iterator[tuple[Rows, Rows]]:
        return (self[number] for number in range(len(self)))


def forbidden(t0: Times, t1: Times, opens: Times, low: Times, until: Times) -> NDArray[np.uint64]:
    """Bit g of a row is set where group g forbids it.

    Parameters
    ----------
    t0, t1 : (n,) label intervals.
    opens : (G,) time before which group g trains on nothing (a rolling window).
    low, until : (G,) first start of a group, and its last label end plus embargo.
    """
    return _forbidden(t0, t1, opens, low, until)


def _word(groups: tuple[int, ...]) -> np.uint64:
    return np.uint64(sum(1 << group for group in groups))


@njit(cache=True)
def _forbidden(t0, t1, opens, low, until):
    bits = np.zeros(t0.size, np.uint64)
    for group in range(low.size):
        for row in range(t0.size):  # the inner loop is over rows, so that it runs in vector registers
            stopped = meets(t0[row], t1[row], low[group], until[group]) | (t0[row] < opens[group])
            bits[row] |= np.uint64(stopped) << np.uint64(group)
    return bits


@njit(cache=True)
def _free(forbids, tested):
    """Number of rows that may be trained on."""
    count = 0
    for row in range(forbids.size):
        count += (forbids[row] & tested) == 0
    return count


@njit(cache=True)
def _rows(forbids, group, tested):
    held = 0
    for row in range(group.size):
        held += _inside(group[row], tested)
    # one slot more than needed: every row is written and only counted where it belongs, which spares a branch
    train, test = np.empty(_free(forbids, tested) + 1, np.int64), np.empty(held + 1, np.int64)
    trained = held = 0
    for row in range(group.size):
        train[trained] = row
        test[held] = row
        trained += (forbids[row] & tested) == 0
        held += _inside(group[row], tested)
    return train[:trained], test[:held]


@njit(cache=True)
def _inside(group, tested):
    return np.int64((tested >> np.uint64(group & 63)) & np.uint64(1))
