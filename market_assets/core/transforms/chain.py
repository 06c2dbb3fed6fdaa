"""Several transforms one after the other, stored with the model that was trained behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from market_assets.core.errors import IntegrityError
from market_assets.core.models import arrays
from market_assets.core.transforms.base import Rows, State, Transform
from market_assets.core.transforms.registry import TRANSFORMS

EXTENSION = "chain"
MAGIC = b"MKTCHN1\n"
FORMAT = "chain/1"
MODEL = "model"


@dataclass(frozen=True, eq=False)
class Step:
    """A transform and its fitted state."""

    transform: Transform
    state: State


Chain = tuple[Step, ...]


def fit_chain(rows: Rows, specs: Sequence[Any], seed: int) -> tuple[Chain, Rows]:
    """Fit each transform on training rows that went through those before it; also the rows behind the last.

    Raises
    ------
    NotEnoughDataError, BadInputError
        as the transforms.
    """
    chain: list[Step] = []
    for spec in specs:
        transform = TRANSFORMS[spec.kind]
        step = Step(transform, transform.fit(rows, spec, seed))
        rows = transform.apply(step.state, rows)
        chain.append(step)
    return tuple(chain), rows


def apply_chain(chain: Chain, rows: Rows) -> Rows:
    """Rows as the model behind the chain wants them."""
    for step in chain:
        rows = step.transform.apply(step.state, rows)
    return rows


def wrap(chain: Chain, model: bytes) -> bytes:
    """Chain and model payload in one; without a chain the payload itself."""
    if not chain:
        return model
    parts = {f"state_{k:02d}": step.transform.to_bytes(step.state) for k, step in enumerate(chain)} | {MODEL: model}
    meta = {"format": FORMAT, "kinds": [step.transform.kind for step in chain]}
    return MAGIC + arrays.encode(meta, {name: np.frombuffer(data, np.uint8) for name, data in parts.items()})


def unwrap(payload: bytes) -> tuple[Chain, bytes]:
    """Inverse of ``wrap``; what does not begin as a chain is a model payload, and left to its family to judge.

    Raises
    ------
    IntegrityError
        for a chain that ``wrap`` would not have written.
    """
    if not payload.startswith(MAGIC):
        return (), payload
    meta, parts = arrays.decode(payload[len(MAGIC) :])
    kinds = meta.get("kinds")
    if set(meta) != {"format", "kinds"} or meta["format"] != FORMAT or not isinstance(kinds, list) or not kinds:
        raise IntegrityError("chain of transforms: the header has the wrong parts")
    wanted = {MODEL, *(f"state_{k:02d}" for k in range(len(kinds)))}
    if set(parts) != wanted or any(part.dtype != np.uint8 or part.ndim != 1 for part in parts.values()):
        raise IntegrityError("chain of transforms: a state or the model is missing")
    if unknown := [kind for kind in kinds if not isinstance(kind, str) or kind not in TRANSFORMS]:
        raise IntegrityError(f"chain of transforms: {unknown[0]!r} is not a transform")
    transforms = [TRANSFORMS[kind] for kind in kinds]
    states = [one.from_bytes(parts[f"state_{k:02d}"].tobytes()) for k, one in enumerate(transforms)]
    chain = tuple(Step(one, state) for one, state in zip(transforms, states, strict=True))
    for before, after in pairwise(chain):
        if before.transform.columns(before.state) != after.state.names:
            raise IntegrityError(f"chain of transforms: {after.transform.kind} was fitted behind other columns")
    return chain, parts[MODEL].tobytes()
