"""What the second stage brings: the account with the trades it takes beside the account with every trade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.stats import rankdata

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.execution.evaluate import walk_forward_account
from market_assets.core.folds.training_set import TrainingSet
from market_assets.core.market.panel import Floats
from market_assets.core.models.reliability import brier, reliability
from market_assets.core.validity.paired import forecast_lift, returns_lift
from market_assets.core.validity.refits import Candidate
from market_assets.core.validity.second_stage import SecondStage, filtered

GATED = "sharpe"
"""The figure whose interval decides whether a lift is shown; the others are reported."""


def second_stage_report(
    candidate: Candidate,
    probability: Floats,
    asked: TrainingSet,
    stage: SecondStage,
    threshold: float,
    sizes: Mapping[str, Any],
) -> dict[str, Any]:
    """Both accounts net of costs over the sessions from the first judged trade on, and how good the judgement was.

    Parameters
    ----------
    probability : (n,) walk-forward P(up) of the primary.
    sizes : ``reps``, ``mean_block`` and ``seed`` of the paired bootstrap.

    Returns
    -------
    A JSON-able payload. ``account``: lift of the annual net Sharpe ratio and mean (``Paired``). ``forecast``: AUC
    within sessions and log loss of P(worth it) beside the base rate of the trades it was taught by. ``trades``: judged
    and decided trades, share taken, base rate, precision (share worth it among the taken), mean net return of all,
    taken and skipped, AUC over all trades, Brier score, that of the base rate, and skill. ``reliability``: its table.
    ``shown``: the interval of the Sharpe ratio's lift lies above 0. ``cause`` says why a part is missing.
    """
    payload: dict[str, Any] = {
        "threshold": threshold,
        "blocks": [asdict(one) for one in stage.blocks],
        "account": {},
        "forecast": {},
        "trades": {},
        "reliability": {},
        "shown": False,
        "cause": "",
    }
    judged = np.isfinite(stage.worth)
    scored = judged & asked.trainable
    try:
        if not scored.any():
            raise NotEnoughDataError("no trade was judged; the account with every trade is all there is")
        worth, outcome, taken = stage.worth[scored], asked.y[scored], stage.taken(threshold)
        payload["trades"] = _trades(asked, stage, threshold)
        payload["reliability"] = reliability(worth, outcome).to_payload()
        if not taken[judged].any():
            raise NotEnoughDataError("no judged trade is taken; there is no second account to compare")
        books = [
            _net(candidate, part, asked.sessions[int(asked.t0[judged].min())])
            for part in (filtered(probability, taken), probability)
        ]
        found = returns_lift(*books, periods=candidate.periods_per_year, **sizes)
        payload["account"] = {one.figure: one.to_payload() for one in found}
        payload["shown"] = any(one.figure == GATED and one.low > 0.0 for one in found)
        scores = forecast_lift(worth, stage.base[scored], outcome, asked.t0[scored], **sizes)
        payload["forecast"] = {one.figure: one.to_payload() for one in scores}
    except NotEnoughDataError as error:
        payload["cause"] = str(error)
    return payload


def _net(candidate: Candidate, probability: Floats, since: np.datetime64) -> Floats:
    """Net returns of the walk-forward account after the close ``since``: the first that its decisions shaped."""
    run = walk_forward_account(
        candidate.grid, candidate.data, candidate.plan, probability, candidate.portfolio, candidate.costs
    )
    return run.net[run.sessions.astype(since.dtype) > since]


def _trades(asked: TrainingSet, stage: SecondStage, threshold: float) -> dict[str, Any]:
    scored = np.isfinite(stage.worth) & asked.trainable
    worth, outcome, ret = stage.worth[scored], asked.y[scored], asked.ret[scored]
    taken = worth >= threshold
    known, naive = brier(worth, outcome), brier(stage.base[scored], outcome)
    return {
        "judged": int(np.isfinite(stage.worth).sum()),
        "decided": int(scored.sum()),
        "taken_share": float(taken.mean()),
        "base_rate": float(outcome.mean()),
        "precision": float(outcome[taken].mean()) if taken.any() else None,
        "mean_ret": float(ret.mean()),
        "mean_ret_taken": float(ret[taken].mean()) if taken.any() else None,
        "mean_ret_skipped": float(ret[~taken].mean()) if not taken.all() else None,
        "auc": auc(worth, outcome),
        "brier": known,
        "brier_of_base_rate": naive,
        "brier_skill": 1.0 - known / naive if naive > 0.0 else None,
    }


def auc(score: Floats, outcome: np.ndarray) -> float | None:
    """Share of pairs of a 1 and a 0 of outcome (n,) whose scores (n,) are in that order, ties half; None without pairs.

    The Mann-Whitney statistic over the number of pairs (Hanley and McNeil 1982).
    """
    ones = int((outcome == 1).sum())
    pairs = ones * (outcome.size - ones)
    if not pairs:
        return None
    return float((rankdata(score)[outcome == 1].sum() - ones * (ones + 1) / 2.0) / pairs)
