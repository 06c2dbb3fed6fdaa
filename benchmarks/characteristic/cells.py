"""What is measured: null worlds of every kind, and worlds with true skill."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.characteristic.world import World

SHARPES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
BASE = "normal, correlation 0.7"


@dataclass(frozen=True)
class Cell:
    """A world, how many draws of it, and whether each is judged at the product's own resampling sizes."""

    name: str
    world: World
    draws: int
    always_full: bool = False


def null_cells(draws: int) -> tuple[Cell, ...]:
    """Null worlds; those with many candidates cost more and get fewer draws."""
    many, most = max(draws // 4, 1), max(draws // 12, 1)
    return (
        Cell(BASE, World(), draws),
        Cell("normal, correlation 0", World(correlation=0.0), draws),
        Cell("normal, correlation 0.5", World(correlation=0.5), draws),
        Cell("normal, correlation 0.95", World(correlation=0.95), draws),
        Cell("Student t 4", World(noise="student"), draws),
        Cell("Student t 4, skewed left", World(noise="skewed"), draws),
        Cell("GARCH(1,1)", World(noise="garch"), draws),
        Cell("AR(1) 0.1", World(noise="ar1"), draws),
        Cell("normal, baselines without premium", World(premium=0.0), draws),
        Cell("20 candidates, correlation 0.5", World(candidates=20, correlation=0.5), many),
        Cell("100 candidates, correlation 0.5", World(candidates=100, correlation=0.5), most),
    )


def power_cells(draws: int) -> dict[tuple[str, float], Cell]:
    """Worlds with skill in one or in all of five candidates, by who has it and the annual Sharpe ratio."""
    cells = {}
    for who, skilled in (("all", 5), ("one", 1)):
        for sharpe in SHARPES:
            world = World(sharpe=sharpe, skilled=skilled)
            cells[who, sharpe] = Cell(f"{who} skilled, Sharpe {sharpe:g}", world, draws)
    return cells
