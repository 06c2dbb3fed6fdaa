"""Evidence collected from a table of returns."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from market_assets.core.execution.returns import Returns
from market_assets.core.gates.collect import EvaluationSpec, annual_sharpe, best_candidate, collect
from market_assets.core.gates.evidence import Evidence

SIZES = EvaluationSpec(bootstrap_reps=100, spa_reps=100, pbo_blocks=4)
NAMES = ("weak", "strong", "idle")


def table(seed: int = 0, sessions: int = 400, starts=(100, 200, 300)) -> Returns:
    """A strong, a weak and an idle candidate on three folds and four paths, with two rules."""
    generator = np.random.default_rng(seed)
    paths = 0.01 * generator.normal(size=(3, 4, sessions))
    paths[1] += 0.003
    paths[2] = 0.0
    walk = paths[:, 0].T.copy()
    walk[: starts[0]] = np.nan
    return Returns(
        sessions=np.datetime64("2018-01-02", "us") + np.arange(sessions) * np.timedelta64(1, "D"),
        candidates=NAMES,
        baselines=("equal_weight", "momentum"),
        walk_forward=walk,
        gross=walk + 1e-5,
        rules=0.01 * generator.normal(size=(sessions, 2)),
        paths=paths,
        turnover=np.where(np.isnan(walk), np.nan, np.where(paths[:, 0].T == 0, 0.0, 0.1)),
        costs=np.where(np.isnan(walk), np.nan, 1e-5),
        fold_starts=tuple(starts),
    )


def plain_sharpe(series: np.ndarray) -> float:
    """Mean over the sample deviation, times the root of the periods."""
    mean = sum(series) / len(series)
    return mean / (sum((value - mean) ** 2 for value in series) / (len(series) - 1)) ** 0.5 * 252**0.5


def gathered(returns: Returns, trials: int = 27, configurations: int = 3, sizes: EvaluationSpec = SIZES) -> Evidence:
    return collect(returns, sizes, trials=trials, configurations=configurations, seed=5)


def test_the_best_is_judged_on_the_walk_forward_span() -> None:
    """Best by walk-forward Sharpe, the count of its periods, and its figure by a plain formula."""
    returns = table()
    evidence = gathered(returns)
    assert evidence.best == "strong"
    assert evidence.observations == 300
    assert evidence.sharpe == pytest.approx(plain_sharpe(returns.walk_forward[100:, 1]), rel=1e-9)
    assert (evidence.trials, evidence.configurations) == (27, 3)
    assert (evidence.seed, evidence.bootstrap_reps, evidence.pbo_blocks) == (5, 100, 4)


def test_paths_and_folds_are_those_of_the_best() -> None:
    """One Sharpe ratio a combinatorial path over the whole span, and one a walk-forward fold, in order."""
    returns = table()
    evidence = gathered(returns)
    assert evidence.path_sharpes == pytest.approx([plain_sharpe(path) for path in returns.paths[1]], rel=1e-9)
    folds = [returns.walk_forward[first:last, 1] for first, last in ((100, 200), (200, 300), (300, 400))]
    assert evidence.fold_sharpes == pytest.approx([plain_sharpe(fold) for fold in folds], rel=1e-9)


def test_baselines_stand_among_the_columns_of_pbo() -> None:
    """PBO chooses among the candidates and the simple rules, on the combinatorial span."""
    assert set(gathered(table()).pbo_columns) >= {"weak", "strong", "equal_weight", "momentum"}


def test_an_idle_candidate_has_no_sharpe_ratio() -> None:
    """A candidate that never traded is listed as idle; it is no gap and never the best."""
    evidence = gathered(table())
    (idle,) = [item for item in evidence.candidates if item.name == "idle"]
    assert idle.idle
    assert idle.figures["sharpe"] is None
    assert evidence.best != "idle"


def test_more_trials_raise_the_hurdle() -> None:
    """The same returns after more configurations are less convincing; more folds of the same ones are not."""
    few, many = gathered(table()), gathered(table(), configurations=20)
    assert many.hurdle > few.hurdle
    assert many.deflated_sharpe < few.deflated_sharpe
    assert many.sharpe == few.sharpe
    assert gathered(table(), trials=500).hurdle == few.hurdle


def test_fits_can_be_what_counts() -> None:
    """An experiment may deflate by every fold fit; the evidence says what was counted."""
    strict = replace(SIZES, deflate_by="fits")
    found = gathered(table(), sizes=strict)
    assert (found.deflation_trials, gathered(table()).deflation_trials) == (27, 3)
    assert found.deflated_sharpe < gathered(table()).deflated_sharpe
    assert gathered(table(), trials=500, sizes=strict).hurdle > found.hurdle


def test_fewer_configurations_than_candidates_is_a_gap() -> None:
    """A ledger that knows fewer strategies than are judged has lost some."""
    (gap,) = gathered(table(), configurations=2).gaps
    assert gap.figure == "trials"
    assert "27 fits of 2 configurations" in gap.cause


def test_the_best_candidate_is_named_before_the_gate() -> None:
    """The validity report describes the candidate that the gate will judge."""
    assert best_candidate(table()) == gathered(table()).best == "strong"
    idle = replace(table(), walk_forward=np.zeros((400, 3)))
    assert best_candidate(idle) is None


def test_coverage_of_the_best_is_evidence() -> None:
    """Its worst conformal slice, not that of another candidate; unknown where nothing was measured."""
    found = collect(table(), SIZES, trials=27, configurations=3, seed=5, coverage={"weak": 0.2, "strong": 0.01})
    assert found.coverage_gap == 0.01
    assert gathered(table()).coverage_gap is None


def test_returns_before_the_walk_forward_span_do_not_count() -> None:
    """What happened before the first fold is NaN there and moves no walk-forward figure."""
    returns = table()
    other = replace(returns, rules=np.where(np.arange(400)[:, None] < 100, 9.0, returns.rules))
    first, second = gathered(returns), gathered(other)
    assert first.sharpe == second.sharpe
    assert first.spa_equal_weight == second.spa_equal_weight


def test_same_seed_same_evidence() -> None:
    """Collected twice it is equal to the last digit, and survives JSON."""
    first, second = gathered(table()), gathered(table())
    assert first == second
    assert Evidence.from_payload(first.to_payload()) == first


def test_an_undefined_sharpe_ratio_is_none() -> None:
    """A constant or too short series has none: a typed gap, never a number."""
    assert annual_sharpe(np.zeros(50), 252) is None
    assert annual_sharpe(np.array([0.01]), 252) is None
    series = np.random.default_rng(0).normal(0.001, 0.01, 250)
    assert annual_sharpe(series, 252) == pytest.approx(plain_sharpe(series), rel=1e-9)


@pytest.mark.parametrize(
    "wrong", [{"bootstrap_reps": 99}, {"spa_reps": 0}, {"pbo_blocks": 5}, {"mean_block": 0.5}, {"periods_per_year": 0}]
)
def test_sizes_out_of_range_are_refused(wrong: dict) -> None:
    """Resampling sizes too small to mean anything are refused when the file is read."""
    with pytest.raises(ValidationError):
        EvaluationSpec(**wrong)
