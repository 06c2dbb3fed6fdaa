"""From the table of returns to the evidence of the gate."""

from __future__ import annotations

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
    """Resampling sizes of the gate's statistics."""

    periods_per_year: int = Field(default=252, ge=1)
    bootstrap_reps: int = Field(default=1000, ge=100)
    spa_reps: int = Field(default=1000, ge=100)
    mean_block: float = Field(default=10.0, ge=1.0)
    pbo_blocks: int = Field(default=16, ge=2, multiple_of=2)


def annual_sharpe(returns: Floats, periods_per_year: int) -> float | None:
    """Annual Sharpe ratio of a series (T,), None where it is undefined: a typed gap, never a number."""
    try:
        found = moments(returns)
    except NotEnoughDataError:
        return None
    return found.mean / found.std * periods_per_year**0.5


def collect(
    returns: Returns,
    sizes: EvaluationSpec,
    *,
    trials: int,
    configurations: int,
    seed: int,
    audited: int | None = None,
) -> Evidence:
    """Evidence on the candidates: walk-forward figures, combinatorial paths, and the baselines beside them.

    Parameters
    ----------
    trials, configurations : fits in the trial ledger, and distinct configurations among them.
    seed : of the bootstrap and of SPA.
    audited : fits the audit log counts, where there is one; another number than ``trials`` is a gap.
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
        audited=audited,
        periods_per_year=sizes.periods_per_year,
        seed=seed,
        bootstrap_reps=sizes.bootstrap_reps,
        spa_reps=sizes.spa_reps,
        mean_block=sizes.mean_block,
        pbo_blocks=sizes.pbo_blocks,
    )
