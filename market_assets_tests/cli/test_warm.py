"""Compiling before the first run: every feature family and the labels, with nothing left for them to compile."""

from __future__ import annotations

import pytest
from numba.core import event

from market_assets.cli import warm
from market_assets.cli.warm import LONGEST, compile_task, tasks
from market_assets.core.features.registry import FAMILIES
from market_assets_tests.cli.tool import say


def test_everything_registered_is_a_task_once():
    """A new family is compiled without being named."""
    assert sorted(tasks()) == sorted({*FAMILIES, "labels"})
    assert tuple(tasks())[: len(LONGEST)] == LONGEST


def test_the_command_says_what_it_compiled(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """In processes of its own, with progress; every task with its seconds. Two tasks show it."""
    monkeypatch.setattr(warm, "tasks", lambda: ("labels", "regime"))
    said = say(capfd, "warm", "--json")
    assert said.code == 0
    assert set(said.document["seconds"]) == {"labels", "regime"}
    assert "compiled labels in" in said.err


@pytest.mark.parametrize("task", list(tasks()))
def test_a_task_leaves_nothing_to_compile(task: str):
    """The second time nothing is compiled, so the first time compiled what the family needs."""
    assert compile_task(task)[0] == task
    with event.install_recorder("numba:compile") as compiled:
        compile_task(task)
    assert not compiled.buffer
