"""Elastic-net logistic regression by majorisation: one Gram matrix, then cheap exact steps.

Minimises, over coefficients b and intercept a,

    sum_i w_i loss(y_i, a + x_i b) + alpha (l1 |b|_1 + (1 - l1) / 2 |b|_2^2),    sum_i w_i = 1,

with the logistic loss. Its Hessian never exceeds X' W X / 4 (Bohning & Lindsay 1988), so each step minimises
that fixed quadratic bound plus the penalty by coordinate descent (Friedman, Hastie & Tibshirani 2010) and the
objective never rises. Where forecasts stay near 1/2, as with returns, the bound is almost tight and a few steps
are enough. Sums run in a fixed order, without BLAS: the result does not depend on thread counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]


@njit(cache=True, nogil=True)
def bound_hessian(x: Matrix, weight: Floats) -> Any:
    """X' W X / 4 with a last column of ones, shape (d + 1, d + 1)."""
    n, d = x.shape
    gram = np.zeros((d + 1, d + 1))
    row = np.ones(d + 1)
    for i in range(n):
        for j in range(d):
            row[j] = x[i, j]
        quarter = 0.25 * weight[i]
        for a in range(d + 1):
            scaled = quarter * row[a]
            for b in range(a, d + 1):
                gram[a, b] += scaled * row[b]
    for a in range(d + 1):
        for b in range(a):
            gram[a, b] = gram[b, a]
    return gram


@njit(cache=True, nogil=True)
def gradient(x: Matrix, y: NDArray[np.int8], weight: Floats, beta: Floats) -> Any:
    """Gradient of the weighted loss at ``beta`` (d + 1,), intercept last."""
    n, d = x.shape
    out = np.zeros(d + 1)
    for i in range(n):
        score = beta[d]
        for j in range(d):
            score += x[i, j] * beta[j]
        residual = weight[i] * (1.0 / (1.0 + np.exp(-score)) - y[i])
        for j in range(d):
            out[j] += residual * x[i, j]
        out[d] += residual
    return out


@njit(cache=True, nogil=True)
def descend(hessian: Floats, slope: Floats, beta: Floats, l1: float, l2: float, tolerance: float) -> Any:
    """Minimise slope'(b - beta) + (b - beta)' H (b - beta) / 2 + penalty(b) by cyclic coordinate descent."""
    d = beta.shape[0] - 1
    new = beta.copy()
    residual = slope.copy()  # gradient of the quadratic part at new
    for _ in range(1000):
        largest = 0.0
        for j in range(d + 1):
            curvature = hessian[j, j]
            if curvature <= 0.0:
                continue
            target = curvature * new[j] - residual[j]
            if j < d:
                shrunk = max(abs(target) - l1, 0.0) / (curvature + l2)
                value = shrunk if target > 0.0 else -shrunk
            else:
                value = target / curvature
            step = value - new[j]
            if step != 0.0:
                new[j] = value
                for k in range(d + 1):
                    residual[k] += step * hessian[k, j]
                largest = max(largest, abs(step))
        if largest < tolerance:
            break
    return new


def fit_logistic(
    x: Matrix,
    y: NDArray[np.int8],
    weight: Floats,
    *,
    alpha: float,
    l1_ratio: float,
    max_steps: int,
    tolerance: float = 1e-6,
) -> tuple[Floats, float, bool]:
    """Return coefficients (d,), intercept, and whether the last step was below ``tolerance``.

    Parameters
    ----------
    x : (n, d) standardised features without NaN.
    y, weight : (n,) labels 0/1 and weights of any scale.
    alpha, l1_ratio : strength of the penalty and its share of the absolute norm.
    max_steps : bound on the steps; each lowers the objective.
    """
    share = weight / weight.sum()
    rate = float(share[y == 1].sum())
    beta = np.zeros(x.shape[1] + 1)
    beta[-1] = np.log(rate / (1.0 - rate))
    hessian = bound_hessian(x, share)
    for _ in range(max_steps):
        slope = gradient(x, y, share, beta)
        new = descend(hessian, slope, beta, alpha * l1_ratio, alpha * (1.0 - l1_ratio), tolerance / 10)
        moved = float(np.abs(new - beta).max())
        beta = new
        if moved < tolerance:
            return beta[:-1], float(beta[-1]), True
    return beta[:-1], float(beta[-1]), False
