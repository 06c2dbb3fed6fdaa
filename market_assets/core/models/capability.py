"""Which family can train on which device: a table, not code."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from market_assets.core.errors import BadInputError


@dataclass(frozen=True)
class Capability:
    """Devices of one family.

    Parameters
    ----------
    cuda : whether training runs on a CUDA device; where not, the step falls back to the CPU.
    cpu_deterministic, cuda_deterministic : whether the same inputs give the same bytes there.
    note : why.
    """

    cuda: bool
    cpu_deterministic: bool
    cuda_deterministic: bool
    note: str


CAPABILITIES: dict[str, Capability] = {
    "xgboost": Capability(
        cuda=True,
        cpu_deterministic=True,
        cuda_deterministic=False,
        note="needs the CUDA build (package xgboost); the CPU lock installs xgboost-cpu, which has none",
    ),
    "lightgbm": Capability(
        cuda=False,
        cpu_deterministic=True,
        cuda_deterministic=False,
        note="the published wheel has no CUDA learner: stays on the CPU",
    ),
    "catboost": Capability(
        cuda=True,
        cpu_deterministic=True,
        cuda_deterministic=False,
        note="the Linux wheel trains on CUDA; column sampling is not available there and is left out",
    ),
    "random_forest": Capability(
        cuda=False,
        cpu_deterministic=True,
        cuda_deterministic=False,
        note="scikit-learn has no CUDA trees: stays on the CPU",
    ),
    "elastic_net": Capability(
        cuda=False,
        cpu_deterministic=True,
        cuda_deterministic=False,
        note="a small convex problem, solved on the CPU in well under a second",
    ),
}


def device_for(family: str, device: str) -> str:
    """Return the device a family trains on when ``device`` (``cpu`` or ``cuda:N``) is offered.

    Raises
    ------
    BadInputError
        rule ``device`` for another device text, rule ``unknown_family`` for a family that is not in the table.
    """
    kind, _, index = device.partition(":")
    if device != "cpu" and not (kind == "cuda" and index.isascii() and index.isdigit()):
        raise BadInputError("device", f"{device!r} is not a resolved device; expected 'cpu' or 'cuda:N'")
    if family not in CAPABILITIES:
        raise BadInputError("unknown_family", f"{family!r} is not one of {', '.join(CAPABILITIES)}")
    return device if CAPABILITIES[family].cuda else "cpu"


def matrix(device: str) -> list[dict[str, Any]]:
    """Rows of the compatibility table for one offered device, ready for a report."""
    return [
        {"family": family, "device": device_for(family, device), **asdict(capability)}
        for family, capability in CAPABILITIES.items()
    ]
