"""The labels command on a finished snapshot: its document, its tables, targets and meta-labels."""

from __future__ import annotations

import pytest

from market_assets_tests.cli.tool import behind, say
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, World, document, reopened, write_experiments

TARGETS = {"next_day": {"kind": "direction"}, "risk": {"kind": "volatility", "horizon": 5}}


@pytest.fixture
def labelled(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A finished world behind the tool, in place of an installation with services of its own."""
    write_experiments(world.settings.experiments, document(targets=TARGETS))
    asked = reopened(world)
    behind(asked, monkeypatch)
    return asked


def test_the_command_shows_report_targets_and_meta_labels(labelled: World, capfd: pytest.CaptureFixture[str]) -> None:
    """One JSON document of the newest snapshot; as tables the same figures with what was made on the way."""
    found = say(capfd, "labels", "--experiment", "tiny", "--json")
    assert found.code == 0, found.err
    assert found.document["snapshot_id"] == labelled.snapshot(NULL_AT)
    assert found.document["gate"]["passed"] is True
    assert found.document["drift"]["whole"]["psi"] > 0
    clean = labelled.snapshot(CLEAN_AT)
    shown = say(capfd, "labels", clean, "--experiment", "tiny", "--targets", "--meta")
    assert shown.code == 0, shown.err
    for text in (
        "no earlier snapshot",
        "Label gate: open",
        "high volatility",
        "next_day",
        "median:",
        "worth_taking",
    ):
        assert text in shown.out


def test_a_snapshot_without_a_report_is_bad_input(labelled: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is run for a snapshot that has no labels, and for a name that is none."""
    for name, rule in (("20190101-0123456789ab", "no_report"), ("../x", "name_allow_list")):
        said = say(capfd, "labels", name, "--experiment", "tiny", "--json")
        assert (said.code, said.out) == (2, "")
        assert f"[rule {rule}]" in said.error
