"""The cross-sectional family against pandas on the whole panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.cross_sectional import BASE, CROSS_SECTIONAL
from market_assets.core.market.adjust import adjust
from market_assets.core.market.panel import Panel
from market_assets_tests.core.features.panels import market

PANEL = adjust(market(sessions=220))
FAST = pd.DataFrame(CROSS_SECTIONAL.compute(PANEL), columns=list(CROSS_SECTIONAL.names))
CODES = PANEL.symbol_codes()
TRADED = np.array([PANEL.kinds[code] != "level" for code in CODES])


def base_table(panel: Panel) -> pd.DataFrame:
    """The base quantities by pandas, row by row of the panel, tradable symbols only."""
    rows = {name: getattr(panel, name) for name in ("open", "high", "low", "close", "volume", "ts")}
    frame = pd.DataFrame(rows | {"code": panel.symbol_codes()})
    frame["sector"] = [panel.sectors[code] for code in frame["code"]]
    frame = frame[TRADED]
    by = frame.groupby("code")
    frame["log"] = np.log(frame["close"])
    frame["ret_1"] = frame["log"] - by["log"].shift(1)
    for lag in (5, 20, 60):
        frame[f"ret_{lag}"] = frame["log"] - by["log"].shift(lag)
    frame["momentum_120_20"] = by["log"].shift(20) - by["log"].shift(120)
    frame["market"] = frame.groupby("ts")["ret_1"].transform("mean")
    frame["location"] = (2 * frame["close"] - frame["high"] - frame["low"]) / (frame["high"] - frame["low"])
    frame["night"] = np.log(frame["open"] / by["close"].shift(1))

    def roll(column: str, window: int, how: str) -> pd.Series:
        return getattr(frame.groupby("code")[column].rolling(window), how)().droplevel(0).reindex(frame.index)

    frame["std_20"] = roll("ret_1", 20, "std")
    frame["volume_ratio_20"] = frame["volume"] / roll("volume", 20, "mean")
    frame["close_pressure_5"] = roll("location", 5, "mean")
    frame["high_gap_60"] = np.log(frame["close"] / roll("high", 60, "max"))
    frame["skew_60"] = roll("ret_1", 60, "skew")
    frame["overnight_20"] = roll("night", 20, "sum")
    beta = [
        g["ret_1"].rolling(60).cov(g["market"]) / g["market"].where(g["ret_1"].notna()).rolling(60).var()
        for _, g in frame.groupby("code")
    ]
    frame["beta_60"] = pd.concat(beta).reindex(frame.index)
    return frame


PLAIN = base_table(PANEL)


@pytest.mark.parametrize("base", BASE)
@pytest.mark.parametrize(("prefix", "keys"), [("xs", ["ts"]), ("sector", ["ts", "sector"])])
def test_ranks_and_scores_equal_pandas(base: str, prefix: str, keys: list[str]) -> None:
    """Rank and z-score of every base quantity equal a pandas group-by, in the universe and in sectors."""
    group = PLAIN.groupby(keys)[base]
    rank = (group.rank() - 0.5) / group.transform("count")
    score = ((PLAIN[base] - group.transform("mean")) / group.transform("std")).where(group.transform("count") > 1, 0.0)
    score = score.where(PLAIN[base].notna())
    np.testing.assert_allclose(FAST.loc[PLAIN.index, f"{prefix}_rank_{base}"], rank, atol=1e-12)
    np.testing.assert_allclose(FAST.loc[PLAIN.index, f"{prefix}_z_{base}"], score, rtol=1e-6, atol=1e-8)


def test_levels_take_no_part() -> None:
    """A level symbol gets NaN, and its bars change nobody's rank."""
    assert FAST[~TRADED].isna().all().all()
    without = PANEL.select(PANEL.tradable)
    np.testing.assert_array_equal(CROSS_SECTIONAL.compute(without), FAST[TRADED])


def test_only_levels() -> None:
    """A panel without a tradable symbol gives NaN, not an error."""
    only = PANEL.select(["^VIX"])
    assert np.isnan(CROSS_SECTIONAL.compute(only)).all()


def test_sector_names_do_not_matter() -> None:
    """Renaming sectors changes nothing: only who shares one matters."""
    renamed = replace(PANEL, sectors=tuple("x" + name[::-1] for name in PANEL.sectors))
    np.testing.assert_array_equal(CROSS_SECTIONAL.compute(renamed), FAST)
