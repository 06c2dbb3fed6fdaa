"""Preparations, choices and second levels: each learns from the rows that it is given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.zoo.linear import PROBE, Scaler, fit_score, predict, ridge
from market_assets.core.leakage.sample import Mask, Sample

Floats = np.ndarray


def inner(sample: Sample, train: Mask) -> tuple[Mask, Mask]:
    """Training rows for the model, and the last quarter of the training sessions to choose by, purged."""
    sessions = np.unique(sample.t0[train])
    first = sessions[-(sessions.size // 4)]
    return train & (sample.t1 < first), train & (sample.t0 >= first)


def scale(sample: Sample, rows: Mask) -> Callable[[Floats], Floats]:
    return Scaler.fit(sample.x[rows]).apply


def median(sample: Sample, rows: Mask) -> Callable[[Floats], Floats]:
    medians = np.nanmedian(sample.x[rows], axis=0)
    return lambda x: np.where(np.isnan(x), medians, x)


def clip(sample: Sample, rows: Mask) -> Callable[[Floats], Floats]:
    low, high = np.nanquantile(sample.x[rows], [0.05, 0.95], axis=0)
    return lambda x: np.clip(x, low, high)


def components(sample: Sample, rows: Mask) -> Callable[[Floats], Floats]:
    scaler = Scaler.fit(sample.x[rows])
    base = scaler.apply(sample.x[rows])
    axes = np.linalg.eigh(base.T @ base)[1][:, -3:]
    return lambda x: scaler.apply(x) @ axes


def select(sample: Sample, rows: Mask) -> Callable[[Floats], Floats]:
    """The three columns closest to the label, in order of closeness."""
    x = np.nan_to_num(sample.x[rows])
    y = sample.y[rows] - sample.y[rows].mean()
    close = np.abs((x - x.mean(axis=0)).T @ y) / (x.std(axis=0) + 1e-9)
    best = np.argsort(-close)[:3]
    return lambda x: x[:, best]


def clusters(sample: Sample, rows: Mask) -> Callable[[Floats], Floats]:
    """Distances to three centres, ten rounds of k-means from fixed starts."""
    x = np.nan_to_num(sample.x[rows])
    centres = np.array([[-1.0], [0.0], [1.0]]) * np.ones(x.shape[1])
    for _ in range(10):
        nearest = ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        centres = np.stack([x[nearest == k].mean(axis=0) if (nearest == k).any() else centres[k] for k in range(3)])
    return lambda asked: np.sqrt(((np.nan_to_num(asked)[:, None] - centres) ** 2).sum(axis=2))


def encode(sample: Sample, rows: Mask) -> Callable[[Floats], Floats]:
    """Mean label of the sign of the first column, as a further column."""
    up = sample.x[:, 0] > 0
    means = np.array([sample.y[rows & (up == side)].mean() for side in (False, True)])
    return lambda x: np.column_stack([x, means[(x[:, 0] > 0).astype(int)]])


def ranks(sample: Sample, rows: Mask) -> Callable[[Floats], Floats]:
    """Position among the rows learned from."""
    ordered = np.sort(np.nan_to_num(sample.x[rows]), axis=0)
    return lambda x: np.column_stack(
        [np.searchsorted(ordered[:, j], np.nan_to_num(x[:, j])) / ordered.shape[0] for j in range(x.shape[1])]
    )


def score_rows(sample: Sample, train: Mask, rows: Mask, alpha: float = 1.0) -> Floats:
    return fit_score(sample.x[train], sample.y[train], sample.x[rows], alpha)


def squared_loss(scores: Floats, y: Floats) -> float:
    return float(((scores - y) ** 2).mean())


def calibrate(sample: Sample, train: Mask, rows: Mask) -> dict[str, Floats]:
    """A line from raw score to frequency, fitted on ``rows``."""
    line = ridge(score_rows(sample, train, rows)[:, None], sample.y[rows])
    return {"scores": predict(line, probe_scores(sample, train)[:, None]), "line": line}


def probe_scores(sample: Sample, train: Mask, alpha: float = 1.0) -> Floats:
    return fit_score(sample.x[train], sample.y[train], PROBE, alpha)


def stop_early(sample: Sample, train: Mask, rows: Mask) -> dict[str, Floats]:
    """Gradient descent, kept at the round with the least loss on ``rows``."""
    scaler = Scaler.fit(sample.x[train])
    x, y, held = scaler.apply(sample.x[train]), sample.y[train] - 0.5, scaler.apply(sample.x[rows])
    coefficient = np.zeros(x.shape[1])
    best, kept = np.inf, coefficient
    for _ in range(60):
        coefficient = coefficient - 0.05 * x.T @ (x @ coefficient - y) / y.size
        loss = squared_loss(held @ coefficient, sample.y[rows] - 0.5)
        if loss < best:
            best, kept = loss, coefficient
    return {"coefficient": kept}


def threshold(sample: Sample, train: Mask, rows: Mask) -> dict[str, Floats]:
    """The cut-off with the best accuracy on ``rows``."""
    scores = score_rows(sample, train, rows)
    grid = np.linspace(0.2, 0.8, 61)
    right = [((scores > cut) == (sample.y[rows] == 1.0)).mean() for cut in grid]
    return {"calls": probe_scores(sample, train) - grid[int(np.argmax(right))]}


def search(sample: Sample, train: Mask, rows: Mask) -> dict[str, Floats]:
    """The penalty with the least loss on ``rows``."""
    grid = (0.1, 10.0, 100.0, 1000.0)
    losses = [squared_loss(score_rows(sample, train, rows, alpha), sample.y[rows]) for alpha in grid]
    return {"scores": probe_scores(sample, train, grid[int(np.argmin(losses))])}


def search_label(sample: Sample, train: Mask, rows: Mask) -> dict[str, Floats]:
    """The definition of the label that the model predicts best on ``rows``."""
    long = (sample.t1 - sample.t0 > 4).astype(np.float64)
    kinds = (sample.y, np.maximum(sample.y, long), sample.y * long)
    losses = []
    for y in kinds:
        scores = fit_score(sample.x[train], y[train], sample.x[rows])
        losses.append(squared_loss(scores, y[rows]) / max(float(y[rows].var()), 1e-9))
    best = kinds[int(np.argmin(losses))]
    return {"scores": fit_score(sample.x[train], best[train], PROBE)}


def stack_on(sample: Sample, train: Mask, rows: Mask) -> dict[str, Floats]:
    """A second model over two first models, fitted on their predictions of ``rows``."""
    firsts = np.column_stack([score_rows(sample, train, rows, alpha) for alpha in (1.0, 100.0)])
    second = ridge(firsts, sample.y[rows])
    return {"scores": predict(second, np.column_stack([probe_scores(sample, train, alpha) for alpha in (1.0, 100.0)]))}


def oversample(sample: Sample, train: Mask, pool: Mask) -> dict[str, Floats]:
    """Synthetic rows half way between each rare training row and its nearest neighbour of its class in ``pool``."""
    x = np.nan_to_num(sample.x)
    rare = float(sample.y[train].mean() < 0.5)
    own, others = np.flatnonzero(train & (sample.y == rare)), np.flatnonzero(pool & (sample.y == rare))
    distance = ((x[own][:, None] - x[others]) ** 2).sum(axis=2)
    distance[own[:, None] == others] = np.inf
    made = 0.5 * (x[own] + x[others[distance.argmin(axis=1)]])
    full = np.vstack([x[train], made])
    return {"scores": fit_score(full, np.concatenate([sample.y[train], np.full(own.size, rare)]), PROBE)}


def in_sample(sample: Sample, train: Mask) -> Floats:
    """Predictions of the training rows by the model that was fitted on them."""
    out = np.full(sample.n_rows, np.nan)
    out[train] = score_rows(sample, train, train)
    return out


def curve_rows(sample: Sample, train: Mask) -> Floats:
    """Scores of the rows that the curve is fitted on, from a model that did not see them."""
    out = np.full(sample.n_rows, np.nan)
    model, curve = inner(sample, train)
    out[curve] = score_rows(sample, model, curve)
    return out


def own_encoding(sample: Sample, train: Mask) -> Floats:
    """Mean label of the row's own category, the row itself included."""
    out = np.full(sample.n_rows, np.nan)
    for code in np.unique(sample.code):
        rows = train & (sample.code == code)
        out[rows] = sample.y[rows].mean()
    return out


def others_encoding(sample: Sample, train: Mask) -> Floats:
    """Mean label of the other training rows of the category."""
    out = np.full(sample.n_rows, np.nan)
    for code in np.unique(sample.code):
        rows = np.flatnonzero(train & (sample.code == code))
        for row in rows:
            out[row] = sample.y[rows[rows != row]].mean()
    return out
