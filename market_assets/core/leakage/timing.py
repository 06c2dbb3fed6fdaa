"""The timing proof: what is used by a time may not depend on what becomes known after it.

Non-interference (Goguen & Meseguer 1982) with time as the level of secrecy. Features, labels, universe membership,
as-of reads, orders and profit differ only in the times that their inputs and outputs carry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.leakage.compare import moved
from market_assets.core.leakage.finding import Finding
from market_assets.core.leakage.perturb import CHANGES
from market_assets.core.leakage.timed import Arrays, Timed

Compute = Callable[[Arrays], dict[str, Timed]]
Inputs = dict[str, Timed]
VARIANTS = (*CHANGES, "truncate")


def prove_timely(
    detector: str,
    stage: str,
    compute: Compute,
    inputs: Inputs,
    cuts: Sequence[int],
    seed: int,
    fixed: AbstractSet[str] = frozenset(),
) -> list[Finding]:
    """Change, blank and drop everything known after each cut, and demand the same bytes of everything due by it.

    ``truncate`` drops the rows that are hidden in every input, which is window extension read backwards: a longer
    history must begin with the same values. Hidden cells of rows that stay are blanked. Outputs with a row for each
    input row are compared on the rows that stay; a stage that returns fewer of them has lost values.

    Parameters
    ----------
    compute : input arrays -> outputs with the times they are due; the due times of the unchanged inputs count.
    inputs : arrays with one common first axis.
    cuts : ticks.
    fixed : inputs that are dropped with their row but never changed, such as the times of records themselves.

    Returns
    -------
    One finding an output and variant, with the number of values that moved over all cuts.

    Raises
    ------
    NotEnoughDataError
        when a cut hides nothing or leaves no output to compare: a proof of nothing proves nothing.
    """
    clean = compute({name: one.values.copy() for name, one in inputs.items()})
    counts: dict[tuple[str, str], int] = {}
    for number, cut in enumerate(cuts):
        hidden = {name: one.known > cut for name, one in inputs.items()}
        due = {name: one.known <= cut for name, one in clean.items()}
        if not any(mask.any() for mask in hidden.values()) or not any(mask.any() for mask in due.values()):
            raise NotEnoughDataError(f"{stage}: cut {cut} needs hidden inputs and outputs that are due")
        for place, variant in enumerate(VARIANTS):
            rng = np.random.Generator(np.random.PCG64([seed, number, place]))
            changed = _changed(inputs, hidden, variant, fixed, rng)
            with np.errstate(all="ignore"):  # the changed data are absurd on purpose
                again = compute(changed)
            for name, one in clean.items():
                wanted = _rows(changed) if one.values.shape[0] == _rows(inputs) else one.values.shape[0]
                if count := _count(one.values[:wanted], again[name].values, due[name][:wanted]):
                    counts[name, variant] = counts.get((name, variant), 0) + count
    return [
        Finding(detector, stage, variant, count, f"{count} values of {name} moved with data known later ({variant})")
        for (name, variant), count in counts.items()
    ]


def spread_cuts(first: int, last: int, n: int, seed: int) -> tuple[int, ...]:
    """One cut drawn from each of ``n`` equal stretches of the ticks first..last, ascending."""
    edges = np.linspace(first, last + 1, n + 1).astype(np.int64)
    if n < 1 or np.any(np.diff(edges) < 1):
        raise NotEnoughDataError(f"{n} cuts need as many ticks between {first} and {last}")
    rng = np.random.Generator(np.random.PCG64(seed))
    return tuple(int(rng.integers(edges[k], edges[k + 1])) for k in range(n))


def _changed(
    inputs: Inputs,
    hidden: dict[str, NDArray[np.bool_]],
    variant: str,
    fixed: AbstractSet[str],
    rng: np.random.Generator,
) -> dict[str, NDArray[Any]]:
    if variant != "truncate":
        change = CHANGES[variant]
        return {
            name: one.values.copy() if name in fixed else change(one.values, hidden[name], rng)
            for name, one in inputs.items()
        }
    kept = ~np.logical_and.reduce([mask.reshape(mask.shape[0], -1).all(axis=1) for mask in hidden.values()])
    return {
        name: (one.values if name in fixed else CHANGES["void"](one.values, hidden[name], rng))[kept]
        for name, one in inputs.items()
    }


def _rows(inputs: Mapping[str, Timed] | Arrays) -> int:
    """Length of the common first axis."""
    first = next(iter(inputs.values()))
    return int((first.values if isinstance(first, Timed) else first).shape[0])


def _count(known: NDArray[Any], again: NDArray[Any], due: NDArray[np.bool_]) -> int:
    """Values due that changed; those of lost rows count as changed."""
    rows = min(known.shape[0], again.shape[0])
    gone = int(due[rows:].sum())
    return gone + int((moved(known[:rows], again[:rows]) & due[:rows]).sum())
