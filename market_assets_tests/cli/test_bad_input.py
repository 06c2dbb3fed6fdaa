"""Bad input: one clear line, exit code 2, and a warehouse that is as it was."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from market_assets.stores.symbols import SymbolStore
from market_assets_tests.cli.bars import ROWS, SPOILT, write_csv
from market_assets_tests.cli.tool import Installation, say

pytestmark = pytest.mark.services
OLD = ("OLD,2019-01-02,10,11,9,10.5,1000",)
NAMES = ("../x", "a|b", "'; drop table bar; --")


@pytest.fixture
def stocked(installation: Installation, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Installation:
    """The installation with one bar of one symbol, so that there is something to spoil."""
    if not installation.has_symbol("OLD"):
        said = say(capfd, "ingest", str(write_csv(tmp_path / "first.csv", OLD)), "--json")
        assert (said.code, said.document["bars"]) == (0, 1), said.err
    return installation


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_file_is_refused_whole(
    case: str, stocked: Installation, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The message names file, row, column and rule where they apply, and nothing is stored or registered."""
    spoilt = SPOILT[case]
    path = spoilt.write(tmp_path)
    before = stocked.holdings()
    said = say(capfd, "ingest", str(path), "--json")
    assert (said.code, said.out) == (2, "")
    assert f"[rule {spoilt.rule}]" in said.error
    if spoilt.rule != "bar_known_at":
        assert str(path) in said.error
    if spoilt.row is not None:
        assert f"row {spoilt.row}" in said.error
    if spoilt.column is not None:
        assert f"column {spoilt.column}" in said.error
    assert stocked.holdings() == before


@pytest.mark.parametrize("name", [*NAMES, "NOPE", " , "])
@pytest.mark.parametrize("command", ["ingest", "run"])
def test_a_bad_name_in_symbols_is_refused(
    command: str, name: str, stocked: Installation, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A name outside the allow-list, a name nobody offers, and no name at all."""
    before = stocked.holdings()
    rest = [str(write_csv(tmp_path / "bars.csv"))] if command == "ingest" else ["--as-of", "2019-12-31"]
    said = say(capfd, command, *rest, "--symbols", name, *(() if command == "ingest" else ("--experiment", "tiny")))
    assert said.code == 2
    rule = {"NOPE": "unknown_symbol", " , ": "symbols"}.get(name, "symbol_allow_list")
    assert f"[rule {rule}]" in said.error
    assert stocked.holdings() == before


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("snapshot", "--as-of", "yesterday"), "as_of"),
        (("qc", "--as-of", "9999-12-31T23:59:59-05:00"), "as_of"),
        (("run", "--as-of", "2019-02-30"), "as_of"),
        (("snapshot", "--as-of", "1999-12-31"), "empty_snapshot"),
        (("run", "--as-of", "2019-12-31", "--experiment", "nope"), "unknown_experiment"),
        (("report", "--experiment", "../x"), "unknown_experiment"),
        (("report", "--experiment", "tiny"), "no_report"),
        (("report", "--experiment", "tiny", "--snapshot", "../x"), "name_allow_list"),
        (("sensitivity", "--experiment", "nope"), "unknown_experiment"),
        (("sensitivity", "--experiment", "tiny"), "no_report"),
        (("label-search", "--experiment", "tiny"), "no_report"),
        (("replay", "../../etc"), "name_allow_list"),
        (("replay", "nope"), "unknown_model"),
        (("holdout", "nope", "--seal", "x"), "unknown_model"),
        (("seal", "../x", "--from", "2030-01-01", "--until", "2030-06-30"), "name_allow_list"),
        (("seal", "x", "--from", "2030-01-01", "--until", "2029-06-30"), "holdout"),
        (("verify", "nope"), "unknown_model"),
        (("verify", "--bundle", "somewhere"), "public_key"),
        (("verify", "--audit", "absent.jsonl"), "missing_file"),
        (("ingest", "bars.xlsx"), "market"),
        (("demo", "[nope]"), "market"),
        (("demo", "planted", "--years", "-1"), "source_option"),
        (("ingest", "planted", "--timezone", "UTC"), "source_option"),
    ],
)
def test_a_bad_argument_is_refused(
    arguments: tuple[str, ...], rule: str, stocked: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each names its rule in one line and changes nothing."""
    before = stocked.holdings()
    said = say(capfd, *arguments, "--json")
    assert (said.code, said.out) == (2, "")
    assert f"[rule {rule}]" in said.error
    assert stocked.holdings() == before


@pytest.mark.parametrize("arguments", [("run",), ("nope",), ("demo", "--count", "0"), ("ui", "--port", "70000")])
def test_a_usage_error_ends_with_code_2(arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """What the parser refuses has the exit code of bad input."""
    said = say(capfd, *arguments)
    assert (said.code, said.out) == (2, "")
    assert "Usage: market-assets" in said.err


def test_a_registration_that_breaks_leaves_nothing(
    stocked: Installation, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partitions are made before the register is written; when that fails they are taken back."""
    before = stocked.holdings()
    monkeypatch.setattr("market_assets.automation.jobs.BATCH", 1)
    monkeypatch.setattr(SymbolStore, "register", _broken)
    with pytest.raises(OSError, match="planted"):
        say(capfd, "ingest", str(write_csv(tmp_path / "bars.csv")))
    assert stocked.holdings() == before


def test_partitions_that_break_midway_leave_nothing(
    stocked: Installation, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second batch of partitions fails: the first is taken back, and no symbol is registered."""
    before = stocked.holdings()
    real, calls = dg.DagsterInstance.add_dynamic_partitions, []

    def second_fails(self: dg.DagsterInstance, name: str, keys: list[str]) -> None:
        calls.append(keys)
        if len(calls) == 2:
            raise OSError("planted")
        real(self, name, keys)

    monkeypatch.setattr("market_assets.automation.jobs.BATCH", 1)
    monkeypatch.setattr(dg.DagsterInstance, "add_dynamic_partitions", second_fails)
    with pytest.raises(OSError, match="planted"):
        say(capfd, "ingest", str(write_csv(tmp_path / "bars.csv")))
    assert calls == [["AAA"], ["BBB"]]
    assert stocked.holdings() == before


def test_a_revision_that_contradicts_the_store_is_refused_before_registering(
    stocked: Installation, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Another value under the same ``known_at`` shows in the rehearsal: the new symbol beside it stays unknown."""
    header = "symbol,date,open,high,low,close,volume,known_at"
    known = "2019-01-02T21:00:00Z"
    rows = (f"NEW,2019-01-02,10,11,9,10.5,1000,{known}", f"OLD,2019-01-02,10,11,9,10.75,1000,{known}")
    before = stocked.holdings()
    said = say(capfd, "ingest", str(write_csv(tmp_path / "bars.csv", rows, header)))
    assert said.code == 2
    assert "[rule bar_conflict]" in said.error
    assert "OLD" in said.error
    assert stocked.holdings() == before


def test_rows_survive_the_good_file(stocked: Installation, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same file unspoilt is stored: the refusals above refuse for their own reasons."""
    path = str(write_csv(tmp_path / "bars.csv"))
    said = say(capfd, "ingest", path, "--json")
    assert said.code == 0, said.err
    assert said.document["bars"] == len(ROWS)
    after = stocked.holdings()
    assert say(capfd, "ingest", path, "--json").document == said.document
    assert stocked.holdings() == after


def _broken(*_: object) -> None:
    raise OSError("planted")
