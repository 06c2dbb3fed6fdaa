"""Behaviour clusters: K-means over the symbols of a training fold, by what each of them does on average."""

from __future__ import annotations

from typing import Any

import numpy as np

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.transforms.base import Floats, Matrix, Rows, State, Transform, shaped, unique_words
from market_assets.core.transforms.spec import ClusterSpec

PREFIX = "behaviour_cluster_"


def behaviour(rows: Rows, columns: tuple[str, ...]) -> tuple[tuple[str, ...], Floats]:
    """Symbols with rows, in order of their codes, and the mean of each behaviour column over their rows, (s, b).

    Symbols that have no value in some column are left out.

    Raises
    ------
    BadInputError
        rule ``cluster_columns``: a column that the rows do not have.
    """
    if missing := [name for name in columns if name not in rows.names]:
        raise BadInputError("cluster_columns", f"no column {missing[0]!r} to cluster symbols by")
    values = rows.x[:, [rows.names.index(name) for name in columns]].astype(np.float64)
    names, means = [], []
    for code in np.unique(rows.code):
        own = values[rows.code == code]
        seen = ~np.isnan(own)
        if seen.any(axis=0).all():
            names.append(rows.symbols[code])
            means.append(np.where(seen, own, 0.0).sum(axis=0) / seen.sum(axis=0))
    return tuple(names), np.array(means).reshape(len(names), len(columns))


def k_means(points: Floats, spec: ClusterSpec, seed: int) -> Floats:
    """Centres (k, b) in lexicographic order, so that their numbers do not hang on the draw (Lloyd 1982, k-means++).

    One thread: the sums over points then have one order, and the centres one value.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    runs: Any = spec.restarts  # scikit-learn's own types know the word "auto" alone
    with threadpool_limits(limits=1, user_api="openmp"):
        centres = KMeans(spec.clusters, n_init=runs, random_state=seed, algorithm="lloyd").fit(points).cluster_centers_
    return centres[np.lexsort(centres.T[::-1])]


def fit(rows: Rows, spec: ClusterSpec, seed: int) -> State:
    """Scale the behaviours over the symbols, and cluster.

    Raises
    ------
    NotEnoughDataError
        for fewer symbols with different behaviour than clusters.
    BadInputError
        as ``behaviour``.
    """
    symbols, means = behaviour(rows, spec.columns)
    if (different := len(np.unique(means, axis=0))) < spec.clusters:
        raise NotEnoughDataError(f"clusters: {different} symbols behave differently, {spec.clusters} clusters are due")
    centre, scale = means.mean(axis=0), means.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    points = (means - centre) / scale
    return State(
        rows.names,
        {"centre": centre, "scale": scale, "points": points, "clusters": k_means(points, spec, seed)},
        {"symbols": list(symbols), "columns": list(spec.columns), "output": spec.output},
    )


def transform(state: State, rows: Rows) -> Matrix:
    """The columns of the rows, then one a cluster.

    A symbol of the fit stands where its training rows put it. Any other stands where its own row puts it: the
    behaviour columns look back over its own past. Where one of them is NaN, its clusters are NaN.
    """
    values, words = state.values, state.words
    own = rows.x[:, [rows.names.index(name) for name in words["columns"]]]
    place = (own - values["centre"]) / values["scale"]
    number = {name: k for k, name in enumerate(words["symbols"])}
    known = np.array([number.get(name, -1) for name in rows.symbols], dtype=np.int64)[rows.code]
    place[known >= 0] = values["points"][known[known >= 0]]
    distance = np.zeros((len(place), len(values["clusters"])))
    for k, middle in enumerate(values["clusters"]):
        for b in range(place.shape[1]):  # term by term: the sum of a row does not depend on how many rows there are
            distance[:, k] += (place[:, b] - middle[b]) ** 2
    added = np.sqrt(distance) if words["output"] == "distance" else _nearest(distance)
    return np.concatenate([rows.x, added.astype(np.float32)], axis=1)


def _nearest(distance: Floats) -> Floats:
    """1 in the column of the nearest cluster, 0 elsewhere; NaN where distances are NaN."""
    undefined = np.isnan(distance).any(axis=1)
    chosen = np.zeros(distance.shape)
    chosen[np.arange(len(distance)), np.argmin(distance, axis=1)] = 1.0
    chosen[undefined] = np.nan
    return chosen


def _columns(state: State) -> tuple[str, ...]:
    return (*state.names, *(f"{PREFIX}{k}" for k in range(len(state.values["clusters"]))))


def _sound(state: State) -> bool:
    words, clusters = state.words, state.values["clusters"]
    if set(words) != {"symbols", "columns", "output"} or words["output"] not in ("one_hot", "distance"):
        return False
    if not unique_words(words["symbols"]) or not unique_words(words["columns"]):
        return False
    count, symbols, width = len(clusters), len(words["symbols"]), len(words["columns"])
    row = ("<f8", (width,))
    fits = shaped(state, centre=row, scale=row, points=("<f8", (symbols, width)), clusters=("<f8", (count, width)))
    known = width > 0 and set(words["columns"]) <= set(state.names)
    return fits and known and 2 <= count <= symbols and bool(np.all(state.values["scale"] > 0))


CLUSTERS = Transform("clusters", "1", ClusterSpec, fit, transform, _columns, _sound)
