"""Candidate returns with a known truth, and evidence made from them."""

import numpy as np

from market_assets.core.gates.evidence import Evidence
from market_assets.core.gates.gather import gather

NAMES = ("a", "b", "c", "d", "e")
BASELINES = ("equal_weight", "momentum", "reversal", "hold", "other")


def draw(seed, *, edge=0.0, rows=750, correlation=0.7, vol=0.01):
    """Daily net returns (rows, 5) of correlated candidates with annual Sharpe ratio ``edge``, and five baselines."""
    generator = np.random.default_rng(seed)
    common, own = generator.standard_t(5, (rows, 1)), generator.standard_t(5, (rows, 5))
    noise = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    net = vol * (noise / np.sqrt(5 / 3) + edge / np.sqrt(252))
    return net, vol * generator.normal(0.01, 1.0, (rows, 5))


def annual(series):
    return float(series.mean() / series.std(ddof=1) * np.sqrt(252))


def evidence_of(seed, *, edge=0.0, rows=750, trials=105, reps=200, blocks=8, **changes) -> Evidence:
    """Evidence on one drawn world; ``changes`` override arguments of ``gather``."""
    net, rivals = draw(seed, edge=edge, rows=rows)
    generator = np.random.default_rng([seed, 1])
    paths = [net + 0.003 * generator.normal(size=net.shape) for _ in range(5)]
    arguments = {
        "names": NAMES,
        "net": net,
        "gross": net + 1e-4,
        "turnover": np.full(net.shape, 0.1),
        "equal_weight": rivals[:, 0],
        "combinatorial": np.hstack([np.mean(paths, axis=0), rivals]),
        "combinatorial_names": NAMES + BASELINES,
        "path_sharpes": {name: [annual(path[:, k]) for path in paths] for k, name in enumerate(NAMES)},
        "fold_sharpes": {name: [annual(part) for part in np.array_split(net[:, k], 6)] for k, name in enumerate(NAMES)},
        "trials": trials,
        "configurations": 5,
        "deflation_trials": trials,
        "coverage": dict.fromkeys(NAMES, 0.01),
        "seed": seed,
        "bootstrap_reps": reps,
        "spa_reps": reps,
        "pbo_blocks": blocks,
    }
    return gather(**{**arguments, **changes})
