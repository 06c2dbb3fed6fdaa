"""The diagnose command on a judged snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from market_assets.assets.diagnostics import FEATURES_KIND
from market_assets.cli import session as sessions
from market_assets.cli.session import Session
from market_assets.resources.clock import Clock
from market_assets_tests.cli.tool import say
from market_assets_tests.worlds import CLEAN_AT, World


@pytest.fixture
def judged(done_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A judged world behind the tool, in place of an installation with services of its own."""

    @contextmanager
    def open_session() -> Iterator[Session]:
        yield Session(
            settings=done_world.settings,
            instance=done_world.instance,
            job=done_world.job,
            experiments=done_world.experiments,
            warehouse=done_world.warehouse,
            governance=done_world.governance,
            artifacts=done_world.artifacts,
            clock=Clock(),
            owner_url=done_world.endpoints.owner_url,
        )

    monkeypatch.setattr(sessions, "open_session", open_session)
    return done_world


def test_it_prints_what_is_stored(judged: World, capfd: pytest.CaptureFixture[str]) -> None:
    """JSON is the stored payload, Markdown a document of it, tables otherwise; no trial is added."""
    clean = judged.snapshot(CLEAN_AT)
    before = judged.governance.ledger().count(clean)
    stored = judged.warehouse.reports.latest(FEATURES_KIND, clean, "tiny")
    assert stored is not None
    found = say(capfd, "diagnose", clean, "--experiment", "tiny", "--json")
    assert found.code == 0, found.err
    assert found.document["features"] == stored.payload
    assert found.document["importance"]["families"].keys() == judged.tiny.models.keys()
    text = say(capfd, "diagnose", clean, "--experiment", "tiny", "--markdown").out
    assert text.startswith("# tiny: features of snapshot")
    assert "## Importance" in text
    shown = say(capfd, "diagnose", "--experiment", "tiny").out
    assert "Do the folds agree" in shown
    assert judged.governance.ledger().count(clean) == before


def test_it_refuses_what_it_cannot_show(judged: World, capfd: pytest.CaptureFixture[str]) -> None:
    """A snapshot without diagnostics, and two formats at once, are bad input."""
    for arguments in (["20170101-0123456789ab"], [judged.snapshot(CLEAN_AT), "--json", "--markdown"]):
        found = say(capfd, "diagnose", *arguments, "--experiment", "tiny")
        assert found.code == 2
        assert found.err
