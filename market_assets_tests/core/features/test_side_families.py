"""Families of side series: values, staleness, absence, and the join that must wait until a figure is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.features.base import Family
from market_assets.core.features.causality import default_cuts, prove_causal, prove_families
from market_assets.core.features.declaration import Feature
from market_assets.core.features.registry import FAMILIES, proof_needed
from market_assets.core.features.side_family import side_series
from market_assets.core.gates.leakage import leakage_gate
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets.core.market.side import EVERYONE, SideTable
from market_assets_tests.core.features.panels import HOUR, agree, join, market, symbol_bars
from market_assets_tests.real_data import real_file

RAW = market(sessions=260, equities=3, seed=4)
CUTS = default_cuts(RAW, n=2, seed=0)
SIDE_FAMILIES = {name: family for name, family in FAMILIES.items() if side_series(family)}
every_side_family = pytest.mark.parametrize("name", sorted(SIDE_FAMILIES))


def table_of(series: str, symbol: str, ts: np.ndarray, known_at: np.ndarray, value: np.ndarray) -> SideTable:
    """Rows of one series of one owner."""
    return SideTable(np.full(ts.size, series), np.full(ts.size, symbol), ts, known_at, value)


def on_bars(symbol: str, ts: np.ndarray, side: SideTable) -> Panel:
    """Random bars of one symbol at these times, with the side table."""
    bars = symbol_bars(ts.size, np.random.Generator(np.random.PCG64(0)))
    return replace(join([(symbol, "", "equity", ts, bars)]), side=side)


def side_of(panel: Panel) -> SideTable:
    assert panel.side is not None
    return panel.side


def column(panel: Panel, name: str) -> np.ndarray:
    """One feature of the first symbol."""
    (family,) = (one for one in SIDE_FAMILIES.values() if name in one.features)
    return family.compute(panel)[panel.rows(0), family.names.index(name)]


def plain(panel: Panel) -> dict[str, pd.Series]:
    """The features by their formulas in pandas, from series read bar by bar."""
    rows = panel.rows(0)
    close = pd.Series(panel.close[rows])

    def read(name: str) -> pd.Series:
        return pd.Series(side_of(panel).as_of(name, panel.symbols[0], panel.ts[rows])[0])

    funding, interest, basis = read("funding_rate"), read("open_interest"), read("basis")
    vix, slope = read("vix"), read("vix3m") / read("vix") - 1
    short, score = read("short_volume_ratio"), read("sentiment")
    spread, imbalance, five = read("book_spread"), read("book_imbalance"), read("book_flow_five")
    returns = np.log(close).diff()
    return {
        "funding_rate": funding,
        "funding_change_1": funding.diff(),
        "funding_mean_20": funding.rolling(20).mean(),
        "funding_zscore_60": (funding - funding.rolling(60).mean()) / funding.rolling(60).std(),
        "open_interest_change_5": np.log(interest / interest.shift(5)),
        "open_interest_change_20": np.log(interest / interest.shift(20)),
        "basis": basis,
        "basis_change_5": basis.diff(5),
        "implied_level": vix / 100,
        "implied_change_5": np.log(vix / vix.shift(5)),
        "implied_zscore_60": (vix - vix.rolling(60).mean()) / vix.rolling(60).std(),
        "implied_slope": slope,
        "implied_slope_change_5": slope.diff(5),
        "implied_vol_of_vol": read("vvix") / 100,
        "variance_premium_21": (vix / 100) ** 2 - 252 * (returns**2).rolling(21).mean(),
        "short_volume_ratio": short,
        "short_volume_change_5": short.diff(5),
        "short_volume_zscore_20": (short - short.rolling(20).mean()) / short.rolling(20).std(),
        "insider_net_buys": read("insider_net_buys"),
        "sentiment_level": score,
        "sentiment_change_5": score.diff(5),
        "book_spread": spread,
        "book_spread_relative_20": spread / spread.rolling(20).mean() - 1,
        "book_imbalance": imbalance,
        "book_imbalance_mean_5": imbalance.rolling(5).mean(),
        "book_best_imbalance": read("book_best_imbalance"),
        "book_flow": read("book_flow"),
        "book_flow_five": five,
        "book_flow_five_mean_5": five.rolling(5).mean(),
    }


def test_values_are_their_formulas() -> None:
    """Every feature of every side family, beside its plain definition."""
    panel = adjust(RAW)
    expected = plain(panel)
    assert list(expected) == [name for family in SIDE_FAMILIES.values() for name in family.names]
    for name, values in expected.items():
        agree(column(panel, name), values)


@every_side_family
def test_optional_and_undefined_without_data(name: str) -> None:
    """Off by default; NaN, not an error, where the panel holds no series or only others."""
    family = SIDE_FAMILIES[name]
    assert family.tier == "optional"
    assert name not in proof_needed()
    assert name in proof_needed([name])
    foreign = side_of(RAW).take(~np.isin(side_of(RAW).series, sorted(side_series(family))))
    for side in (None, foreign):
        values = family.compute(adjust(replace(RAW, side=side)))
        assert values.shape == (RAW.n_rows, len(family.names))
        assert np.isnan(values).all()


@pytest.mark.parametrize(
    ("series", "feature", "days"),
    [
        ("funding_rate", "funding_rate", 2),
        ("vix", "implied_level", 5),
        ("sentiment", "sentiment_level", 7),
        ("insider_net_buys", "insider_net_buys", 90),
        ("book_spread", "book_spread", 1),
    ],
)
def test_a_stale_figure_is_unknown(series: str, feature: str, days: int) -> None:
    """The last figure of a series that stops serves up to its limit of days, and not longer."""
    panel, table = adjust(RAW), side_of(RAW)
    last = panel.ts[100] - np.timedelta64(2, "h")
    held = replace(panel, side=table.take((table.series != series) | (table.ts <= last)))
    found = column(held, feature)
    assert np.isfinite(found[: 101 + days - 1]).all()
    assert np.isnan(found[101 + days :]).all()


@every_side_family
def test_no_data_is_said_and_is_no_pass(name: str) -> None:
    """Without its series a family is neither proven nor refused, unless an experiment uses it."""
    bare = replace(RAW, side=None)
    results = prove_families([FAMILIES["volatility"], SIDE_FAMILIES[name]], bare, CUTS, 0)
    assert [(one.state, one.passed) for one in results] == [("proven", True), ("no data", False)]
    payload = json.loads(json.dumps({"families": [one.to_payload() for one in results]}))
    assert leakage_gate(payload, ("volatility",)).passed
    used = leakage_gate(payload, ("volatility", name))
    assert [one.gate for one in used.failures] == [f"leakage_cuts[{name}]"]
    assert not leakage_gate({"families": payload["families"][1:]}).passed
    payload["families"][1]["compared"] = 7
    assert [one.gate for one in leakage_gate(payload).failures] == ["leakage_report"]


def test_a_series_that_begins_after_the_cuts_is_no_data() -> None:
    """Nothing to compare up to the last cut; a family of bars alone with nothing to compare is still an error."""
    table = side_of(RAW)
    late = replace(RAW, side=table.take(table.known_at > max(CUTS)))
    assert prove_causal(SIDE_FAMILIES["sentiment"], late, CUTS, 0).state == "no data"
    nothing = Family("toy", "1", FAMILIES["regime"].features, lambda panel: np.full((panel.n_rows, 1), np.nan))
    single = replace(nothing, features={"x": Feature("toy", "own", ("close",), 0)})
    with pytest.raises(NotEnoughDataError):
        prove_causal(single, late, CUTS, 0)


@every_side_family
def test_planted_bug_a_join_on_event_time_is_caught(name: str) -> None:
    """Joined on ``ts`` where figures are published half a day late, every family is found; joined on known_at, none."""
    table = side_of(RAW)
    raw = replace(RAW, side=replace(table, known_at=table.known_at + 12 * HOUR))
    honest = SIDE_FAMILIES[name]

    def early(panel: Panel) -> np.ndarray:
        side = side_of(panel)
        return honest.compute(replace(panel, side=replace(side, known_at=side.ts)))

    leaking = prove_causal(replace(honest, compute=early), raw, CUTS, 1)
    assert leaking.state == "leaking"
    assert set(leaking.leaks) == set(honest.names)
    result = prove_causal(honest, raw, CUTS, 1)
    # a book figure of yesterday is too old to be one at all
    assert result.state == ("no data" if name == "order_book" else "proven")


def test_real_funding_rates() -> None:
    """Binance's four years of settlements on daily bars: the median is its base rate of 0.01 %, the proof passes.

    The stamps are three hours late (of a clock of UTC+3), which delays a figure and never brings it forward.
    """
    frame = pl.read_parquet(real_file("crypto_funding_rates.parquet"))
    frame = frame.filter((pl.col("exchange") == "binance") & (pl.col("symbol") == "BTC-USDT")).sort("timestamp")
    ts = frame["timestamp"].to_numpy().astype("datetime64[us]")
    side = table_of("funding_rate", "BTC", ts, ts, frame["funding_rate"].to_numpy())
    days = np.arange(np.datetime64("2020-01-02"), np.datetime64("2023-12-31")).astype("datetime64[us]")
    raw = on_bars("BTC", days, side)
    rate = column(raw, "funding_rate")
    assert np.isfinite(rate).all()
    assert np.median(rate) == pytest.approx(0.0001)
    assert rate.max() > 0.001 > -0.0005 > rate.min()
    result = prove_causal(SIDE_FAMILIES["derivatives"], raw, default_cuts(raw, 2, 0), 0)
    assert result.state == "proven"
    assert set(result.undefined) == {"open_interest_change_5", "open_interest_change_20", "basis", "basis_change_5"}


def test_real_volatility_indices() -> None:
    """Cboe's closes known the same evening: the curve turns over in March 2020, and the proof passes."""
    frame = pl.read_parquet(real_file("cboe_volatility_indices.parquet"))
    frame = frame.filter(pl.col("series").is_in(["VIX", "VIX3M", "VVIX"]) & (pl.col("date").dt.year() >= 2018))
    frame = frame.filter(pl.col("date").dt.year() <= 2021).sort("date")
    close = frame["date"].to_numpy().astype("datetime64[us]") + 21 * HOUR
    names = frame["series"].str.to_lowercase().to_numpy().astype(str)
    side = SideTable(names, np.full(close.size, EVERYONE), close, close, frame["value"].to_numpy())
    raw = on_bars("IDX", np.unique(close[names == "vix"]), side)
    slope, crash = column(raw, "implied_slope"), raw.ts.astype("datetime64[D]") == np.datetime64("2020-03-16")
    assert 0.0 < np.nanmedian(slope) < 0.2
    assert slope[crash] < -0.1
    assert column(raw, "implied_level")[crash] == pytest.approx(0.8269)
    result = prove_causal(SIDE_FAMILIES["implied_volatility"], raw, default_cuts(raw, 2, 0), 0)
    assert (result.state, result.undefined) == ("proven", ())
