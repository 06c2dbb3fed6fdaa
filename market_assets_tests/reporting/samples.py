"""Report inputs made by the real statistics from drawn returns, for the tests of this room."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from market_assets.core.execution.returns import Returns
from market_assets.core.features.causality import CausalityResult, Violation
from market_assets.core.gates.gather import gather
from market_assets.core.gates.policy import PromotionPolicy
from market_assets.core.gates.promotion import promotion_gate
from market_assets.core.models.reliability import brier, reliability
from market_assets.core.quality.policy import QualityPolicy
from market_assets.core.quality.report import QualityReport, RuleResult, SymbolQuality
from market_assets.core.statistics.performance import performance
from market_assets.reporting.inputs import ReportInput, ReportSeries
from market_assets.reporting.report import render_html

FAMILIES = ("xgboost", "lightgbm", "catboost", "random_forest", "elastic_net")
RULES = ("buy_and_hold", "equal_weight", "momentum_20")


def draw_returns(edge: float, seed: int = 3) -> Returns:
    """Returns of five candidates with the given daily edge and of three simple rules, over 600 sessions."""
    rng = np.random.Generator(np.random.PCG64(seed))
    size, start = 600, 180
    days = np.datetime64("2016-01-04T21:00:00", "us") + np.arange(size) * np.timedelta64(1, "D")
    common = rng.normal(0.0, 0.003, size)
    noise = rng.normal(0.0, 0.004, (len(FAMILIES), 5, size))
    lift = edge * np.array([1.5, 0.9, 0.8, 0.7, 0.6])  # one candidate is the best one, in every half
    gross = lift + common[:, None] + rng.normal(0.0, 0.004, (size, len(FAMILIES)))
    gross[:start] = np.nan
    costs = np.where(np.isnan(gross), np.nan, 0.0002)
    return Returns(
        sessions=days,
        candidates=FAMILIES,
        baselines=RULES,
        walk_forward=gross - costs,
        gross=gross,
        rules=rng.normal(0.0002, 0.009, (size, len(RULES))),
        paths=lift[:, None, None] + common + noise,
        turnover=np.where(np.isnan(gross), np.nan, 0.4),
        costs=costs,
        fold_starts=(180, 250, 320, 390, 460, 530),
    )


@cache
def sample_input(edge: float = 0.0012, **changes: Any) -> ReportInput:
    """Whole report input; ``edge`` 0 gives a refusal."""
    returns = draw_returns(edge)
    span = slice(returns.first, None)
    names, matrix = returns.path_matrix()
    net, gross, turnover = returns.walk_forward[span], returns.gross[span], returns.turnover[span]

    def annual(values: np.ndarray) -> float:
        return float(values.mean() / values.std(ddof=1) * 252**0.5)

    evidence = gather(
        names=FAMILIES,
        net=net,
        gross=gross,
        turnover=turnover,
        equal_weight=returns.rules[span, 1],
        combinatorial=matrix,
        combinatorial_names=names,
        path_sharpes={name: [annual(path) for path in returns.paths[k]] for k, name in enumerate(FAMILIES)},
        fold_sharpes={
            name: [annual(returns.walk_forward[fold, k]) for fold in returns.folds()] for k, name in enumerate(FAMILIES)
        },
        trials=105,
        deflation_trials=105,
        configurations=5,
        bootstrap_reps=200,
        spa_reps=200,
        pbo_blocks=8,
        coverage=dict.fromkeys(FAMILIES, 0.01),
    )
    still = np.zeros(len(net))
    books = {
        name: performance(net[:, k], gross[:, k], turnover[:, k], 252) | {"exposure": 0.96, "net_exposure": 0.0}
        for k, name in enumerate(FAMILIES)
    }
    books |= {
        name: performance(returns.rules[span, k], returns.rules[span, k], still, 252) for k, name in enumerate(RULES)
    }
    payload = evidence.to_payload()
    parts: dict[str, Any] = {
        "experiment": "direction_daily",
        "snapshot": {
            "snapshot_id": "20191231-0123456789ab",
            "as_of": "2019-12-31T22:00:00+00:00",
            "symbols": [f"S{number:03}" for number in range(46)],
            "rows": 57_868,
            "content_hash": "0123456789ab" * 5 + "cdef",
        },
        "verdict": promotion_gate(evidence, PromotionPolicy()).to_payload(),
        "evidence": payload,
        "series": ReportSeries.from_returns(returns, payload),
        "books": books,
        "reliability": _reliability(),
        "quality": _quality(),
        "leakage": _leakage(),
        "trials": {"fits": 105, "configurations": 5},
        "costs": {"maker_bp": 1.0, "taker_bp": 5.0, "borrow_bp_per_year": 50.0},
        "timings": [{"stage": "snapshot", "seconds": 0.4, "peak_rss_mb": 210.0}, {"stage": "labels", "seconds": 12.25}],
        "document": {"name": "direction_daily", "seed": 7},
    }
    return ReportInput(**{**parts, **changes})


@cache
def sample_page(edge: float = 0.0012) -> str:
    """The page of ``sample_input``, rendered once for all tests that hold another page against it."""
    return render_html(sample_input(edge))


def _reliability() -> dict[str, dict[str, Any]]:
    rng = np.random.Generator(np.random.PCG64(5))
    reports = {}
    for name in FAMILIES:
        p = rng.beta(8, 8, 4_000)
        y = (rng.random(4_000) < p).astype(np.float64)
        raw = np.clip(0.5 + 1.6 * (p - 0.5), 0.0, 1.0)
        reports[name] = {
            stage: {"brier": brier(series, y), **reliability(series, y).to_payload()}
            for stage, series in (("raw", raw), ("calibrated", p))
        }
    return reports


def _quality() -> dict[str, Any]:
    def symbol(name: str, moved: int) -> SymbolQuality:
        example = "2017-03-01: 61.2 % without a corporate action" if moved else ""
        rules = (
            RuleResult("completeness", "error", 0, 0.0, 0.05, True, ""),
            RuleResult("extreme_move", "warning", moved, moved / 1258, 0.0, moved == 0, example),
        )
        return SymbolQuality(name, "equity", 1258, "2015-01-02", "2019-12-31", rules)

    return QualityReport(QualityPolicy(), (symbol("AAPL", 0), symbol("BRK.B", 1))).to_payload()


def _leakage() -> dict[str, Any]:
    cuts = ("2016-05-02T20:00", "2017-08-14T20:00", "2019-01-03T21:00")
    stray = Violation("mom_accel", "AAPL", "2016-04-29T20:00", cuts[0], "noise")
    variants = ("noise", "drop")
    results = (
        CausalityResult("technical", "1", cuts, variants, 812_000, 0, (), ()),
        CausalityResult("regime", "1", cuts, variants, 96_000, 1, ("mom_accel",), (stray,)),
    )
    return {"schema_version": "features-1", "families": [result.to_payload() for result in results]}
