"""The label search command on a judged snapshot: its document, its table, its progress, and the next report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from market_assets.cli import session as sessions
from market_assets.cli.session import Session
from market_assets.resources.clock import Clock
from market_assets_tests.cli.tool import say
from market_assets_tests.worlds import CLEAN_AT, World, document, reopened, write_experiments


@pytest.fixture
def judged(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A judged world behind the tool, in place of an installation with services of its own."""
    write_experiments(world.settings.experiments, document(label_search={"share": 0.25}))
    asked = reopened(world)

    @contextmanager
    def open_session() -> Iterator[Session]:
        yield Session(
            settings=asked.settings,
            instance=asked.instance,
            job=asked.job,
            experiments=asked.experiments,
            warehouse=asked.warehouse,
            governance=asked.governance,
            artifacts=asked.artifacts,
            clock=Clock(),
            owner_url=asked.endpoints.owner_url,
        )

    monkeypatch.setattr(sessions, "open_session", open_session)
    return asked


def test_the_command_says_what_it_found_and_what_it_cost(judged: World, capfd: pytest.CaptureFixture[str]) -> None:
    """One JSON document with the new trials; asked again, a table and no new trial; then the report shows it."""
    clean, options = judged.snapshot(CLEAN_AT), ("--experiment", "tiny", "--trials", "3")
    first = say(capfd, "label-search", clean, *options, "--json")
    assert first.code == 0, first.err
    found = first.document
    assert (found["snapshot_id"], found["experiment"], len(found["trials"])) == (clean, "tiny", 3)
    assert found["ledger"]["new"] == len({trial["name"] for trial in found["trials"]}) + 1
    assert f"label 1 of 3: {found['trials'][0]['name']}" in first.err

    again = say(capfd, "label-search", clean, *options)
    assert again.code == 0, again.err
    assert f"0 new trials; {found['ledger']['fits']} fits of" in again.out
    assert f"{found['chosen']['name']} from {found['windows']['verdict']['first']}" in again.out

    written = say(capfd, "report", "--experiment", "tiny", "--snapshot", clean, "--json")
    assert "<h2>Label search</h2>" in Path(written.document["report"]).read_text()

    said = say(capfd, "label-search", "20190101-0123456789ab", *options, "--json")
    assert (said.code, said.out) == (2, "")
    assert "[rule unknown_snapshot]" in said.error
