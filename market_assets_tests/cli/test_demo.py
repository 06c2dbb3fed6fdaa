"""From a file to a promoted champion through the command alone, and the same command again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets.governance.publish import sweep_orphans
from market_assets.services.state import free_port
from market_assets_tests.cli.tool import Installation, Said, say
from market_assets_tests.worlds import EDGE, SEED, SYMBOLS, YEARS

pytestmark = pytest.mark.services
ONCE = ("trial", "fit", "promotion_decision", "champion_history", "model_version", "snapshot", "bar")


@pytest.fixture(scope="module")
def arguments(installed: Installation) -> list[str]:
    """The main job on a Parquet file of a small market with a strong edge."""
    path = installed.home / "market.parquet"
    market = synthesize(SyntheticSpec(kind="planted", symbols=SYMBOLS, years=YEARS, seed=SEED, edge=EDGE))
    market.panel.to_frame().drop("known_at").write_parquet(path)
    names = ",".join(market.panel.symbols)
    return ["demo", str(path), "--experiment", "tiny", "--symbols", names, "--json"]


@pytest.fixture(scope="module")
def first(installed: Installation, arguments: list[str]) -> Said:
    """The first run, in a process of its own, with a Redis that is not there."""
    variables = {f"MARKET_ASSETS_{name}": value for name, value in installed.variables.items()}
    variables["MARKET_ASSETS_REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    kept = {name: value for name, value in os.environ.items() if name not in ("DAGSTER_HOME", "PYTHONWARNINGS")}
    command = [sys.executable, "-m", "market_assets", *arguments]
    done = subprocess.run(command, env={**kept, **variables}, capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def document(first: Said) -> dict[str, Any]:
    """What the first run printed."""
    assert first.code == 0, first.err
    return first.document


def test_the_document_says_what_was_promoted_and_why(document: dict[str, Any]) -> None:
    """Snapshot, figures of every candidate, verdict and reasons, seconds and peak memory of every stage."""
    assert document["verdict"] == "promoted"
    assert document["refused_by"] == []
    assert document["model_version"].startswith("tiny")
    assert document["snapshot_id"].startswith("2017")
    assert {one["name"] for one in document["candidates"]} == {"elastic_net", "lightgbm"}
    assert all("sharpe" in one["figures"] for one in document["candidates"])
    assert all(reason["passed"] for reason in document["reasons"])
    assert {"deflated_sharpe", "pbo", "spa_pvalue"} <= {reason["gate"] for reason in document["reasons"]}
    assert document["trials"]["fits"] == 2 * 9
    assert {"bars", "snapshot", "quality", "tiny/labels", "tiny/champion"} <= set(document["stages"])
    for figures in document["stages"].values():
        assert figures["seconds"] >= 0
        assert figures["peak_rss_mb"] > 50
    assert document["peak_rss_mb"] == max(figures["peak_rss_mb"] for figures in document["stages"].values())
    assert document["wall_seconds"] > 0
    assert Path(document["report"]).is_file()


def test_the_terminal_shows_progress_and_no_warning(first: Said) -> None:
    """A line when a layer begins and one when it ends; nothing of Dagster, and no trace."""
    words = [line.split() for line in first.err.splitlines()]
    for layer in ("bars", "snapshot", "symbols", "training", "lightgbm", "elastic_net", "gate", "champion"):
        assert [layer, "running"] in words
        assert any(line[:2] == [layer, "done"] for line in words)
    assert "Warning" not in first.err
    assert "Traceback" not in first.err


def test_the_second_run_does_nothing_twice(
    document: dict[str, Any], installation: Installation, arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Same snapshot, same champion; no new fit, trial, decision, promotion or bar."""
    before = installation.holdings()
    again = say(capfd, *arguments).document
    after = installation.holdings()
    assert {name: after[name] for name in ONCE} == {name: before[name] for name in ONCE}
    assert after["partitions"] == before["partitions"]
    for name in ("snapshot_id", "model_version", "verdict", "reasons", "candidates", "trials"):
        assert again[name] == document[name]


def test_the_champion_verifies_with_and_without_the_database(
    document: dict[str, Any], installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    """One document each: from the registry and the chain, and from files and a public key alone."""
    version = document["model_version"]
    said = say(capfd, "verify", version, "--json")
    assert said.code == 0, said.err
    assert said.document["ok"] is True
    assert said.document["audit"]["tail"] == "verified"
    folder = installation.home / "governance"
    files = ["--bundle", str(folder / "bundles" / version), "--public-key", str(folder / "signing.key.pub")]
    alone = say(capfd, "verify", *files, "--json").document
    assert alone["bundle"]["snapshot_id"] == document["snapshot_id"]
    assert alone["audit"] is None


def test_an_altered_bundle_ends_with_code_4(
    document: dict[str, Any], installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    """One byte more in the calibrator, and neither verify nor replay takes it."""
    path = installation.home / "governance" / "bundles" / document["model_version"] / "calibrator.json"
    good = path.read_bytes()
    try:
        path.write_bytes(good + b" ")
        for command in ("verify", "replay"):
            said = say(capfd, command, document["model_version"], "--json")
            assert (said.code, said.out) == (4, "")
            assert "calibrator.json" in said.error
    finally:
        path.write_bytes(good)


def test_the_report_is_written_again(
    document: dict[str, Any], installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    """From stored records, for the newest judged snapshot."""
    Path(document["report"]).unlink()
    said = say(capfd, "report", "--experiment", "tiny", "--json")
    assert said.document["report"] == document["report"]
    assert Path(document["report"]).read_text().startswith("<!doctype html>")
    assert Path(said.document["markdown"]).is_file()


def test_the_doctor_finds_what_is_missing_left_over_or_open(
    document: dict[str, Any], installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    """A sound installation passes; a leftover folder, a lost bundle and an open key are each named."""
    said = say(capfd, "doctor", "--json")
    assert said.code == 0, said.out
    what = [row["what"] for row in said.document["findings"]]
    assert {"python", "state folder", "experiments", "compute", "graph", "signing key", "redis"} <= set(what)
    assert {"database", "database owner", "dagster database", "audit chain", "bundles"} <= set(what)
    assert {"feature chunks", "label chunks"} <= set(what)
    folder = installation.home / "governance"
    bundle = folder / "bundles" / document["model_version"]
    (folder / "bundles" / ".bundle-killed").mkdir()
    bundle.rename(folder / "bundles" / "lost")
    (folder / "signing.key").chmod(0o644)
    try:
        said = say(capfd, "doctor", "--json")
    finally:
        (folder / "signing.key").chmod(0o600)
        (folder / "bundles" / "lost").rename(bundle)
        assert sweep_orphans(folder / "bundles") == 1
    assert said.code == 3
    wrong = {row["what"]: row["detail"] for row in said.document["findings"] if not row["ok"]}
    assert set(wrong) == {"signing key", "bundles"}
    assert "open to others" in wrong["signing key"]
    for text in (".bundle-killed: left by", "lost: in no registry", f"{document['model_version']}: registered, but"):
        assert text in wrong["bundles"]
