"""Do the two sides of a split share anything: label sessions, embargo, events, or whole rows?

The definition by sets of sessions, for any split of any rows; ``folds.verify`` asks more of the product's own plans.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.leakage.finding import Finding
from market_assets.core.leakage.sample import Mask, Sample

Split = tuple[Mask, Mask]
DEALS = 4
"""Further samples that a splitting rule is tried on."""


def prove_apart(detector: str, stage: str, splits: Sequence[Split], sample: Sample, embargo: int) -> list[Finding]:
    """Check every (train, test) split of a sample.

    A label occupies the sessions t0 .. t1, both included. For every contiguous block of test sessions the hull runs
    from its first session to the last label end of its rows, of all symbols; no training label may touch it, and no
    training row may start in the ``embargo`` sessions after it (Lopez de Prado 2018, 7.4). No event may have rows on
    both sides, and no row may stand on both sides with the same features and label.

    Raises
    ------
    NotEnoughDataError
        without splits, or when a side of one is empty.
    """
    if not len(splits) or not all(train.any() and test.any() for train, test in splits):
        raise NotEnoughDataError(f"{stage}: every split needs rows on both sides")
    count: dict[str, int] = {}
    for train, test in splits:
        closed, after = _protected(test, sample, embargo)
        covered = np.concatenate([[0], np.cumsum(closed)])
        shares = covered[sample.t1 + 1] > covered[sample.t0]
        facts = {
            "rows are trained and tested": train & test,
            "training labels share a session with the test": train & shares,
            "training rows start in the embargo": train & ~shares & after[sample.t0],
            "training rows tell of an event that is tested": train & np.isin(sample.group, sample.group[test]),
            "training rows repeat a test row": train & _repeats(sample, test),
        }
        for text, rows in facts.items():
            if rows.any():
                count[text] = count.get(text, 0) + int(rows.sum())
    return [Finding(detector, stage, text, rows, f"{rows} {text}") for text, rows in count.items()]


def prove_splitter(
    detector: str, stage: str, split: Callable[[Sample], Sequence[Split]], sample: Sample, embargo: int, seed: int
) -> list[Finding]:
    """``prove_apart`` for the rule that makes the splits: on the sample, and with the label lengths dealt out anew.

    A rule can be wrong at an edge where the sample happens to have no label.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    found = prove_apart(detector, stage, split(sample), sample, embargo)
    for _ in range(DEALS):
        dealt = replace(sample, t1=np.minimum(sample.t0 + rng.permutation(sample.t1 - sample.t0), sample.t1.max()))
        found += prove_apart(detector, stage, split(dealt), dealt, embargo)
    return list({one.variant: one for one in reversed(found)}.values())


def _protected(test: Mask, sample: Sample, embargo: int) -> tuple[Mask, Mask]:
    """Sessions inside a hull, and sessions of the embargo after one."""
    size = int(sample.t1.max()) + 1
    closed, after = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    every, tested = np.unique(sample.t0), np.unique(sample.t0[test])
    place = np.searchsorted(every, tested)
    for block in np.split(tested, np.flatnonzero(np.diff(place) > 1) + 1):
        rows = test & (sample.t0 >= block[0]) & (sample.t0 <= block[-1])
        last = int(sample.t1[rows].max())
        closed[block[0] : last + 1] = True
        after[last + 1 : last + 1 + embargo] = True
    return closed, after


def _repeats(sample: Sample, test: Mask) -> NDArray[np.bool_]:
    """Rows with the bytes of the features and label of some test row."""
    content = np.ascontiguousarray(np.column_stack([sample.x, sample.y]))
    keys = content.view(np.dtype((np.void, content.dtype.itemsize * content.shape[1]))).ravel()
    return np.isin(keys, keys[test])
