"""What a detector looks at: the stages of a pipeline as plain functions, and the data they are tried on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.leakage.book import Book
from market_assets.core.leakage.edges import Split
from market_assets.core.leakage.isolation import Fit
from market_assets.core.leakage.sample import Mask, Sample
from market_assets.core.leakage.timed import Arrays, Timed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pipeline:
    """Stages; None = the pipeline has none, and the detectors of that stage do not apply.

    Parameters
    ----------
    source : bars -> the bars that the pipeline works on (what a vendor delivers).
    records : records -> the records that the pipeline works on.
    read : (records, ticks (m,)) -> (m, ...) values used at those ticks.
    members : bars -> (T, N) bool, the names that may be held from the close of each session on.
    features : bars -> (T, N, k) values used at the close of each session.
    labels : bars -> (T, N) labels with the tick at which each is settled.
    weights : (sample, train) -> (n,) sample weights.
    folds : sample -> (train, test) masks.
    fit : (sample, train, test) -> fitted state or predictions on fixed probe rows.
    level : (sample, train) -> (n, ...) what a later fit reads of each training row.
    trade : bars -> book of fills.
    """

    source: Callable[[Arrays], Arrays] | None = None
    records: Callable[[Arrays], Arrays] | None = None
    read: Callable[[Arrays, NDArray[np.int64]], NDArray[Any]] | None = None
    members: Callable[[Arrays], NDArray[np.bool_]] | None = None
    features: Callable[[Arrays], Floats] | None = None
    labels: Callable[[Arrays], Timed] | None = None
    weights: Callable[[Sample, Mask], Floats] | None = None
    folds: Callable[[Sample], Sequence[Split]] | None = None
    fit: Fit | None = None
    level: Callable[[Sample, Mask], Floats] | None = None
    trade: Callable[[Arrays], Book] | None = None


@dataclass(frozen=True, eq=False)
class World:
    """Data for every stage.

    Parameters
    ----------
    bars : (T, N) fields, among them open, high, low, close, volume; each cell with its tick.
    records : arrays (r, ...), among them int64 (r,) ``ts`` and ``known``, the ticks that a record describes and at
        which it was known, sorted by the latter, and ``code``, the name it tells of.
    sample : rows of a fit. train, test : (n,) one purged split of them.
    embargo : sessions kept free after a test. lag : least ticks between ``ts`` and ``known`` of a record.
    hazard : least share of names that end a session. bound : largest rank correlation with the next return believed.
    """

    bars: dict[str, Timed]
    records: dict[str, NDArray[Any]]
    sample: Sample
    train: Mask
    test: Mask
    embargo: int
    lag: int
    hazard: float
    bound: float

    @property
    def sessions(self) -> int:
        """Number of sessions T."""
        return int(self.bars["close"].values.shape[0])
