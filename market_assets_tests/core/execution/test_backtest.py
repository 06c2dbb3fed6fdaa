"""The account against plain per-name bookkeeping, and against the mistakes backtests make."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError
from market_assets.core.execution.account import slippage_rate
from market_assets.core.execution.backtest import simulate
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.statistics.risk import two_way_turnover
from market_assets_tests.core.execution.grids import make_grid, random_grid

FREE = CostSpec(maker_bp=0, taker_bp=0, slippage=((None, 0.0),), borrow_bp_per_year=0)
PER_SESSION = ("gross", "fees", "slippage", "borrow", "net", "turnover", "exposure", "net_exposure")


def plain_account(grid, weights, costs, portfolio, lag=1):
    """Bookkeeping in money and shares: cash, shares and the last open of every name, one session at a time."""
    n_sessions, n_names = grid.open.shape
    rows = {name: np.zeros(n_sessions) for name in PER_SESSION}
    cash, shares, mark = 1e6, [0.0] * n_names, [0.0] * n_names
    last_close, absent = [0.0] * n_names, [0] * n_names
    equity = cash
    for t in range(n_sessions):
        days = int((grid.sessions[t].astype("M8[D]") - grid.sessions[t - 1].astype("M8[D]")).astype(int)) if t else 0
        borrowed = sum(-s * p for s, p in zip(shares, mark, strict=True) if s < 0)
        borrow = borrowed * costs.borrow_bp_per_year / 1e4 / 365 * days
        gain = 0.0
        for i in range(n_names):
            absent[i] = 0 if grid.traded[t, i] else absent[i] + 1
            price = grid.open[t, i] if grid.traded[t, i] else mark[i]
            if shares[i] and absent[i] == portfolio.settle_after:
                price = last_close[i]
            gain += shares[i] * (price - mark[i])
            mark[i] = price
        cash -= borrow
        before = cash + sum(s * p for s, p in zip(shares, mark, strict=True))
        fees = slip = turnover = 0.0
        for i in range(n_names):
            if grid.traded[t, i] and t >= lag:
                order = weights[t - lag, i] * before - shares[i] * mark[i]
            elif shares[i] and absent[i] >= portfolio.settle_after:
                order = -shares[i] * mark[i]
            else:
                continue
            notional = abs(order) / before * portfolio.capital
            rate = next(
                bp
                for k, (top, bp) in enumerate(costs.slippage)
                if top is None or (notional < top if k == 0 else notional <= top)
            )
            fees += abs(order) * costs.fee_rate
            slip += abs(order) * rate / 1e4
            turnover += abs(order) / before
            cash -= order
            shares[i] += order / mark[i]
        cash -= fees + slip
        after = cash + sum(s * p for s, p in zip(shares, mark, strict=True))
        held = [s * p / after for s, p in zip(shares, mark, strict=True)]
        values = (gain / equity, fees / equity, slip / equity, borrow / equity, after / equity - 1, turnover)
        for name, value in zip(PER_SESSION, (*values, sum(map(abs, held)), sum(held)), strict=True):
            rows[name][t] = value
        equity = after
        last_close = [c if grid.traded[t, i] else last_close[i] for i, c in enumerate(grid.close[t])]
    return rows


def random_weights(seed, grid, portfolio):
    """Targets from random scores through the real portfolio rule."""
    score = np.random.default_rng(seed).normal(size=grid.open.shape)
    return target_weights(score, portfolio)


@pytest.mark.parametrize("missing", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("mode", ["neutral", "directional"])
@pytest.mark.parametrize("capital", [5_000.0, 50_000.0, 500_000.0])
def test_equal_to_plain_bookkeeping(missing, mode, capital):
    """Every booked figure equals the money-and-shares account, with gaps, delistings and all slippage tiers."""
    portfolio = PortfolioSpec(mode=mode, cap=0.3, smoothing=2, capital=capital, settle_after=3)
    grid = random_grid(int(capital) + int(10 * missing), missing_share=missing)
    weights = random_weights(1, grid, portfolio)
    costs = CostSpec(maker_share=0.3)
    found, want = simulate(grid, weights, costs, portfolio), plain_account(grid, weights, costs, portfolio)
    for name in PER_SESSION:
        assert getattr(found, name) == pytest.approx(want[name], abs=1e-11), name


def test_a_same_bar_fill_would_be_noticed():
    """The planted bug, trading at the open of the deciding session, books other returns than we do."""
    portfolio = PortfolioSpec(cap=0.3, smoothing=1)
    grid = random_grid(3)
    weights = random_weights(2, grid, portfolio)
    cheat = plain_account(grid, weights, FREE, portfolio, lag=0)["net"]
    assert np.abs(simulate(grid, weights, FREE, portfolio).net - cheat).max() > 1e-3


def test_foresight_of_the_same_bar_earns_nothing_it_should_not():
    """Knowing the move from open s + 1 on makes rich; knowing the move that ends at open s + 1 is too late."""
    grid = random_grid(4, sessions=400, names=8)
    portfolio = PortfolioSpec(cap=0.3, smoothing=1)
    move = np.full(grid.open.shape, np.nan)
    move[:-1] = grid.open[1:] / grid.open[:-1] - 1
    known_too_late = simulate(grid, target_weights(move, portfolio), FREE, portfolio).net
    oracle = np.full(grid.open.shape, np.nan)
    oracle[:-1] = move[1:]
    assert simulate(grid, target_weights(oracle, portfolio), FREE, portfolio).net.mean() > 0.005
    assert abs(known_too_late.mean()) < 0.001


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 55))
def test_nothing_after_the_next_open_matters(seed, cut):
    """Perturb closes from session cut on and opens after it: booked rows up to and including cut keep their bytes."""
    generator = np.random.default_rng(seed)
    portfolio = PortfolioSpec(cap=0.3, smoothing=2)
    grid = random_grid(seed, missing_share=0.1)
    weights = random_weights(seed, grid, portfolio)
    opens, closes, traded = grid.open.copy(), grid.close.copy(), grid.traded.copy()
    opens[cut + 1 :] *= np.exp(generator.normal(0, 0.3, opens[cut + 1 :].shape))
    closes[cut:] *= np.exp(generator.normal(0, 0.3, closes[cut:].shape))
    traded[cut + 1 :] &= generator.random(traded[cut + 1 :].shape) < 0.7
    later = weights.copy()
    later[cut:] = generator.normal(size=later[cut:].shape) * 0.1
    first = simulate(grid, weights, CostSpec(), portfolio)
    second = simulate(replace(grid, open=opens, close=closes, traded=traded), later, CostSpec(), portfolio)
    for name in (*PER_SESSION, "held"):
        assert getattr(first, name)[: cut + 1].tobytes() == getattr(second, name)[: cut + 1].tobytes(), name


def test_a_name_without_a_bar_waits():
    """The trade decided at close 0 is done at open 2, at the then latest target, because open 1 is missing."""
    grid = make_grid([[10, 10], [10, 10], [20, 10], [30, 10]], missing=[(1, 0)])
    weights = np.array([[0.5, 0.1], [0.4, 0.1], [0.4, 0.1], [0.0, 0.0]])
    found = simulate(grid, weights, FREE, PortfolioSpec(cap=1))
    assert found.held[1].tolist() == [0.0, 0.1]
    assert found.held[2] == pytest.approx([0.4, 0.1])
    assert found.net == pytest.approx([0, 0, 0, 0.4 * 0.5])


def test_a_delisted_position_is_settled_at_the_last_close():
    """After ``settle_after`` absent sessions the position becomes cash at the last close, once, with its cost."""
    close = [[10.0], [8.0], [1.0], [1.0], [1.0], [1.0]]
    grid = make_grid([[10.0]] * 6, close, missing=[(k, 0) for k in (2, 3, 4, 5)])
    weights = np.full((6, 1), 0.5)
    found = simulate(grid, weights, FREE, PortfolioSpec(cap=1, settle_after=2))
    assert found.net == pytest.approx([0, 0, 0, 0.5 * (8 / 10 - 1), 0, 0])
    assert found.held[:, 0] == pytest.approx([0, 0.5, 0.5, 0, 0, 0])
    priced = simulate(grid, weights, CostSpec(), PortfolioSpec(cap=1, settle_after=2))
    assert priced.fees[3] == pytest.approx(priced.held[2, 0] * 0.8 * 5e-4, rel=1e-12)


def test_turnover_is_on_drifted_weights():
    """Holding the same target after prices moved is a trade: the drift back."""
    grid = make_grid([[10, 10], [10, 10], [12, 9], [12, 9]])
    weights = np.tile([[0.6, 0.3]], (4, 1))
    found = simulate(grid, weights, FREE, PortfolioSpec(cap=1))
    want = two_way_turnover([0.6, 0.3], [0.6, 0.3], [0.2, -0.1])
    assert found.turnover == pytest.approx([0, 0.9, want, 0], abs=1e-12)


def test_slippage_tiers_at_their_limits():
    """< 1K: 5, 1K to 10K: 15, > 10K: 35 basis points."""
    limits, rates = np.array([1e3, 1e4, np.inf]), np.array([5.0, 15.0, 35.0])
    sizes = {999.99: 5, 1000.0: 15, 10_000.0: 15, 10_000.01: 35, 1e9: 35, 0.0: 5}
    assert {size: slippage_rate(size, limits, rates) for size in sizes} == sizes
    assert slippage_rate(1e6, np.array([np.inf]), np.array([2.0])) == 2.0


def test_borrow_is_charged_by_calendar_day_on_shorts_only():
    """A weekend costs three days; a long position costs nothing."""
    grid = make_grid(np.full((6, 2), 10.0))  # Thursday, Friday, Monday, ...
    costs = replace(FREE, borrow_bp_per_year=365.0)
    short = simulate(grid, np.tile([[-0.5, 0.0]], (6, 1)), costs, PortfolioSpec(cap=1)).borrow
    assert short[:4] == pytest.approx([0, 0, 0.5 * 3 * 1e-4, 0.5 * 1e-4], rel=1e-3)
    assert (simulate(grid, np.tile([[0.5, 0.0]], (6, 1)), costs, PortfolioSpec(cap=1)).borrow == 0).all()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1000),
    st.sampled_from(["maker_bp", "taker_bp", "borrow_bp_per_year", "slippage", "capital"]),
    st.floats(0.0, 50.0),
)
def test_dearer_is_never_better(seed, dial, more):
    """Raising any rate, or the order size, lowers final equity or leaves it."""
    portfolio = PortfolioSpec(cap=0.3, smoothing=2)
    grid = random_grid(seed, sessions=30)
    weights = random_weights(seed, grid, portfolio)
    cheap, dear, larger = CostSpec(maker_share=0.5), CostSpec(maker_share=0.5), portfolio
    if dial == "slippage":
        dear = replace(cheap, slippage=tuple((limit, bp + more) for limit, bp in cheap.slippage))
    elif dial == "capital":
        larger = replace(portfolio, capital=portfolio.capital * (1 + more))
    else:
        dear = replace(cheap, **{dial: getattr(cheap, dial) + more})
    low, high = simulate(grid, weights, dear, larger), simulate(grid, weights, cheap, portfolio)
    assert np.prod(1 + low.net) <= np.prod(1 + high.net) * (1 + 1e-12)


def test_net_is_gross_less_every_cost():
    """The parts add up to the whole in every session."""
    grid = random_grid(5, missing_share=0.1)
    portfolio = PortfolioSpec(cap=0.3)
    found = simulate(grid, random_weights(5, grid, portfolio), CostSpec(), portfolio)
    assert found.net == pytest.approx(found.gross - found.fees - found.slippage - found.borrow, abs=1e-15)
    assert found.ruined is None


def test_ruin_ends_the_account():
    """A short that triples loses everything once: -100 %, then nothing; no return below -1 is invented."""
    grid = make_grid([[10.0], [10.0], [30.0], [60.0]])
    found = simulate(grid, np.full((4, 1), -1.0), FREE, PortfolioSpec(cap=1))
    assert found.ruined == 2
    assert found.net.tolist() == [0.0, 0.0, -1.0, 0.0]
    assert found.summary()["max_drawdown"] == -1.0
    assert found.window(1, 3).ruined == 1
    assert found.window(0, 1).ruined is None


def test_window_and_summary():
    """A window keeps its sessions; the summary is annualised, and None where undefined."""
    grid = random_grid(6)
    portfolio = PortfolioSpec(cap=0.3)
    whole = simulate(grid, random_weights(6, grid, portfolio), CostSpec(), portfolio)
    part = whole.window(10, 39)
    assert len(part.sessions) == len(part.net) == len(part.held) == 30
    assert (part.net == whole.net[10:40]).all()
    figures = part.summary(252)
    assert figures["sharpe"] == pytest.approx(part.net.mean() / part.net.std(ddof=1) * 252**0.5)
    assert figures["annual_cost"] == pytest.approx((part.gross - part.net).mean() * 252)
    idle = simulate(grid, np.zeros(grid.open.shape), CostSpec(), portfolio).summary()
    assert idle["sharpe"] is None
    assert idle["hit_rate"] is None
    assert idle["max_drawdown"] == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_named(bad):
    """A NaN weight is refused with its session and symbol, never read as zero or as hold."""
    weights = np.zeros((60, 5))
    weights[7, 2] = bad
    with pytest.raises(BadInputError, match="row 7, column S2"):
        simulate(random_grid(0), weights, CostSpec(), PortfolioSpec())
    with pytest.raises(BadInputError, match="weight_grid"):
        simulate(random_grid(0), np.zeros((59, 5)), CostSpec(), PortfolioSpec())
