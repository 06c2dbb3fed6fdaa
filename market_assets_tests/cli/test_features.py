"""The registry on the terminal, as JSON, and as the document in docs/."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_assets.core.features.registry import FAMILIES, schema_version
from market_assets_tests.cli.tool import say

DOCUMENT = Path(__file__).parents[2] / "docs" / "features.md"


def test_the_document_is_the_registry(capfd: pytest.CaptureFixture[str]) -> None:
    """docs/features.md is what the command writes; `make docs` brings it up to date."""
    said = say(capfd, "features", "--markdown")
    assert said.code == 0
    assert said.out == DOCUMENT.read_text(encoding="utf-8")


def test_the_document_has_every_feature_once() -> None:
    """One table row for every registered feature, with five cells whatever stands in its formula."""
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    names = [line.split("`")[1] for line in lines]
    assert names == [name for family in FAMILIES.values() for name in family.features]
    assert {line.replace("\\|", "").count("|") for line in lines} == {6}


def test_json_names_inputs_and_look_back(capfd: pytest.CaptureFixture[str]) -> None:
    """The JSON carries the schema version and each declaration."""
    found = say(capfd, "features", "--family", "technical", "--json").document
    assert found["schema_version"] == schema_version()
    assert [item["family"] for item in found["families"]] == ["technical"]
    first = found["families"][0]["features"][0]
    assert (first["name"], first["inputs"], first["lookback"]) == ("sma_gap_10", ["close"], 9)


def test_tables_for_people(capfd: pytest.CaptureFixture[str]) -> None:
    """Without a family the families are listed, with one its features."""
    assert set(FAMILIES) <= set(say(capfd, "features").out.replace("│", " ").split())
    assert "sma_gap_10" in say(capfd, "features", "--family", "technical").out


@pytest.mark.parametrize(
    ("arguments", "rule"), [(("--family", "nope"), "unknown_family"), (("--markdown", "--json"), "output")]
)
def test_bad_options_are_one_line(capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], rule: str) -> None:
    """An unknown family and two forms at once are bad input."""
    said = say(capfd, "features", *arguments)
    assert said.code == 2
    assert f"[rule {rule}]" in said.error
