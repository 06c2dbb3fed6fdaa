"""The command `side`: what it loads and says, and that a refused file leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_assets_tests.cli.tool import behind, say
from market_assets_tests.worlds import World

TEXT = "date,series,value\n2017-01-03,VIX,12.85\n2017-01-04,VIX,11.85\n2017-01-03,SKEW,130\n"


def test_load_say_and_load_again(
    fresh_world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """JSON and table: figures, which are new, and the families that read a series."""
    behind(fresh_world, monkeypatch)
    path = tmp_path / "cboe.csv"
    path.write_text(TEXT)
    arguments = ("side", str(path), "--names", "VIX=vix,SKEW=skew", "--delay", "0.25")
    first = say(capfd, *arguments, "--json")
    assert first.code == 0, first.err
    skew, vix = first.document["series"]
    assert vix == {
        "series": "vix",
        "symbols": 1,
        "figures": 2,
        "new": 2,
        "first": "2017-01-03",
        "last": "2017-01-04",
        "read_by": ["implied_volatility"],
    }
    assert (skew["series"], skew["read_by"]) == ("skew", [])
    again = say(capfd, *arguments)
    assert again.code == 0
    assert "implied_vol" in again.out
    assert "no family" in again.out
    assert fresh_world.warehouse.side.counts() == {"vix": 2, "skew": 1}


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("--names", "VIX"), "option"),
        (("--names", "VIX=vix,VIX=skew"), "option"),
        (("--names", "VIX=vix"), "side_known_at"),
        (("--names", "VIX=VIX", "--delay", "0"), "name_allow_list"),
        (("--series", "vix", "--delay", "0"), "side_duplicate"),
        (("--book", "60", "--symbol", "BTCUSDT"), "missing_column"),
        (("--book", "60"), "source_option"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(
    fresh_world: World,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    rule: str,
) -> None:
    """What is wrong, by rule; nothing is registered."""
    behind(fresh_world, monkeypatch)
    path = tmp_path / "cboe.csv"
    path.write_text(TEXT)
    said = say(capfd, "side", str(path), *arguments)
    assert said.code == 2
    assert f"[rule {rule}]" in said.error
    assert fresh_world.warehouse.side.sources() == {}
