"""Options of file sources: parts, sectors, kinds, configuration."""

from __future__ import annotations

import json

import pytest

from market_assets.core.errors import BadInputError
from market_assets.core.market.symbols import SymbolRecord
from market_assets.sources.base import open_source

BARS = """date,symbol,open,high,low,close,volume,sector
2018-01-02,AAA,10,11,9,10.5,1000,Energy
2018-01-03,AAA,10.5,11,10,10.75,1100,Energy
2018-01-04,AAA,10.5,11,10,10.75,1100,Energy
2018-01-03,ABA,20.5,21,20,20.75,2100,
2018-01-04,BRK.B,20.5,21,20,20.75,2100,Financials
"""


@pytest.fixture
def path(tmp_path):
    """A small bar file with sectors."""
    file = tmp_path / "bars.csv"
    file.write_text(BARS)
    return str(file)


def source_of(path, **options):
    """CSV source with options."""
    return open_source({"kind": "csv", "path": path, **options})


def rule_of(call):
    """Rule of a refusal."""
    with pytest.raises(BadInputError) as caught:
        call()
    return caught.value


def test_records_carry_sector_and_kind(path):
    """Sectors come from the file, sorted by symbol; an empty cell is an unknown sector."""
    assert source_of(path).symbols() == [
        SymbolRecord("AAA", "Energy"),
        SymbolRecord("ABA"),
        SymbolRecord("BRK.B", "Financials"),
    ]
    assert {record.kind for record in source_of(path, asset_kind="index").symbols()} == {"index"}


def test_a_sectors_file_fills_what_the_bars_leave_open(path, tmp_path):
    """The bar file's own sector comes first; further columns of the sectors file do not matter."""
    sectors = tmp_path / "sectors.csv"
    sectors.write_text('symbol,name,sector\nAAA,"A, Inc.",Materials\nABA,Aba,Health Care\nZZZ,Zed,Energy\n')
    found = {r.symbol: r.sector for r in source_of(path, sectors_path=str(sectors)).symbols()}
    assert found == {"AAA": "Energy", "ABA": "Health Care", "BRK.B": "Financials"}


def test_two_sectors_for_one_symbol_are_refused(path, tmp_path):
    """The first contradicting row is named."""
    file = tmp_path / "two.csv"
    file.write_text(BARS.replace("10.75,1100,Energy", "10.75,1100,Materials", 1))
    error = rule_of(source_of(str(file)).symbols)
    assert (error.rule, error.where.row, error.where.column) == ("side_conflict", 2, "sector")


def test_an_unknown_kind_is_refused(tmp_path):
    """The column `kind` holds kinds of symbols only."""
    file = tmp_path / "kind.csv"
    file.write_text(BARS.replace("sector", "kind", 1))
    assert rule_of(source_of(str(file)).symbols).rule == "symbol_kind"


def test_parts_by_symbol_and_day(path):
    """Symbols and inclusive days restrict what is offered."""
    source = source_of(path, symbols=["AAA", "ABA"], start="2018-01-03", end="2018-01-03")
    assert [record.symbol for record in source.symbols()] == ["AAA", "ABA"]
    bars = source.bars(["AAA", "ABA"])
    assert [str(day) for day in bars["ts"].dt.date()] == ["2018-01-03", "2018-01-03"]
    assert rule_of(lambda: source.bars(["BRK.B"])).rule == "unknown_symbol"


def test_an_unknown_symbol_gets_near_matches(path):
    """In the configuration and in the call, with help."""
    for call in (source_of(path, symbols=["AAB"]).symbols, lambda: source_of(path).bars(["AAB"])):
        error = rule_of(call)
        assert error.rule == "unknown_symbol"
        assert "AAA" in error.message
    assert rule_of(lambda: source_of(path).bars(["../x"])).rule == "symbol_allow_list"


def test_an_empty_part_is_refused(path):
    """A range without a bar is an error, not an empty success."""
    assert rule_of(source_of(path, start="2030-01-01").symbols).rule == "empty_selection"


def test_description_rebuilds_the_source(path):
    """Configuration -> JSON -> source gives the same bars and the same description."""
    source = source_of(path, symbols=["AAA"], start="2018-01-03", session_close="16:15", timezone="America/New_York")
    config = json.loads(json.dumps(source.describe()))
    again = open_source(config)
    assert again.describe() == source.describe()
    assert again.bars(["AAA"]).equals(source.bars(["AAA"]))
    assert str(again.bars(["AAA"])["ts"][0]) == "2018-01-03 21:15:00+00:00"


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"colour": "red"}, "source_option"),
        ({"interval": "5m"}, "source_option"),
        ({"start": "yesterday"}, "source_option"),
        ({"timezone": "Mars/Base"}, "time_zone"),
        ({"session_close": "late"}, "session_close"),
        ({"calendar": "NOPE"}, "calendar"),
    ],
)
def test_bad_options(path, options, rule):
    """Options are validated before anything is read."""
    assert rule_of(lambda: source_of(path, **options)).rule == rule


def test_a_path_is_required():
    """A file source without a path is refused."""
    assert rule_of(lambda: open_source({"kind": "csv"})).rule == "source_option"
