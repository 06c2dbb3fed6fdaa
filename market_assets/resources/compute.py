"""Compute as a resource: which device, how many threads and workers, how much memory a step may use."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import dagster as dg
from pydantic import Field

from market_assets.core.compute import Compute
from market_assets.core.errors import BadInputError, ServiceUnavailableError
from market_assets.core.models.capability import matrix
from market_assets.resources.machine import Gpu, available_memory_mb, cores, find_gpus, visible_gpus

MEMORY_SHARE = 0.5  # of the free memory, when no budget is set: the run, the database and the webserver share it


@dataclass(frozen=True)
class Decision:
    """Resolved compute, why the device was chosen, and the GPUs that were seen."""

    compute: Compute
    reason: str
    gpus: tuple[Gpu, ...]

    def to_payload(self) -> dict[str, Any]:
        """Plain JSON-able value with the device of every model family."""
        return {
            "compute": asdict(self.compute),
            "reason": self.reason,
            "gpus": [asdict(gpu) for gpu in self.gpus],
            "families": matrix(self.compute.device),
        }


class ComputeResource(dg.ConfigurableResource):
    """Resolves the wanted device against the machine.

    ``auto`` takes the first GPU on which XGBoost really trains, else the CPU. ``cuda`` or ``cuda:N`` insists and
    is an error where that GPU cannot be used. A family without CUDA support stays on the CPU either way.
    """

    device: str = Field(default="auto", description="auto, cpu, cuda or cuda:N")
    seed: int = Field(default=0, ge=0, description="base seed of every random draw")
    threads: int = Field(default=1, ge=1, description="threads of one fit")
    workers: int = Field(default=0, ge=0, description="fits side by side; 0 = cores / threads")
    memory_mb: int = Field(default=0, ge=0, description="memory budget of a step in MiB; 0 = half of what is free")

    def resolve(self) -> Compute:
        """Decide, log the decision, and return the plain values that core functions take.

        Raises
        ------
        BadInputError
            rule ``device`` for another device text.
        ServiceUnavailableError
            if a CUDA device is insisted on and cannot be used.
        """
        decision = self.decide()
        compute = decision.compute
        dg.get_dagster_logger("compute").info(
            f"device {compute.device} ({decision.reason}); {compute.workers} workers of {compute.threads} threads, "
            f"{compute.memory_mb} MiB, seed {compute.seed}"
        )
        return compute

    def decide(self) -> Decision:
        """The decision with its reason, not logged. Errors as in ``resolve``."""
        # Waiting OpenMP threads that spin take the cores from the fits beside them. Only effective before the
        # first OpenMP library is loaded, which model functions do; a value set from outside is kept.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        gpus = () if self.device == "cpu" else visible_gpus(find_gpus(), os.environ.get("CUDA_VISIBLE_DEVICES"))
        device, reason = choose_device(self.device, len(gpus), cuda_obstacle)
        compute = Compute(
            device=device,
            seed=self.seed,
            threads=self.threads,
            workers=self.workers or max(1, cores() // self.threads),
            memory_mb=self.memory_mb or max(1, int(available_memory_mb() * MEMORY_SHARE)),
        )
        return Decision(compute, reason, gpus)


def choose_device(wanted: str, gpus: int, obstacle: Callable[[str], str | None]) -> tuple[str, str]:
    """Return ``cpu`` or ``cuda:N`` and the reason.

    Parameters
    ----------
    wanted : ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    gpus : GPUs visible to CUDA.
    obstacle : tells why a CUDA device cannot be trained on, None if it can.
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::([0-9]{1,3}))?", wanted)
    if match is None:
        raise BadInputError("device", f"device must be auto, cpu, cuda or cuda:N, is {wanted!r}")
    if wanted == "cpu":
        return "cpu", "as configured"
    index = int(match.group(1) or 0)
    if index >= gpus:
        why = "no NVIDIA GPU was found" if gpus == 0 else f"only {gpus} NVIDIA GPUs are visible"
    else:
        why = obstacle(f"cuda:{index}")
    if why is None:
        return f"cuda:{index}", "as configured" if wanted != "auto" else "a GPU was found and trains"
    if wanted == "auto":
        return "cpu", why
    raise ServiceUnavailableError(f"device {wanted} cannot be used: {why}; set device: auto or device: cpu to go on")


@lru_cache(maxsize=8)
def cuda_obstacle(device: str) -> str | None:
    """Train a tiny XGBoost model on ``device``; None if that works, else why not."""
    import numpy as np
    import xgboost

    if not xgboost.build_info().get("USE_CUDA"):
        return "the installed XGBoost is a CPU build (package xgboost-cpu)"
    x = np.arange(32, dtype=np.float32).reshape(16, 2)
    settings = {"device": device, "tree_method": "hist", "objective": "binary:logistic", "verbosity": 0}
    try:
        xgboost.train(settings, xgboost.DMatrix(x, label=np.arange(16) % 2), num_boost_round=1)
    except xgboost.core.XGBoostError as error:
        return f"XGBoost cannot train on {device}: {str(error).strip().splitlines()[0]}"
    return None
