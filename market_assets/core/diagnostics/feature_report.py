"""The feature diagnostics of one training set: what each feature says of the return, where, how long, and what repeats.

Only rows of the training set are read, and returns between sessions of the same snapshot. A sealed holdout is in
neither: the role that reads snapshots does not see its bars. Outcomes of walk-forward test blocks are read, so
features must not be chosen by these figures and then judged on the same folds; no asset reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.diagnostics.feature_flags import MEANINGS, Facts, flags_of, stable_share
from market_assets.core.diagnostics.ic_inference import (
    MeanCoefficients,
    adjusted,
    lags_of,
    mean_coefficients,
    mean_intervals,
)
from market_assets.core.diagnostics.ic_summary import forward_returns
from market_assets.core.diagnostics.information_coefficient import MIN_NAMES
from market_assets.core.diagnostics.panel_coefficients import panel_coefficients
from market_assets.core.diagnostics.redundancy_report import cluster_payload, find_redundancy
from market_assets.core.diagnostics.selection_stability import mean_rank_correlation
from market_assets.core.diagnostics.spec import DiagnosticsSpec
from market_assets.core.diagnostics.transfer import Transfer, agreement, transfer
from market_assets.core.folds.plan import FoldPlan
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.bootstrap import stationary_indices
from market_assets.core.validity.market_state import market_level, market_regimes, market_returns

FEATURE_DIAGNOSTICS_VERSION = "1"
STATES = ("low volatility", "middle volatility", "high volatility", "falling", "sideways", "rising")
"""States of the market on the session of the decision; a session is in one volatility and in one trend."""


def outcomes_of(data: TrainingSet, grid: PriceGrid, horizons: Sequence[int]) -> tuple[Floats, NDArray[np.int64]]:
    """Return from the open after each row over every horizon (n, H), and the grid session of each row (n,)."""
    opened = np.where(grid.traded & (grid.open > 0.0), grid.open, np.nan)
    place = np.searchsorted(grid.sessions, data.ts)
    return np.stack([forward_returns(opened, h, delay=1)[place, data.code] for h in horizons], axis=1), place


def session_states(grid: PriceGrid) -> NDArray[np.bool_]:
    """Which of ``STATES`` hold on each session of the grid, (6, S), from bars up to its close."""
    code = market_regimes(market_level(market_returns(grid)))
    return np.array(
        [*((code // 3 == v) & (code >= 0) for v in range(3)), *((code % 3 == t) & (code >= 0) for t in range(3))]
    )


def diagnose_features(
    data: TrainingSet,
    plan: FoldPlan,
    grid: PriceGrid,
    sectors: Sequence[str],
    spec: DiagnosticsSpec,
    families: Mapping[str, str],
    seed: int,
) -> dict[str, Any]:
    """Every figure of the feature diagnostics as JSON values.

    Parameters
    ----------
    grid : adjusted prices of exactly the symbols of ``data``. sectors : of these symbols.
    families : feature -> family. seed : of the block bootstrap.
    """
    horizons = sorted({*range(1, spec.decay + 1), spec.horizon})
    outcomes, place = outcomes_of(data, grid, horizons)
    main, sessions = horizons.index(spec.horizon), len(grid.sessions)
    series = panel_coefficients(data.x, outcomes, place, sessions)[0]
    decay = [mean_coefficients(one, h) for h, one in zip(horizons, series, strict=True)]
    whole, own = decay[main], series[main]
    corrected = adjusted(whole.p)
    draws = stationary_indices(sessions, 2.0 * spec.horizon, spec.reps, seed)
    low, high = mean_intervals(own, draws, 1.0 - spec.level)
    inside = session_states(grid)
    states = [mean_coefficients(own, spec.horizon, mask) for mask in inside]
    blocks = [mean_coefficients(own, spec.horizon, mask) for mask in _blocks(data, plan, grid)]
    parts = transfer(data.x, outcomes[:, main], place, sessions, data.code, data.symbols, sectors, spec.horizon)
    redundancy = find_redundancy(data, np.abs(whole.t), spec)
    crowded = np.bincount(place[~np.isnan(outcomes[:, main])], minlength=sessions) >= MIN_NAMES
    state_p = adjusted(np.concatenate([one.p for one in states]))["benjamini_yekutieli"].reshape(len(states), -1)
    records = []
    for j, name in enumerate(data.feature_names):
        signs = [0 if np.isnan(one.mean[j]) else int(np.sign(one.mean[j])) for one in blocks]
        stands = int(redundancy.standing[j])
        facts = Facts(
            missing=float(np.isnan(data.x[:, j]).mean()),
            varies=_varies(data.x[:, j]),
            gaps=float(np.isnan(own[j, crowded]).mean()) if crowded.any() else None,
            standing=(data.feature_names[stands], float(redundancy.correlations[j, stands])) if stands != j else None,
            vif=None if np.isnan(redundancy.vif[j]) else float(redundancy.vif[j]),
            ic=number(whole.mean[j]),
            p=number(whole.p[j]),
            p_adjusted=number(corrected["benjamini_yekutieli"][j]),
            tests=int((~np.isnan(whole.p)).sum()),
            signs=signs,
        )
        records.append(
            {
                "name": name,
                "family": families.get(name, ""),
                "missing": facts.missing,
                "sessions": int(whole.sessions[j]),
                **{key: number(getattr(whole, key)[j]) for key in ("mean", "std", "t", "p")},
                **{f"p_{method}": number(values[j]) for method, values in corrected.items()},
                "low": number(low[j]),
                "high": number(high[j]),
                "positive": number(np.mean(own[j, ~np.isnan(own[j])] > 0.0)) if whole.sessions[j] else None,
                "states": {
                    state: {**_figures(one, j), "p_adjusted": number(state_p[k, j])}
                    for k, (state, one) in enumerate(zip(STATES, states, strict=True))
                },
                "decay": [number(one.mean[j]) for one in decay],
                "decay_t": [number(one.t[j]) for one in decay],
                "peak": _peak(decay, horizons, j),
                "blocks": [number(one.mean[j]) for one in blocks],
                "stable": stable_share(facts.ic, signs),
                "halves": [_figures(parts.half_a, j), _figures(parts.half_b, j)],
                "sectors_same_sign": _same_sectors(parts, j),
                "cluster": int(redundancy.clusters.number[j]),
                "stands_for_it": data.feature_names[stands],
                "vif": None if facts.vif is None or np.isinf(facts.vif) else facts.vif,
                "singular": bool(facts.vif is not None and np.isinf(facts.vif)),
                "flags": flags_of(facts, spec),
            }
        )
    return {
        "version": FEATURE_DIAGNOSTICS_VERSION,
        "spec": asdict(spec),
        "seed": seed,
        "data": data.content_hash(),
        "first": str(data.ts.min())[:10],
        "last": str(data.ts.max())[:10],
        "rows": data.n_rows,
        "sessions": int(crowded.sum()),
        "symbols": len(data.symbols),
        "lags": lags_of(spec.horizon),
        "horizons": horizons,
        "state_sessions": {
            name: int((inside & crowded).sum()) for name, inside in zip(STATES, session_states(grid), strict=True)
        },
        "features": records,
        "block_correlation": mean_rank_correlation(np.array([one.mean for one in blocks])),
        "transfer": _transfer_payload(parts),
        "clusters": cluster_payload(redundancy, data.feature_names),
        "informative": sum(one["p"] is not None and one["p_benjamini_yekutieli"] <= spec.level for one in records),
        "flagged": {flag: sum(flag in one["flags"] for one in records) for flag in MEANINGS},
    }


def number(value: Any) -> float | None:
    """A float for JSON; None for NaN."""
    return None if np.isnan(value) else float(value)


def _blocks(data: TrainingSet, plan: FoldPlan, grid: PriceGrid) -> list[NDArray[np.bool_]]:
    """Sessions of the grid in each walk-forward test block, in time order."""
    spans = sorted(span for fold in plan.folds if fold.kind == "walk_forward" for span in fold.test)
    return [(grid.sessions >= data.sessions[first]) & (grid.sessions <= data.sessions[last]) for first, last in spans]


def _varies(column: NDArray[np.float32]) -> bool:
    known = column[~np.isnan(column)]
    return bool(known.size) and bool(known.min() < known.max())


def _figures(one: MeanCoefficients, j: int) -> dict[str, Any]:
    return {"mean": number(one.mean[j]), "t": number(one.t[j]), "sessions": int(one.sessions[j])}


def _peak(decay: Sequence[MeanCoefficients], horizons: Sequence[int], j: int) -> int | None:
    """Horizon at which |t| is largest."""
    sizes = [abs(one.t[j]) for one in decay]
    return None if np.isnan(sizes).all() else horizons[int(np.nanargmax(sizes))]


def _same_sectors(parts: Transfer, j: int) -> int | None:
    """Sectors in which the coefficient has the sign of all others; None without sectors."""
    signs = [(a.mean[j], b.mean[j]) for a, b in zip(parts.inside, parts.outside, strict=True)]
    known = [(a, b) for a, b in signs if not np.isnan(a) and not np.isnan(b)]
    return int(sum(np.sign(a) == np.sign(b) for a, b in known)) if known else None


def _transfer_payload(parts: Transfer) -> dict[str, Any]:
    return {
        "halves": [
            asdict(agreement(parts.half_a, parts.half_b)),
            asdict(agreement(parts.half_b, parts.half_a)),
        ],
        "sectors": [
            {"sector": name, **asdict(agreement(outside, inside))}
            for name, inside, outside in zip(parts.sectors, parts.inside, parts.outside, strict=True)
        ],
    }
