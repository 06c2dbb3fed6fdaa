"""Rows of a few symbols with gaps, flat and repeated columns, and every transform with small parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import TypeAdapter

from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.registry import TRANSFORMS
from market_assets.core.transforms.spec import TransformSpec

NAMES = ("level", "size", "gaps", "flat", "empty", "again", "rare")
SYMBOLS = tuple(f"S{k:02d}" for k in range(12))
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "standard": [{}],
    "winsorize": [{}, {"low": 0.1, "high": 0.8}],
    "median_mad": [{}],
    "clusters": [
        {"columns": ["level", "size"], "clusters": 3},
        {"columns": ["level", "gaps"], "clusters": 4, "output": "distance"},
    ],
    "select": [{}, {"max_correlation": 0.5}],
}
CASES = [(kind, number) for kind in TRANSFORMS for number in range(len(PARAMETERS[kind]))]


def spec_of(kind: str, **parameters: Any) -> Any:
    """The parameter record of a kind, as an experiment file would give it."""
    return TypeAdapter(TransformSpec).validate_python({"kind": kind, **parameters})


def case(kind: str, number: int) -> tuple[Any, Any]:
    """A transform and one of its parameter records."""
    return TRANSFORMS[kind], spec_of(kind, **PARAMETERS[kind][number])


def sample(n: int = 600, seed: int = 0) -> Rows:
    """Rows of twelve symbols in four groups by level and size."""
    rng = np.random.Generator(np.random.PCG64(seed))
    code = np.repeat(np.arange(len(SYMBOLS), dtype=np.int32), n // len(SYMBOLS))
    group = code % 4
    level = group + 0.05 * rng.standard_normal(n)
    size = (group % 2) * 3.0 + rng.standard_normal(n) * 0.1
    gaps = np.where(rng.random(n) < 0.2, np.nan, rng.standard_t(3, n) + group)
    rare = np.where(rng.random(n) < 0.05, rng.standard_normal(n), 0.0)
    columns = [level, size, gaps, np.full(n, 0.1), np.full(n, np.nan), -2.0 * level + 1.0, rare]
    return Rows(NAMES, np.column_stack(columns).astype(np.float32), SYMBOLS, code)


def rows_where(rows: Rows, mask: Any) -> Rows:
    """The rows that a mask or index array names."""
    return Rows(rows.names, rows.x[mask], rows.symbols, rows.code[mask])
