"""Real US equities, where the file is present: loading, adjustment, quality."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from market_assets.core.features.causality import default_cuts, prove_families
from market_assets.core.features.registry import FAMILIES, proof_needed
from market_assets.core.market.adjust import adjust
from market_assets.core.market.calendar import sessions_of
from market_assets.core.market.panel import Panel
from market_assets.core.market.side import SideTable
from market_assets.core.quality.report import QualityPolicy, assess
from market_assets.sources.base import open_source
from market_assets.sources.side import open_side_source
from market_assets_tests.real_data import REAL_46, real_file


@pytest.fixture(scope="module")
def source():
    """All 100 symbols, 2005-2019, with sectors."""
    return open_source(
        {
            "kind": "parquet",
            "path": real_file("us_equity_daily.parquet"),
            "sectors_path": real_file("us_equity_sectors.csv.gz"),
        }
    )


@pytest.fixture(scope="module")
def panel(source):
    """Panel of all symbols."""
    records = source.symbols()
    sectors = {record.symbol: record.sector for record in records}
    return Panel.from_frame(source.bars([record.symbol for record in records]), sectors)


def test_every_row_is_loaded(source, panel):
    """374,830 rows, 100 symbols, 11 sectors; the file does not contradict its own adjusted closes."""
    assert (panel.n_rows, len(panel.symbols), len(set(panel.sectors))) == (374_830, 100, 11)
    assert source.notes() == ()


def test_adjusted_returns_agree_with_adj_close_within_two_percent(panel):
    """Every one-day return of adjust() agrees with the vendor's adj_close within 2 %."""
    frame = pl.read_parquet(real_file("us_equity_daily.parquet")).sort("symbol", "date")
    assert frame["symbol"].unique(maintain_order=True).to_list() == list(panel.symbols)
    vendor, own = frame["adj_close"].to_numpy(), adjust(panel).close
    inner = np.ones(panel.n_rows, bool)
    inner[panel.offsets[:-1]] = False
    rows = np.flatnonzero(inner)
    difference = (own[rows] / own[rows - 1]) / (vendor[rows] / vendor[rows - 1]) - 1
    assert np.abs(difference).max() < 0.02


def test_forty_six_symbols_of_2015_to_2019():
    """The part used by the examples is complete and free of errors."""
    options = {"symbols": REAL_46, "start": "2015-01-01", "end": "2019-12-31"}
    source = open_source({"kind": "parquet", "path": real_file("us_equity_daily.parquet"), **options})
    panel = Panel.from_frame(source.bars(REAL_46))
    days = panel.ts.astype("datetime64[D]")
    expected = sessions_of("XNYS", days.min().item(), days.max().item())
    report = assess(panel, expected, QualityPolicy())
    assert (panel.n_rows, len(expected)) == (46 * 1258, 1258)
    assert report.counts()["errors"] == 0
    assert report.counts()["warnings"] == 0


def test_known_defects_and_crises_are_found(panel):
    """Over 2005-2019 the rules find bank crashes, AMD's jump, MetLife's double count and SPGI's gaps, only those."""
    days = panel.ts.astype("datetime64[D]")
    report = assess(panel, sessions_of("XNYS", days.min().item(), days.max().item()), QualityPolicy())
    failed = {(symbol.symbol, rule.rule) for symbol in report.symbols for rule in symbol.errors}
    crashes = {(symbol, "extreme_moves") for symbol in ("AIG", "AMD", "C", "KEY", "LVS", "RF", "STT")}
    assert failed == crashes | {("MET", "corporate_actions")}
    (standard,) = (symbol for symbol in report.symbols if symbol.symbol == "SPGI")
    counts = {rule.rule: rule.count for rule in standard.rules}
    assert (counts["completeness"], counts["zero_volume"]) == (5, 5)


def test_no_feature_family_is_flagged(panel):
    """The leakage proof passes on three years of 24 symbols, one begins and one ends inside, with real indices."""
    recent = panel.select(REAL_46[:24])
    recent = recent.take(recent.ts >= np.datetime64("2017-01-01"))
    code, half = recent.symbol_codes(), recent.sessions()[0][380]
    recent = recent.take(~((code == 0) & (recent.ts < half)) & ~((code == 1) & (recent.ts > half)))
    names = {"VIX": "vix", "VIX3M": "vix3m", "VVIX": "vvix"}
    config = {"kind": "side", "path": real_file("cboe_volatility_indices.parquet"), "names": names}
    figures = open_side_source({**config, "delay_hours": 0.0}).rows(sorted(names.values()))
    recent = replace(recent, side=SideTable.from_frame(figures.with_columns(known_at="due")))
    families = [FAMILIES[name] for name in proof_needed(["implied_volatility"])]
    results = prove_families(families, recent, default_cuts(recent, 3, 0), 0)
    assert [one.family for one in results if not one.passed or one.undefined] == []
