"""The sensitivity command on a judged snapshot: its document, its tables, and the section of the next report."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_assets_tests.cli.tool import behind, say
from market_assets_tests.worlds import CLEAN_AT, World, document, reopened, write_experiments

FEW = {"changes": [-0.2], "seeds": [1], "noise": [0.1]}


@pytest.fixture
def judged(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A judged world behind the tool, in place of an installation with services of its own."""
    write_experiments(world.settings.experiments, document(sensitivity=FEW))
    asked = reopened(world)
    behind(asked, monkeypatch)
    return asked


def test_the_command_says_what_moved_and_what_it_cost(judged: World, capfd: pytest.CaptureFixture[str]) -> None:
    """One JSON document with the new trials; asked again, tables and no new trial; then the report shows it."""
    clean = judged.snapshot(CLEAN_AT)
    first = say(capfd, "sensitivity", clean, "--experiment", "tiny", "--json")
    assert first.code == 0, first.err
    found = first.document
    assert (found["snapshot_id"], found["experiment"]) == (clean, "tiny")
    assert found["trials"]["new"] == found["refits"] == 3 * len(found["runs"])
    assert [one["figure"] for one in found["spreads"]] == ["sharpe", "max_drawdown", "mean"]

    again = say(capfd, "sensitivity", clean, "--experiment", "tiny")
    assert again.code == 0, again.err
    assert f"0 new trials; {found['trials']['fits']} fits of" in again.out
    for text in ("as it is", "worst drop", *(run["name"] for run in found["runs"])):
        assert text in again.out

    written = say(capfd, "report", "--experiment", "tiny", "--snapshot", clean, "--json")
    assert "<h2>Sensitivity</h2>" in Path(written.document["report"]).read_text()
    assert "## Sensitivity" in Path(written.document["markdown"]).read_text()


def test_a_snapshot_without_a_backtest_is_bad_input(judged: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is run for a snapshot that was never judged, and for a name that is none."""
    for name, rule in (("20190101-0123456789ab", "no_report"), ("../x", "name_allow_list")):
        said = say(capfd, "sensitivity", name, "--experiment", "tiny", "--json")
        assert (said.code, said.out) == (2, "")
        assert f"[rule {rule}]" in said.error
