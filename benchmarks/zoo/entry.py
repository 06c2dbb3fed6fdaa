"""A leak of the zoo and its clean twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.zoo.honest import HONEST
from market_assets.core.leakage.pipeline import Pipeline, World


@dataclass(frozen=True)
class Entry:
    """One way to leak.

    Parameters
    ----------
    group : part of the zoo. name : of the leak.
    story : how it happens in practice, in one sentence.
    stage : field of ``Pipeline`` that differs from the honest pipeline.
    leaky, clean : that stage with the leak, and the nearest stage without it.
    captured : the leak needs the world first: ``leaky`` takes it and returns the stage.
    """

    group: str
    name: str
    story: str
    stage: str
    leaky: Callable[..., Any]
    clean: Callable[..., Any]
    captured: bool = False

    def leak(self, world: World) -> Pipeline:
        """The honest pipeline with the leak in it."""
        stage = self.leaky(world) if self.captured else self.leaky
        return replace(HONEST, **{self.stage: stage})

    def twin(self) -> Pipeline:
        """The honest pipeline with the clean form of the same stage."""
        return replace(HONEST, **{self.stage: self.clean})
