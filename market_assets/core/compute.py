"""How a computation may use the machine: plain values, injected from outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Compute:
    """Resolved compute settings.

    Parameters
    ----------
    device : ``"cpu"`` or ``"cuda:N"``, already checked for availability.
    seed : base seed of every random draw.
    threads : threads one fit may use.
    workers : fits that may run side by side.
    memory_mb : memory budget of one step, in MiB.
    """

    device: str = "cpu"
    seed: int = 0
    threads: int = 1
    workers: int = 1
    memory_mb: int = 4096
