"""One draw of candidate returns, in the table that the product's gate reads.

The model. A configuration is traded in P + 1 versions: the walk-forward backtest and P combinatorial paths, each made
by models of the same configuration fitted on other rows. A version is sqrt(0.8) times what the configuration always
earns plus sqrt(0.2) times what this version alone earns, so that two versions of a candidate have correlation 0.8. Both
parts are equicorrelated across candidates with the world's correlation r (sqrt(r) common + sqrt(1 - r) own), so any two
candidates have correlation r within a version. The mean is the same in every version: true Sharpe ratio times
volatility.

Baselines: buy and hold and equal weight follow one market (correlation 0.97) that pays a premium; the two momentum
rules share a factor and lean on the candidates' common one; reversal leans against that factor. These three are
worthless.

All shocks follow the law of the world, and so do their mixtures where the law is normal, AR(1) or GARCH; mixtures of
Student shocks keep their fat tails. Volatility is 10 % a year (market 16 %). Costs are already out of the returns.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from benchmarks.characteristic.noise import LAWS
from benchmarks.characteristic.world import FIRST, FOLD, PATHS, PERIODS, SESSIONS, World
from market_assets.core.execution.baselines import BASELINES
from market_assets.core.execution.returns import Returns
from market_assets.core.market.panel import Floats

SAME = 0.8  # correlation of two versions of a candidate
VOLATILITY, MARKET_VOLATILITY = 0.10, 0.16
COST = 0.02 / PERIODS
TURNOVER = 0.2


def generator_of(world: World, seed: int, draw: int) -> Generator:
    """Generator of one draw: it depends on nothing else that is drawn."""
    return Generator(PCG64(SeedSequence(seed, spawn_key=(world.stream, draw))))


def simulate(world: World, generator: Generator) -> Returns:
    """Draw the returns of all candidates and baselines."""
    count, versions = world.candidates, PATHS + 1
    shocks = LAWS[world.noise](generator, (6 + (versions + 1) * (count + 1), SESSIONS))
    rest = shocks[6:].reshape(versions + 1, count + 1, SESSIONS)
    mixed = math.sqrt(world.correlation) * rest[:, :1] + math.sqrt(1.0 - world.correlation) * rest[:, 1:]
    traded = math.sqrt(SAME) * mixed[0] + math.sqrt(1.0 - SAME) * mixed[1:]  # (versions, K, T)
    skill = np.array([world.truth(candidate) for candidate in range(count)]) / math.sqrt(PERIODS)
    returns = (traded + skill[:, None]) * (VOLATILITY / math.sqrt(PERIODS))
    walked = returns[0].T.copy()
    walked[:FIRST] = np.nan
    return Returns(
        sessions=np.datetime64("2000-01-03", "us") + np.arange(SESSIONS) * np.timedelta64(1, "D"),
        candidates=tuple(f"candidate_{candidate:03d}" for candidate in range(count)),
        baselines=BASELINES,
        walk_forward=walked,
        gross=walked + COST,
        rules=_rules(shocks[:6], rest[0, 0], world.premium).T,
        paths=np.ascontiguousarray(returns[1:].transpose(1, 0, 2)),
        turnover=np.where(np.isnan(walked), np.nan, TURNOVER),
        costs=np.where(np.isnan(walked), np.nan, COST),
        fold_starts=tuple(range(FIRST, SESSIONS, FOLD)),
    )


def _rules(shocks: Floats, common: Floats, premium: float) -> Floats:
    """Returns of the baselines (5, T), in the order of ``BASELINES``; ``common`` is the candidates' factor."""
    market, tracking, trend, *own = shocks
    long = premium / math.sqrt(PERIODS) + np.stack([market, math.sqrt(0.95) * market + math.sqrt(0.05) * tracking])
    rules = np.stack(
        [
            0.4 * common + 0.6 * trend + math.sqrt(1.0 - 0.52) * own[0],
            0.4 * common + 0.6 * trend + math.sqrt(1.0 - 0.52) * own[1],
            -0.4 * trend + math.sqrt(1.0 - 0.16) * own[2],
        ]
    )
    return np.concatenate([long * MARKET_VOLATILITY, rules * VOLATILITY]) / math.sqrt(PERIODS)
