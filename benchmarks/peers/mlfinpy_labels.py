"""mlfinpy 0.1.2 on the bars of one symbol: triple barrier, average uniqueness and sequential bootstrap.

Its touches are ours with ``MATCHING``: closes only, strictly beyond the barrier, entered at the close of the decision.
The label differs in one place: it is found again from the logarithm of the return, against a multiple of
log(1 + target), not from the barrier that was touched (``expected_labels``).
"""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers.timing import agree
from market_assets.core.labels.spec import LabelSpec, TouchRule
from market_assets.core.labels.triple_barrier import Labels
from market_assets.core.market.panel import Floats, Panel

MATCHING = LabelSpec(
    entry="close",
    volatility="ewm",
    min_return=0.0,
    rule=TouchRule(path="close", touch="strict", vertical="zero"),
)


class Touches(NamedTuple):
    """What mlfinpy says of the events of one symbol that ended: decision time, end time, return and label."""

    at: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    ret: Floats
    label: NDArray[np.int64]


def module(name: str) -> Any | None:
    """A module of mlfinpy; None where it is not installed."""
    try:
        return importlib.import_module(f"mlfinpy.{name}")
    except ModuleNotFoundError:
        return None


def closes(panel: Panel, index: int) -> pd.Series:
    """Closing prices of one symbol by time."""
    rows = panel.rows(index)
    return pd.Series(panel.close[rows], pd.DatetimeIndex(panel.ts[rows]))


def touches(labeling: Any, close: pd.Series, target: pd.Series, spec: LabelSpec) -> Touches:
    """First touches and labels of every bar; one day is one bar."""
    events_at = target.index
    vertical = labeling.add_vertical_barrier(events_at, close, num_days=spec.holding)
    # without a side mlfinpy takes the profit multiple for the stop too, so only equal ones can be compared
    multiples = [spec.profit, spec.stop]
    events = labeling.get_events(close, events_at, multiples, target, 0.0, 1, vertical, verbose=False)
    bins = labeling.get_bins(events, close)
    ended = pd.DatetimeIndex(events.loc[bins.index, "t1"])
    return Touches(
        bins.index.to_numpy().astype("datetime64[us]"),
        ended.to_numpy().astype("datetime64[us]"),
        bins["ret"].to_numpy(),
        bins["bin"].to_numpy(),
    )


def expected_labels(ret: Floats, target: Floats, multiple: float) -> NDArray[np.int64]:
    """The label that mlfinpy gives to a return: beyond a multiple of log(1 + target), 0 between."""
    moved, level = np.log1p(ret), multiple * np.log1p(target)
    return (moved > level).astype(np.int64) - (moved < -level)


def labels_apart(ours: Labels, rows: slice, at: NDArray[np.datetime64], target: Floats, theirs: Touches) -> int:
    """Labels of one symbol that differ though the events are equal, all of them by ``expected_labels``.

    Parameters
    ----------
    ours : labels of a panel, of which ``rows`` is the symbol. at, target : (rows,) its times and targets.

    Raises
    ------
    NotEqualError
        where decision times, end times or returns differ, or a label that the rule of mlfinpy does not explain.
    """
    defined = ours.defined[rows]
    agree(np.array_equal(at[defined], theirs.at), "events of mlfinpy")
    agree(np.array_equal(ours.end_ts[rows][defined], theirs.end), "end times of mlfinpy")
    ret = ours.ret[rows][defined]
    agree(np.allclose(ret, theirs.ret, rtol=0.0, atol=1e-12), "returns of mlfinpy")
    wanted = expected_labels(ret, target[defined], MATCHING.profit)
    agree(np.array_equal(wanted, theirs.label), "labels of mlfinpy")
    return int(np.sum(ours.label[rows][defined] != theirs.label))


def uniqueness(concurrent: Any, close: pd.Series, ends: pd.Series) -> Floats:
    """Average uniqueness of the labels of one symbol; ``ends`` holds the end time by decision time."""
    events = pd.DataFrame({"t1": ends})
    return concurrent.get_av_uniqueness_from_triple_barrier(events, close, 1, verbose=False)["tW"].to_numpy()


def draws(bootstrapping: Any, close: pd.Series, ends: pd.Series, seed: int) -> NDArray[np.int64]:
    """As many draws as labels of one symbol, by the uniform numbers of ``RandomState(seed).random_sample``."""
    matrix = bootstrapping.get_ind_matrix(ends.rename("t1"), close.to_frame())
    return np.array(bootstrapping.seq_bootstrap(matrix, random_state=np.random.RandomState(seed)))
