"""The thresholds of the promotion gate."""

from __future__ import annotations

from pydantic import Field

from market_assets.core.spec import spec


@spec
class PromotionPolicy:
    """What a candidate must show, net of costs and out of sample.

    Parameters
    ----------
    version : raise it whenever a threshold changes; it stands in every evidence and manifest.
    min_deflated_sharpe : Deflated Sharpe Ratio (2014), a probability.
    max_pbo : probability of backtest overfitting.
    max_spa_pvalue : consistent p-value of the SPA test against cash.
    max_drawdown : depth of the worst drawdown of the walk-forward net returns, positive.
    min_positive_paths, min_positive_folds : share of combinatorial paths and walk-forward folds with Sharpe > 0.
    min_sharpe_interval_low : lower end of the 95 % bootstrap interval of the annual Sharpe ratio.
    min_observations : walk-forward periods.
    min_net_sharpe : annual Sharpe ratio net of costs.
    max_coverage_gap : distance from nominal of the worst slice of the conformal intervals; None = shown, not gated.
    """

    version: int = Field(default=3, ge=1)
    min_deflated_sharpe: float = Field(default=0.95, ge=0.0, le=1.0)
    max_pbo: float = Field(default=0.20, ge=0.0, le=1.0)
    max_spa_pvalue: float = Field(default=0.05, ge=0.0, le=1.0)
    max_drawdown: float = Field(default=0.20, gt=0.0, le=1.0)
    min_positive_paths: float = Field(default=0.8, ge=0.0, le=1.0)
    min_positive_folds: float = Field(default=0.6, ge=0.0, le=1.0)
    min_sharpe_interval_low: float = Field(default=0.0)
    min_observations: int = Field(default=250, ge=2)
    min_net_sharpe: float = Field(default=0.5)
    max_coverage_gap: float | None = Field(default=0.03, gt=0.0, lt=1.0)
