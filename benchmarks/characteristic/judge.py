"""One draw before the product's gate, and what other gates would have needed to know.

The gate is called, never rebuilt: ``collect`` and ``promotion_gate``. A draw that two of the rules without resampling
refuse keeps the evidence of the small resampling sizes: neither its verdict nor the verdict with any one rule left out
can change. Every other draw is judged at the product's own sizes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from benchmarks.characteristic.simulate import generator_of, simulate
from benchmarks.characteristic.world import FIRST, PERIODS, World
from market_assets.core.execution.returns import Returns
from market_assets.core.gates.collect import EvaluationSpec, collect
from market_assets.core.gates.evidence import Evidence
from market_assets.core.gates.policy import PromotionPolicy
from market_assets.core.gates.promotion import promotion_gate
from market_assets.core.statistics.deflated import deflated_sharpe
from market_assets.core.statistics.sharpe import moments

FULL = EvaluationSpec()
SMALL = EvaluationSpec(bootstrap_reps=200, spa_reps=200)
POLICY = PromotionPolicy(max_coverage_gap=None)
"""The shipped policy without conformal coverage: simulated returns have no forecasts. The rule can only refuse more."""
UNGUARDED = PromotionPolicy(max_pbo=1.0, max_coverage_gap=None)
RULES = (
    "complete",
    "observations",
    "net_sharpe",
    "sharpe_interval_low",
    "deflated_sharpe",
    "pbo",
    "spa_pvalue",
    "max_drawdown",
    "positive_paths",
    "positive_folds",
)
RESAMPLED = ("sharpe_interval_low", "spa_pvalue")


@dataclass(frozen=True)
class Record:
    """One judged draw.

    ``truth`` is the true annual net Sharpe ratio of ``best``, the candidate that was judged. ``passed`` has one entry
    for each of ``RULES``. ``deflated_fits`` and ``promoted_fits`` count every fold fit as a trial (N = fits);
    ``probabilistic`` is the deflated Sharpe ratio with N = 1; ``unguarded`` is the verdict with N = 1 and without PBO.
    ``full`` tells that the product's own resampling sizes were used.
    """

    draw: int
    best: int
    truth: float
    sharpe: float
    sharpe_low: float
    deflated: float
    deflated_fits: float
    probabilistic: float
    pbo: float
    spa: float
    drawdown: float
    paths: float
    folds: float
    passed: tuple[bool, ...]
    promoted: bool
    promoted_fits: bool
    unguarded: bool
    full: bool

    @staticmethod
    def from_payload(payload: dict[str, Any]) -> Record:
        """Inverse of the JSON form."""
        return Record(**{**payload, "passed": tuple(payload["passed"])})


def at_trials(evidence: Evidence, returns: Returns, trials: int) -> Evidence:
    """The same evidence with another trial count, by the product's own functions."""
    column = returns.candidates.index(evidence.best or "")
    found = moments(returns.walk_forward[FIRST:, column])
    variance = evidence.trial_variance or 0.0
    ratio, shape = found.mean / found.std, (found.skew, found.kurtosis)
    deflated = deflated_sharpe(ratio, found.n, *shape, trials=trials, variance=variance)
    return replace(
        evidence, deflation_trials=trials, deflated_sharpe=deflated.probability, hurdle=deflated.hurdle * PERIODS**0.5
    )


def judge_draw(world: World, seed: int, draw: int, always_full: bool = False) -> Record:
    """Simulate one draw and let the gate decide.

    Parameters
    ----------
    always_full : judge at the product's own resampling sizes whatever the other rules say.
    """
    generator = generator_of(world, seed, draw)
    returns = simulate(world, generator)
    resampling = int(generator.integers(2**31))

    def look(sizes: EvaluationSpec) -> Evidence:
        return collect(returns, sizes, trials=world.trials, configurations=world.candidates, seed=resampling)

    evidence, full = look(FULL if always_full else SMALL), always_full
    if not full:
        refusing = [reason.gate for reason in promotion_gate(evidence, POLICY).failures]
        if sum(rule not in RESAMPLED for rule in refusing) <= 1:
            evidence, full = look(FULL), True
    verdict = promotion_gate(evidence, POLICY)
    if tuple(reason.gate for reason in verdict.reasons) != RULES or any(r.value is None for r in verdict.reasons):
        raise ValueError(f"draw {draw}: the gate's rules are not the known ones, or a figure is missing: {verdict}")
    values = {reason.gate: float(reason.value or 0.0) for reason in verdict.reasons}
    best = returns.candidates.index(evidence.best or "")
    fits, one = at_trials(evidence, returns, world.trials), at_trials(evidence, returns, 1)
    return Record(
        draw=draw,
        best=best,
        truth=world.truth(best),
        sharpe=values["net_sharpe"],
        sharpe_low=values["sharpe_interval_low"],
        deflated=values["deflated_sharpe"],
        deflated_fits=float(fits.deflated_sharpe or 0.0),
        probabilistic=float(one.deflated_sharpe or 0.0),
        pbo=values["pbo"],
        spa=values["spa_pvalue"],
        drawdown=values["max_drawdown"],
        paths=values["positive_paths"],
        folds=values["positive_folds"],
        passed=tuple(reason.passed for reason in verdict.reasons),
        promoted=verdict.passed,
        promoted_fits=promotion_gate(fits, POLICY).passed,
        unguarded=promotion_gate(one, UNGUARDED).passed,
        full=full,
    )
