"""Isotonic calibration against scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import IsotonicRegression

from benchmarks.peers.timing import Comparison, agree, best_of
from market_assets.core.models.calibration import Calibrator


def compare(quick: bool) -> Comparison:
    """Fit a curve and apply it, 58,000 scores."""
    rows = 5_000 if quick else 58_000
    generator = np.random.default_rng(0)
    scores = generator.uniform(size=rows).round(4)
    hits = (generator.uniform(size=rows) < scores).astype(np.float64)
    clip = 0.001

    def ours() -> np.ndarray:
        return Calibrator.fit(scores, hits, clip).apply(scores)

    def theirs() -> np.ndarray:
        curve = IsotonicRegression(out_of_bounds="clip").fit(scores, hits)
        return np.clip(curve.predict(scores), clip, 1.0 - clip)

    agree(np.allclose(ours(), theirs(), rtol=0.0, atol=1e-12), "isotonic calibration")
    return Comparison(
        "isotonic calibration", "scikit-learn", f"{rows} scores", best_of(ours, 5), best_of(theirs, 5), 1.0
    )
