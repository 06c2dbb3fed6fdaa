"""The training set: one row a symbol and session, with features, label, label interval and symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, IntegrityError, Location, NotEnoughDataError
from market_assets.core.features.normalization import NormalizationSpec, normalize_family
from market_assets.core.folds import arrow
from market_assets.core.identity import hash_arrays
from market_assets.core.labels.spec import WeightSpec
from market_assets.core.labels.triple_barrier import Labels
from market_assets.core.labels.uniqueness import average_uniqueness
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel

TRAINING_SET_VERSION = "1"
FORMAT = f"training_set/{TRAINING_SET_VERSION}"
Blocks = Mapping[str, tuple[Sequence[str], NDArray[np.float64]]]

_DTYPES = {
    "x": "float32",
    "y": "int8",
    "ret": "float64",
    "weight": "float64",
    "trainable": "bool",
    "code": "int32",
    "ts": "datetime64[us]",
    "t0": "int32",
    "t1": "int32",
}
_STEP = "step"  # only where a weight needs it, so that other sets keep their bytes


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Rows sorted by (symbol, session), as in the panel; n rows, d features, S sessions.

    Parameters
    ----------
    symbols : traded symbols; ``code`` (n,) int32 points into them.
    feature_names : names of the d columns of ``x``.
    x : (n, d) float32, NaN = no value.
    y : (n,) int8, 1 where the label is up, else 0; meaningful where ``trainable``.
    ret : (n,) realised return of the label, NaN where undefined.
    weight : (n,) average uniqueness of the label interval within its symbol. It counts every row whose label
        is running, whatever comes of it, so the weight of a label that ended at t1 is known at t1 and does not
        change when later bars arrive. Weights with statistics over rows (decay, class balance) are made per
        fit by ``labels.weights.fit_weights``, never stored.
    trainable : (n,) label defined and not 0.
    ts : (n,) close of the decision bar.
    t0, t1 : (n,) int32 session of the row, and of the end of its label; where the label is undefined, the last
        session of its symbol that the label could still have touched.
    sessions : (S,) sorted unique ``ts`` of the whole panel.
    step : (n,) float64 log return of the row's symbol into its session, adjusted; None where no weight asks for it.
    """

    symbols: tuple[str, ...]
    feature_names: tuple[str, ...]
    x: NDArray[np.float32]
    y: NDArray[np.int8]
    ret: NDArray[np.float64]
    weight: NDArray[np.float64]
    trainable: NDArray[np.bool_]
    code: NDArray[np.int32]
    ts: NDArray[np.datetime64]
    t0: NDArray[np.int32]
    t1: NDArray[np.int32]
    sessions: NDArray[np.datetime64]
    step: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        n = self.x.shape[0]
        for name, array in self._columns().items():
            dtype = _DTYPES.get(name, "float64")
            if array.dtype != np.dtype(dtype) or array.shape[0] != n:
                raise ValueError(f"training set column {name} must be {dtype} with {n} rows, is {array.dtype}")
        if self.x.shape != (n, len(self.feature_names)):
            raise ValueError(f"x has shape {self.x.shape}, expected {(n, len(self.feature_names))}")
        if n and not (self.t0.min() >= 0 and np.all(self.t0 <= self.t1) and self.t1.max() < self.sessions.size):
            raise ValueError("label intervals must lie inside the sessions, with t0 <= t1")

    @property
    def n_rows(self) -> int:
        return int(self.x.shape[0])

    @cached_property
    def reach(self) -> NDArray[np.int32]:
        """Latest label end among the rows of each session, shape (S,); -1 where a session has no row."""
        latest = np.full(self.sessions.size, -1, dtype=np.int32)
        np.maximum.at(latest, self.t0, self.t1)
        return latest

    def _columns(self) -> dict[str, NDArray[Any]]:
        """Every array with one entry a row, by name."""
        columns: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in _DTYPES}
        return columns if self.step is None else {**columns, _STEP: self.step}

    def content_hash(self) -> str:
        """Hash over every value, the names and the sessions; computed once, so the arrays must not be changed."""
        return self._content_hash

    @cached_property
    def _content_hash(self) -> str:
        arrays = self._columns()
        arrays["ts"] = self.ts.astype(np.int64)
        arrays["sessions"] = self.sessions.astype("datetime64[us]").astype(np.int64)
        arrays["symbols"] = np.array(self.symbols, dtype=str)
        arrays["feature_names"] = np.array(self.feature_names, dtype=str)
        return hash_arrays(arrays)

    def to_ipc(self) -> bytes:
        """Arrow IPC bytes; identical for identical content."""
        header = {
            "format": FORMAT,
            "symbols": list(self.symbols),
            "feature_names": list(self.feature_names),
            "sessions_us": self.sessions.astype("datetime64[us]").astype(np.int64).tolist(),
        }
        return arrow.encode(self._columns(), header)

    @staticmethod
    def from_ipc(data: bytes) -> TrainingSet:
        """Read ``to_ipc`` bytes; the arrays are read-only views.

        Raises
        ------
        IntegrityError
            if the bytes are incomplete or of another format.
        """
        columns, header = arrow.decode(data)
        if header.get("format") != FORMAT or set(columns) - {_STEP} != set(_DTYPES):
            raise IntegrityError(f"expected a stream of format {FORMAT}, found {header.get('format')!r}")
        try:
            return TrainingSet(
                symbols=tuple(header["symbols"]),
                feature_names=tuple(header["feature_names"]),
                sessions=np.array(header["sessions_us"], dtype=np.int64).astype("datetime64[us]"),
                **{**columns, "trainable": columns["trainable"].view(np.bool_)},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(f"the training set bytes contradict themselves: {error}") from error


def assemble(
    panel: Panel,
    blocks: Blocks,
    labels: Labels,
    weight_spec: WeightSpec,
    warmup: int = 126,
    normalization: NormalizationSpec | None = None,
) -> TrainingSet:
    """Join features and labels into a training set.

    Rows are those of traded symbols after their first ``warmup`` bars. A row with an undefined or zero label
    stays: it is predicted and traded, but never trained on.

    Parameters
    ----------
    panel : the bars that features and labels were computed from.
    blocks : family name -> (feature names, (n_rows, k) values); columns follow the sorted family names.
    labels : labels of the same rows.
    weight_spec : ``uniqueness`` decides whether ``weight`` is the average uniqueness or 1, ``attribution`` whether the
        returns of the bars are kept.
    warmup : bars dropped at the start of every symbol, at least the longest feature look-back.
    normalization : of the features by the past of their symbol, warm-up included; None = as they are.

    Raises
    ------
    BadInputError
        for a block of another length, a feature name used twice, or an infinite value.
    NotEnoughDataError
        if no row is left.
    """
    traded = np.array([kind != "level" for kind in panel.kinds], dtype=np.bool_)
    codes = panel.symbol_codes()
    age = np.arange(panel.n_rows) - panel.offsets[codes]
    keep = np.flatnonzero(traded[codes] & (age >= warmup))
    if not keep.size:
        longest = int(age[traded[codes]].max(initial=-1)) + 1
        raise NotEnoughDataError(f"symbols need more than {warmup} bars of warm-up; the longest has {longest}")
    names, x = _stack(blocks, keep, panel.offsets, normalization)
    sessions, session_of_row = panel.sessions()
    code = (np.cumsum(traded) - 1)[codes[keep]].astype(np.int32)
    t0 = session_of_row[keep].astype(np.int32)
    t1 = np.searchsorted(sessions, labels.end_ts[keep]).astype(np.int32)
    running = np.ones(keep.size, dtype=np.bool_)
    weight = average_uniqueness(code, t0, t1, running, sessions.size) if weight_spec.uniqueness else np.ones(keep.size)
    return TrainingSet(
        symbols=panel.tradable,
        feature_names=names,
        x=x,
        y=(labels.label[keep] == 1).astype(np.int8),
        ret=labels.ret[keep],
        weight=weight,
        trainable=labels.defined[keep] & (labels.label[keep] != 0),
        code=code,
        ts=panel.ts[keep].astype("datetime64[us]"),
        t0=t0,
        t1=t1,
        sessions=sessions.astype("datetime64[us]"),
        step=_steps(panel)[keep] if weight_spec.attribution else None,
    )


def _steps(panel: Panel) -> NDArray[np.float64]:
    """Log return into every row (n_rows,) with dividends, NaN on the first bar of a symbol."""
    close = adjust(panel).close
    steps = np.full(panel.n_rows, np.nan)
    steps[1:] = np.log(close[1:] / close[:-1])
    steps[panel.offsets[:-1][np.diff(panel.offsets) > 0]] = np.nan
    return steps


def _stack(
    blocks: Blocks, keep: NDArray[np.int64], offsets: NDArray[np.int64], normalization: NormalizationSpec | None
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Columns of all families side by side, normalized where asked, in float32."""
    n_rows = int(offsets[-1])
    names = tuple(name for family in sorted(blocks) for name in blocks[family][0])
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BadInputError("feature_names_unique", f"feature names used twice: {twice}")
    x = np.empty((keep.size, len(names)), dtype=np.float32)
    column = 0
    for family in sorted(blocks):
        own, values = blocks[family]
        if values.shape != (n_rows, len(own)):
            message = f"family {family} has values of shape {values.shape}, expected {(n_rows, len(own))}"
            raise BadInputError("feature_block_shape", message)
        if normalization is not None:
            values = normalize_family(family, own, values, offsets, normalization)
        part = x[:, column : column + len(own)]
        with np.errstate(over="ignore"):  # an overflow becomes infinite and is refused below
            part[:] = values[keep]
        if (infinite := np.isinf(part)).any():
            row, index = (int(position) for position in np.argwhere(infinite)[0])
            where = Location(row=int(keep[row]) + 1, column=own[index])
            raise BadInputError("feature_finite", f"family {family} holds an infinite value", where)
        column += len(own)
    return names, x
