"""Compute the evidence from out-of-sample returns. What cannot be computed is a gap, never a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.gates.evidence import Candidate, Evidence, Gap
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.bootstrap import return_intervals
from market_assets.core.statistics.deflated import deflated_sharpe
from market_assets.core.statistics.pbo import Cscv, cscv
from market_assets.core.statistics.performance import performance
from market_assets.core.statistics.sharpe import Moments, min_track_record_length, moments, probabilistic_sharpe
from market_assets.core.statistics.spa import Superiority, superior_predictive_ability
from market_assets.core.statistics.trial_variance import variance_of_trials

T = TypeVar("T")


class _Gaps(list[Gap]):
    """Collects the figures that could not be computed."""

    def attempt(self, figure: str, compute: Callable[[], T]) -> T | None:
        """Return the figure, or None and a gap that carries the cause."""
        try:
            return compute()
        except (NotEnoughDataError, BadInputError) as error:
            self.append(Gap(figure, str(error)))
            return None


def gather(
    *,
    names: Sequence[str],
    net: Floats,
    gross: Floats,
    turnover: Floats,
    equal_weight: Floats,
    combinatorial: Floats,
    combinatorial_names: Sequence[str],
    path_sharpes: Mapping[str, Sequence[float | None]],
    fold_sharpes: Mapping[str, Sequence[float | None]],
    trials: int,
    configurations: int,
    deflation_trials: int,
    periods_per_year: float = 252.0,
    seed: int = 0,
    bootstrap_reps: int = 2000,
    spa_reps: int = 2000,
    mean_block: float = 10.0,
    pbo_blocks: int = 16,
    audited: int | None = None,
    coverage: Mapping[str, float | None] | None = None,
) -> Evidence:
    """Gather the evidence on a set of candidates.

    The best candidate is the one with the highest walk-forward net Sharpe ratio. It is deflated with N =
    ``deflation_trials`` and V = max(variance, ddof 1, of the other candidates' per-period Sharpe ratios, 1 / (T - 1)).
    The best itself is left out of V: one good candidate among bad ones would raise its own hurdle faster than its
    Sharpe ratio. The floor, the sampling variance of a Sharpe ratio of zero, keeps near-identical candidates from
    shrinking the hurdle.

    Parameters
    ----------
    names : candidates, the columns of ``net``, ``gross`` and ``turnover``, each (T, K) over the walk-forward span.
    equal_weight : net returns (T,) of the equal-weight long portfolio over the same span.
    combinatorial, combinatorial_names : net returns (T', M), averaged over the combinatorial paths, of the candidates
        and of the baselines they compete with: the matrix of PBO.
    path_sharpes, fold_sharpes : for each candidate, the annual Sharpe ratio on every combinatorial path and in every
        walk-forward fold; None or NaN where one failed.
    trials, configurations : fits in the trial ledger, and distinct configurations among them.
    deflation_trials : which of the two the deflation uses.
    audited : fits counted a second time, from the audit log; None where there is none.
    coverage : by candidate, how far the worst slice of its conformal sets is from nominal; None = not measured.
    periods_per_year : converts the figures people read; nothing inside a test is annualised.
    seed, bootstrap_reps, spa_reps, mean_block, pbo_blocks : of the resampling.

    Raises
    ------
    BadInputError
        rule ``evidence_shape``: arrays and names that do not belong together. (Failed figures are gaps instead.)
    """
    _check_shapes(names, (net, gross, turnover), equal_weight, combinatorial, combinatorial_names)
    gaps, root, n_rows = _Gaps(), math.sqrt(periods_per_year), len(net)
    if min(trials, configurations, deflation_trials) < len(names):
        counted = f"{trials} fits of {configurations} configurations"
        gaps.append(Gap("trials", f"the ledger counts {counted}, fewer than the {len(names)} candidates"))
    if audited is not None and audited != trials:
        gaps.append(
            Gap("trials", f"the ledger counts {trials} fits, the audit log {audited}: one of them is not whole")
        )
    candidates, shapes = [], {}
    for column, name in enumerate(names):
        idle = bool((net[:, column] == 0.0).all())
        series = (net[:, column], gross[:, column], turnover[:, column])
        figures = gaps.attempt(f"figures[{name}]", lambda s=series: performance(*s, periods_per_year)) or {}
        if figures and not idle:
            shapes[name] = gaps.attempt(f"sharpe[{name}]", lambda s=series: moments(s[0]))
            figures |= _intervals(gaps, name, series[0], periods_per_year, bootstrap_reps, mean_block, seed)
        candidates.append(Candidate(name, idle, figures))
    known = {name: found for name, found in shapes.items() if found is not None}
    ratios = {name: found.mean / found.std for name, found in known.items()}
    best = max(ratios, key=lambda name: ratios[name]) if ratios else None
    if best is None:
        gaps.append(Gap("best", "no candidate has a Sharpe ratio: all are idle or failed"))
    by_name = {candidate.name: candidate.figures for candidate in candidates}
    chosen = by_name[best] if best is not None else {}
    others = [ratio for name, ratio in ratios.items() if name != best]
    others += [0.0] * sum(candidate.idle for candidate in candidates)  # cash: no excess return, no skill
    deflation = _deflation(gaps, known.get(best or ""), others, n_rows, deflation_trials)
    overfitting = gaps.attempt("pbo", lambda: cscv(combinatorial, pbo_blocks))
    cash = gaps.attempt("spa", lambda: _spa(net, mean_block, spa_reps, seed))
    against = gaps.attempt("spa_equal_weight", lambda: _spa(net - equal_weight[:, None], mean_block, spa_reps, seed))
    hurdle = deflation.get("hurdle")
    return Evidence(
        best=best,
        observations=n_rows,
        periods_per_year=float(periods_per_year),
        trials=int(trials),
        configurations=int(configurations),
        deflation_trials=int(deflation_trials),
        sharpe=chosen.get("sharpe"),
        sharpe_low=chosen.get("sharpe_low"),
        sharpe_high=chosen.get("sharpe_high"),
        max_drawdown=chosen.get("max_drawdown"),
        probabilistic_sharpe=deflation.get("probabilistic_sharpe"),
        deflated_sharpe=deflation.get("deflated_sharpe"),
        hurdle=None if hurdle is None else hurdle * root,
        trial_variance=deflation.get("trial_variance"),
        min_track_record=deflation.get("min_track_record"),
        pbo=_part(overfitting, lambda found: found.pbo),
        pbo_slope=_part(overfitting, lambda found: found.slope),
        pbo_loss_probability=_part(overfitting, lambda found: found.loss_probability),
        pbo_columns=tuple(combinatorial_names),
        spa_lower=_part(cash, lambda found: found.lower),
        spa_consistent=_part(cash, lambda found: found.consistent),
        spa_upper=_part(cash, lambda found: found.upper),
        spa_equal_weight=_part(against, lambda found: found.consistent),
        path_sharpes=_stability(gaps, "path_sharpes", path_sharpes, best),
        fold_sharpes=_stability(gaps, "fold_sharpes", fold_sharpes, best),
        coverage_gap=None if coverage is None else coverage.get(best or ""),
        candidates=tuple(candidates),
        gaps=tuple(gaps),
        seed=seed,
        bootstrap_reps=bootstrap_reps,
        spa_reps=spa_reps,
        mean_block=float(mean_block),
        pbo_blocks=pbo_blocks,
    )


def _check_shapes(
    names: Sequence[str],
    grids: Sequence[Floats],
    equal_weight: Floats,
    combinatorial: Floats,
    combinatorial_names: Sequence[str],
) -> None:
    shape = (len(grids[0]), len(names))
    if not names or len(set(names)) != len(names) or any(grid.shape != shape for grid in grids):
        raise BadInputError("evidence_shape", f"net, gross and turnover must be {shape} for the candidates {names}")
    if equal_weight.shape != shape[:1]:
        raise BadInputError("evidence_shape", f"equal_weight has shape {equal_weight.shape}, expected {shape[:1]}")
    columns = combinatorial.shape[1] if combinatorial.ndim == 2 else -1
    if columns != len(combinatorial_names) or not set(names) <= set(combinatorial_names):
        raise BadInputError("evidence_shape", f"the PBO matrix has {columns} columns for {combinatorial_names}")


def _intervals(
    gaps: _Gaps, name: str, net: Floats, periods_per_year: float, reps: int, mean_block: float, seed: int
) -> dict[str, float | None]:
    found = gaps.attempt(
        f"intervals[{name}]", lambda: return_intervals(net, reps=reps, mean_block=mean_block, seed=seed)
    )
    if found is None:
        return {}
    root = math.sqrt(periods_per_year)
    return {
        "sharpe_low": found.sharpe.low * root,
        "sharpe_high": found.sharpe.high * root,
        "annual_mean_low": found.mean.low * periods_per_year,
        "annual_mean_high": found.mean.high * periods_per_year,
        "drawdown_low": found.max_drawdown.low,
        "drawdown_high": found.max_drawdown.high,
    }


def _deflation(
    gaps: _Gaps, best: Moments | None, others: Sequence[float], n_rows: int, trials: int
) -> dict[str, float | None]:
    """Probabilistic and deflated Sharpe ratio, hurdle (per period), its variance and MinTRL of the best candidate."""
    if best is None:
        return {}
    sr, shape = best.mean / best.std, (best.skew, best.kurtosis)
    variance = variance_of_trials(others, n_rows)
    deflated = gaps.attempt(
        "deflated_sharpe", lambda: deflated_sharpe(sr, best.n, *shape, trials=trials, variance=variance)
    )
    track = gaps.attempt("min_track_record", lambda: min_track_record_length(sr, *shape))
    return {
        "probabilistic_sharpe": gaps.attempt("probabilistic_sharpe", lambda: probabilistic_sharpe(sr, best.n, *shape)),
        "deflated_sharpe": deflated.probability if deflated else None,
        "hurdle": deflated.hurdle if deflated else None,
        "trial_variance": variance,
        "min_track_record": track if track is not None and math.isfinite(track) else None,
    }


def _spa(differentials: Floats, mean_block: float, reps: int, seed: int) -> Superiority:
    return superior_predictive_ability(differentials, mean_block=mean_block, reps=reps, seed=seed)


Outcome = TypeVar("Outcome", Cscv, Superiority)


def _part(found: Outcome | None, take: Callable[[Outcome], float | None]) -> float | None:
    """A field of an outcome, None when there is no outcome."""
    return None if found is None else take(found)


def _stability(
    gaps: _Gaps, figure: str, sharpes: Mapping[str, Sequence[float | None]], best: str | None
) -> tuple[float | None, ...]:
    """Sharpe ratios of the best candidate, failed ones as None with a gap."""
    values = tuple(
        None if value is None or not math.isfinite(value) else float(value) for value in sharpes.get(best or "", ())
    )
    missing = sum(value is None for value in values)
    if not values or missing:
        gaps.append(Gap(figure, f"{missing} of {len(values)} values of {best} are missing" if values else "none given"))
    return values
