"""Median imputation and standardisation, fitted on the rows of one fit and stored with the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]


def column_medians(x: Matrix) -> Matrix:
    """Median of the present values of each column, shape (d,) float32; 0 where a column has none."""
    medians = np.zeros(x.shape[1], dtype=np.float32)
    for j in range(x.shape[1]):
        column = x[:, j]
        seen = column[~np.isnan(column)]
        if seen.size:
            medians[j] = np.median(seen)
    return medians


def impute(x: Matrix, medians: Matrix) -> Matrix:
    """Copy of x with every NaN replaced by the median of its column."""
    return np.where(np.isnan(x), medians, x)


@dataclass(frozen=True, eq=False)
class Standardizer:
    """Imputation, then (x - mean) / scale, then clipping at +- clip.

    Parameters
    ----------
    median : (d,) float32. mean, scale : (d,) float64 of the imputed rows; scale is 1 for a constant column,
        so that such a column becomes 0.
    clip : bound in standard deviations; keeps one outlier from ruling a linear score.
    """

    median: Matrix
    mean: Floats
    scale: Floats
    clip: float

    @staticmethod
    def fit(x: Matrix, clip: float) -> Standardizer:
        """Fit on (n, d) training rows; unweighted, population standard deviation."""
        median = column_medians(x)
        full = impute(x, median)
        mean = full.mean(axis=0, dtype=np.float64)
        scale = full.std(axis=0, dtype=np.float64)
        # rounding leaves a constant column with a tiny spread: that is no spread
        flat = scale <= 1e-7 * np.maximum(np.abs(mean), 1e-30)
        return Standardizer(median, mean, np.where(flat, 1.0, scale), clip)

    def apply(self, x: Matrix) -> Matrix:
        """Transform rows with the fitted state, shape (n, d) float32."""
        z = impute(x, self.median).astype(np.float64)
        z -= self.mean
        z /= self.scale
        return np.clip(z, -self.clip, self.clip, out=z).astype(np.float32)
