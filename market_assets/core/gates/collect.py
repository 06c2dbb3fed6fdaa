"""From the table of returns to the evidence of the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.returns import Returns
from market_assets.core.gates.evidence import Evidence
from market_assets.core.gates.gather import gather
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec
from market_assets.core.statistics.sharpe import moments


@spec
class EvaluationSpec:
    """Resampling sizes of the gate's statistics, and what of the ledger counts as one trial of the deflation.

    ``deflate_by``: ``configurations`` counts every strategy tried once, as the False Strategy theorem does; its folds
    together give one Sharpe ratio. ``fits`` counts every fold fit as a trial of its own, which is stricter.
    """

    periods_per_year: int = Field(default=252, ge=1)
    bootstrap_reps: int = Field(default=1000, ge=100)
    spa_reps: int = Field(default=1000, ge=100)
    mean_block: float = Field(default=10.0, ge=1.0)
    pbo_blocks: int = Field(default=16, ge=2, multiple_of=2)
    deflate_by: Literal["configurations", "fits"] = "configurations"


def annual_sharpe(returns: Floats, periods_per_year: int) -> float | None:
    """Annual Sharpe ratio of a series (T,), None where it is undefined: a typed gap, never a number."""
    try:
        found = moments(returns)
    except NotEnoughDataError:
        return None
    return found.mean / found.std * periods_per_year**0.5


def best_candidate(returns: Returns) -> str | None:
    """The candidate the gate judges: highest walk-forward net Sharpe ratio; None when none has one."""
    ratios = {
        name: annual_sharpe(returns.walk_forward[returns.first :, column], 1)
        for column, name in enumerate(returns.candidates)
    }
    known = {name: value for name, value in ratios.items() if value is not None}
    return max(known, key=lambda name: known[name]) if known else None


def collect(
    returns: Returns,
    sizes: EvaluationSpec,
    *,
    trials: int,
    configurations: int,
    seed: int,
    audited: int | None = None,
    coverage: Mapping[str, float | None] | None = None,
) -> Evidence:
    """Evidence on the candidates: walk-forward figures, combinatorial paths, and the baselines beside them.

    Parameters
    ----------
    trials, configurations : fits in the trial ledger, and distinct configurations among them.
    seed : of the bootstrap and of SPA.
    audited : fits the audit log counts, where there is one; another number than ``trials`` is a gap.
    coverage : by candidate, distance of its worst conformal slice from nominal coverage; None = not measured.
    """
    names, matrix = returns.path_matrix()
    walked = slice(returns.first, None)
    return gather(
        names=returns.candidates,
        net=returns.walk_forward[walked],
        gross=returns.gross[walked],
        turnover=returns.turnover[walked],
        equal_weight=returns.rules[walked, returns.baselines.index("equal_weight")],
        combinatorial=matrix,
        combinatorial_names=names,
        path_sharpes={
            name: [annual_sharpe(path, sizes.periods_per_year) for path in paths]
            for name, paths in zip(returns.candidates, returns.paths, strict=True)
        },
        fold_sharpes={
            name: [
                annual_sharpe(returns.walk_forward[fold, column], sizes.periods_per_year) for fold in returns.folds()
            ]
            for column, name in enumerate(returns.candidates)
        },
        trials=trials,
        configurations=configurations,
        deflation_trials=configurations if sizes.deflate_by == "configurations" else trials,
        audited=audited,
        coverage=coverage,
        periods_per_year=sizes.periods_per_year,
        seed=seed,
        bootstrap_reps=sizes.bootstrap_reps,
        spa_reps=sizes.spa_reps,
        mean_block=sizes.mean_block,
        pbo_blocks=sizes.pbo_blocks,
    )
