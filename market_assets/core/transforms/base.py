"""The contract of a fitted transform: training rows in, a state that carries no code, and other columns out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, IntegrityError
from market_assets.core.models import arrays

if TYPE_CHECKING:
    from market_assets.core.folds.training_set import TrainingSet

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Rows:
    """Feature rows and whose they are.

    Parameters
    ----------
    names : of the d columns. x : (n, d) float32, NaN = no value.
    symbols : names that ``code`` (n,) points into.
    """

    names: tuple[str, ...]
    x: Matrix
    symbols: tuple[str, ...]
    code: NDArray[np.int32]

    @staticmethod
    def of(data: TrainingSet, rows: NDArray[Any]) -> Rows:
        """The rows of a training set that a mask or an index array names."""
        return Rows(data.feature_names, data.x[rows], data.symbols, data.code[rows])


@dataclass(frozen=True, eq=False)
class State:
    """What a fit leaves.

    Parameters
    ----------
    names : columns it was fitted on. values : arrays by name. words : what is not a number, JSON.
    """

    names: tuple[str, ...]
    values: Mapping[str, NDArray[Any]]
    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Transform:
    """One kind of fitted transform.

    Parameters
    ----------
    kind : its name in an experiment file. spec : its parameter record.
    version : raised whenever the same rows may give other values.
    fit : (training rows, spec, seed) -> state; it is given no other rows, so it cannot depend on them.
    transform : (state, rows) -> (n, k) float32, row by row; NaN stays NaN.
    columns : state -> names of the k columns.
    sound : whether arrays and words fit together and are in range, as ``fit`` leaves them.
    """

    kind: str
    version: str
    spec: type[Any]
    fit: Callable[[Rows, Any, int], State]
    transform: Callable[[State, Rows], Matrix]
    columns: Callable[[State], tuple[str, ...]]
    sound: Callable[[State], bool]

    def apply(self, state: State, rows: Rows) -> Rows:
        """Transformed rows under their new names.

        Raises
        ------
        BadInputError
            rule ``transform_columns``: the rows do not have the columns of the fit.
        """
        if rows.names != state.names:
            message = f"{self.kind} was fitted on {len(state.names)} columns, the rows have {len(rows.names)} or others"
            raise BadInputError("transform_columns", message)
        return Rows(self.columns(state), self.transform(state, rows), rows.symbols, rows.code)

    def to_bytes(self, state: State) -> bytes:
        """The state as an array container; equal states give equal bytes."""
        meta = {"kind": self.kind, "version": self.version, "names": list(state.names), "words": dict(state.words)}
        return arrays.encode(meta, state.values)

    def from_bytes(self, data: bytes) -> State:
        """Read ``to_bytes`` back.

        Raises
        ------
        IntegrityError
            for bytes of another kind or version, or with arrays that ``fit`` would not have left.
        """
        meta, values = arrays.decode(data)
        if set(meta) != {"kind", "version", "names", "words"} or meta["kind"] != self.kind:
            raise IntegrityError(f"the bytes are not a state of {self.kind}")
        if meta["version"] != self.version:
            raise IntegrityError(f"{self.kind}: state of version {meta['version']!r}, the code has {self.version!r}")
        names, words = meta["names"], meta["words"]
        if not unique_words(names) or not names or not isinstance(words, dict):
            raise IntegrityError(f"{self.kind}: the state names its columns wrongly")
        state = State(tuple(names), values, words)
        try:
            sound = self.sound(state)
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            raise IntegrityError(f"{self.kind}: the arrays of the state do not fit together") from error
        if not sound:
            raise IntegrityError(f"{self.kind}: a stored value has another shape or is out of range")
        return state


def unique_words(value: object) -> bool:
    """Whether a JSON value is a list of texts without repetition."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value) and len(set(value)) == len(value)


def shaped(state: State, **wanted: tuple[str, tuple[int, ...]]) -> bool:
    """Whether the state has exactly the named arrays, each with its dtype and shape, all finite."""
    return set(state.values) == set(wanted) and all(
        state.values[name].dtype.str == dtype and state.values[name].shape == shape and np.isfinite(array).all()
        for name, (dtype, shape) in wanted.items()
        for array in (state.values[name],)
    )


def to_matrix(values: Floats) -> Matrix:
    """Float32 copy in which nothing has become infinite."""
    return np.clip(values, -LARGEST, LARGEST).astype(np.float32)
