"""The ablation command on a judged snapshot: its document, its table, the next report, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_assets_tests.cli.tool import behind, say
from market_assets_tests.worlds import CLEAN_AT, World


def test_the_command_says_what_families_bring_and_what_it_cost(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One JSON document with the new trials; asked again, a table and no new trial."""
    behind(world, monkeypatch)
    clean, options = world.snapshot(CLEAN_AT), ("--experiment", "tiny", "--sets", "technical,regime")
    first = say(capfd, "ablate", clean, *options, "--json")
    assert first.code == 0, first.err
    found = first.document
    assert (found["snapshot_id"], found["experiment"], found["sets"]) == (clean, "tiny", ["technical", "regime"])
    assert found["trials"]["new"] == found["refits"] == 6
    assert [one["way"] for one in found["lifts"]] == ["left out", "added"]

    again = say(capfd, "ablate", clean, *options)
    assert again.code == 0, again.err
    assert f"0 new trials; {found['trials']['fits']} fits of" in again.out
    for text in (
        "technical",
        "left out",
        "lift shown",
        "regime",
        "added",
        "net Sharpe",
        "AUC",
        "log loss",
        found["report"],
    ):
        assert text in again.out
    document = say(capfd, "ablate", clean, *options, "--markdown")
    assert document.out.startswith(f"# tiny: feature families on snapshot {clean}\n\n## What feature families bring")
    assert "family 1 of 2: technical left out, 3 folds of" in first.err
    written = say(capfd, "report", "--experiment", "tiny", "--snapshot", clean, "--json")
    assert "<h2>What feature families bring</h2>" in Path(written.document["report"]).read_text()


def test_what_means_nothing_is_bad_input(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An unknown family, a snapshot that was never judged, and a name that is none: nothing is run."""
    behind(world, monkeypatch)
    clean = world.snapshot(CLEAN_AT)
    for arguments, rule in (
        ((clean, "--sets", "astrology"), "unknown_family"),
        ((clean, "--markdown"), "options"),
        (("20190101-0123456789ab",), "no_report"),
        (("../x",), "name_allow_list"),
    ):
        said = say(capfd, "ablate", *arguments, "--experiment", "tiny", "--json")
        assert (said.code, said.out) == (2, "")
        assert f"[rule {rule}]" in said.error
