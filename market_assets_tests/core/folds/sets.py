"""Training sets made of intervals, for the tests of folds and weights."""

from __future__ import annotations

import numpy as np

from market_assets.core.folds.training_set import TrainingSet
from market_assets_tests.core.labels.panels import DAY, START

# The worked table of fifteen labels; observation 3 is long. (Lopez de Prado 2018, chapter 7, closed intervals.)
TABLE_T1 = [2, 3, 4, 9, 5, 7, 8, 9, 10, 12, 12, 13, 14, 14, 14]


def intervals(t0, t1, code=None, trainable=None, y=None, sessions=None) -> TrainingSet:
    """A training set with one feature whose rows are these label intervals."""
    n = len(t0)
    t0, t1 = np.asarray(t0, np.int32), np.asarray(t1, np.int32)
    code = np.zeros(n, np.int32) if code is None else np.asarray(code, np.int32)
    count = int(t1.max()) + 1 if sessions is None else sessions
    stamps = START + np.arange(count) * DAY
    return TrainingSet(
        symbols=tuple(f"S{number}" for number in range(int(code.max(initial=0)) + 1)),
        feature_names=("f",),
        x=np.arange(n, dtype=np.float32).reshape(n, 1),
        y=(np.arange(n) % 2).astype(np.int8) if y is None else np.asarray(y, np.int8),
        ret=np.linspace(-1, 1, n),
        weight=np.ones(n),
        trainable=np.ones(n, np.bool_) if trainable is None else np.asarray(trainable, np.bool_),
        code=code,
        ts=stamps[t0],
        t0=t0,
        t1=t1,
        sessions=stamps,
    )


def table15() -> TrainingSet:
    """The worked table: t0 = 0..14."""
    return intervals(range(15), TABLE_T1)


def random_set(rng: np.random.Generator) -> TrainingSet:
    """Symbols with holes, late starts and early ends, labels of random length in their own bars."""
    sessions = int(rng.integers(40, 110))
    rows = []
    for code in range(int(rng.integers(1, 5))):
        present = np.flatnonzero(rng.random(sessions) < rng.uniform(0.4, 1.0))
        present = present[int(rng.integers(0, 6)) : max(present.size - int(rng.integers(0, 6)), 7)]
        longest = int(rng.integers(0, 12))
        for position, session in enumerate(present):
            end = min(position + int(rng.integers(0, longest + 1)), present.size - 1)
            rows.append((session, present[end], code))
    t0, t1, code = np.array(rows).T
    return intervals(t0, t1, code, rng.random(t0.size) < 0.85, sessions=sessions)
