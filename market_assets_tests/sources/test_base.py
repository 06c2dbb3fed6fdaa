"""Opening sources; the synthetic market and the index bars as sources."""

from __future__ import annotations

import json

import numpy as np
import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.calendar import sessions_of
from market_assets.core.market.panel import BAR_SCHEMA, Panel
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.core.quality.report import QualityPolicy, assess
from market_assets.sources.base import market_config, open_source
from market_assets.sources.contract import validate_bars


def panel_of_source(source):
    """Panel with the source's sectors and kinds."""
    records = source.symbols()
    return Panel.from_frame(
        source.bars([record.symbol for record in records]),
        {record.symbol: record.sector for record in records},
        {record.symbol: record.kind for record in records},
    )


@pytest.mark.parametrize("kind", ["planted", "null"])
def test_the_synthetic_source_is_the_synthetic_market(kind):
    """Going through the protocol changes no byte of the panel, sectors included."""
    source = open_source({"kind": "synthetic", "market": kind, "symbols": 5, "years": 1, "seed": 1})
    market = synthesize(SyntheticSpec(kind=kind, symbols=5, years=1, seed=1))
    assert panel_of_source(source).content_hash() == market.panel.content_hash()
    assert source.bars([market.panel.symbols[1]]).schema == BAR_SCHEMA


def test_synthetic_bars_satisfy_the_contract():
    """The ingestion contract accepts the synthetic market unchanged."""
    source = open_source({"kind": "synthetic", "symbols": 5, "years": 1})
    bars = source.bars([record.symbol for record in source.symbols()])
    assert validate_bars(bars, "synthetic").equals(bars)


@pytest.mark.parametrize(
    "config",
    [{"kind": "synthetic", "market": "null", "symbols": 3, "seed": 4}, {"kind": "indices", "start": "2018-01-01"}],
)
def test_descriptions_rebuild_sources(config):
    """Description -> JSON -> source is a round trip."""
    source = open_source(config)
    again = open_source(json.loads(json.dumps(source.describe())))
    assert again.describe() == source.describe()
    names = [record.symbol for record in source.symbols()]
    assert again.bars(names).equals(source.bars(names))


def test_index_bars():
    """S&P 500 and NASDAQ have 5,031 sessions, the VIX is a level with flat bars, and what was dropped is said."""
    source = open_source({"kind": "indices"})
    panel = panel_of_source(source)
    assert dict(zip(panel.symbols, panel.kinds, strict=True)) == {"^GSPC": "index", "^IXIC": "index", "^VIX": "level"}
    counts = dict(zip(panel.symbols, np.diff(panel.offsets).tolist(), strict=True))
    assert (counts["^GSPC"], counts["^IXIC"], counts["^VIX"]) == (5031, 5031, 1305 - 46 - 2)
    vix = panel.select(["^VIX"])
    assert (vix.open == vix.close).all()
    assert (vix.high == vix.low).all()
    assert "46 rows" in source.notes()[0]
    assert panel.tradable == ("^GSPC", "^IXIC")


def test_index_bars_pass_the_quality_rules():
    """The shipped real data fall on XNYS sessions and raise no error and no warning."""
    panel = panel_of_source(open_source({"kind": "indices"}))
    days = panel.ts.astype("datetime64[D]")
    expected = sessions_of("XNYS", days.min().item(), days.max().item())
    counts = assess(panel, expected, QualityPolicy()).counts()
    assert (counts["errors"], counts["warnings"]) == (0, 0)


@pytest.mark.parametrize("kind", [None, "yahoo", 3, ["csv"]])
def test_unknown_kinds(kind):
    """A kind that does not exist is refused with the list of those that do."""
    with pytest.raises(BadInputError, match="csv, parquet, synthetic, indices"):
        open_source({"kind": kind})


def test_bad_synthetic_options():
    """Bounds of the market's parameters hold at the door; the unknown symbol gets near matches."""
    with pytest.raises(BadInputError, match="symbols"):
        open_source({"kind": "synthetic", "symbols": 0})
    with pytest.raises(BadInputError, match=r"P0\.0001"):
        open_source({"kind": "synthetic", "symbols": 2}).bars(["P0.0009"])


@pytest.mark.parametrize(
    ("market", "config"),
    [
        ("planted", {"kind": "synthetic", "market": "planted"}),
        ("null", {"kind": "synthetic", "market": "null"}),
        ("indices", {"kind": "indices"}),
        ("a/b.parquet", {"kind": "parquet", "path": "a/b.parquet"}),
        ("b.CSV.gz", {"kind": "csv", "path": "b.CSV.gz"}),
    ],
)
def test_markets_in_one_word(market, config):
    """The words of `make demo MARKET=...`."""
    assert market_config(market) == config


def test_an_unknown_market_is_refused():
    """Neither a market nor a bar file."""
    with pytest.raises(BadInputError, match="market"):
        market_config("bars.xlsx")
