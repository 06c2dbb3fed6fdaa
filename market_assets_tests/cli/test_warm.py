"""Compiling before the first run: every feature family and the labels, with nothing left for them to compile."""

from __future__ import annotations

import pytest
from numba.core import event

from market_assets.cli.warm import LONGEST, compile_task, tasks
from market_assets.core.features.registry import FAMILIES
from market_assets_tests.cli.tool import say


def test_everything_registered_is_a_task_once():
    """A new family is compiled without being named."""
    assert sorted(tasks()) == sorted({*FAMILIES, "labels"})
    assert tasks()[: len(LONGEST)] == LONGEST


def test_the_command_says_what_it_compiled(capfd: pytest.CaptureFixture[str]):
    """In processes of its own, with progress; every task with its seconds."""
    said = say(capfd, "warm", "--json")
    assert said.code == 0
    assert set(said.document["seconds"]) == set(tasks())
    assert "compiled alpha158 in" in said.err


@pytest.mark.parametrize("task", tasks())
def test_a_task_leaves_nothing_to_compile(task: str):
    """The second time nothing is compiled, so the first time compiled what the family needs."""
    assert compile_task(task)[0] == task
    with event.install_recorder("numba:compile") as compiled:
        compile_task(task)
    assert not compiled.buffer
