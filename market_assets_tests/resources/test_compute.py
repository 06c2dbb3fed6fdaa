"""The compute resource."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import dagster as dg
import pytest
import xgboost
from pydantic import ValidationError

from market_assets.core.compute import Compute
from market_assets.core.errors import BadInputError, ServiceUnavailableError
from market_assets.resources.compute import ComputeResource, choose_device, cuda_obstacle
from market_assets.resources.machine import cores, find_gpus


def _works(device: str) -> None:
    return None


def _broken(device: str) -> str:
    return f"{device} is broken"


@pytest.mark.parametrize(
    ("wanted", "gpus", "obstacle", "expected"),
    [
        ("cpu", 2, _works, "cpu"),
        ("auto", 0, _works, "cpu"),
        ("auto", 1, _works, "cuda:0"),
        ("auto", 1, _broken, "cpu"),
        ("cuda", 1, _works, "cuda:0"),
        ("cuda:1", 2, _works, "cuda:1"),
    ],
)
def test_device_decision(wanted, gpus, obstacle, expected):
    """``auto`` takes a GPU that trains, else the CPU; the others are taken at their word."""
    assert choose_device(wanted, gpus, obstacle)[0] == expected


@pytest.mark.parametrize(
    ("wanted", "gpus", "obstacle", "why"),
    [
        ("cuda", 0, _works, "no NVIDIA GPU was found"),
        ("cuda:2", 2, _works, "only 2 NVIDIA GPUs"),
        ("cuda:0", 1, _broken, "cuda:0 is broken"),
    ],
)
def test_an_insisted_gpu_that_is_not_there_is_an_error(wanted, gpus, obstacle, why):
    """The message says what is missing and what to set instead."""
    with pytest.raises(ServiceUnavailableError, match=f"{why}.*set device"):
        choose_device(wanted, gpus, obstacle)


@pytest.mark.parametrize("wanted", ["gpu", "cuda:", "cuda:x", "CPU", "", "cuda:-1", "cpu ", "cuda:1234"])
def test_other_device_texts_are_refused(wanted):
    """Only the four forms are known."""
    with pytest.raises(BadInputError) as caught:
        ComputeResource(device=wanted).resolve()
    assert caught.value.rule == "device"


def test_cpu_is_resolved_with_the_machine_filled_in():
    """0 means: all cores over the threads of a fit, and half of the free memory."""
    compute = ComputeResource(device="cpu", seed=5).resolve()
    assert compute == Compute("cpu", 5, 1, cores(), compute.memory_mb)
    assert compute.memory_mb > 0
    given = ComputeResource(device="cpu", threads=2, workers=3, memory_mb=700).resolve()
    assert given == Compute("cpu", 0, 2, 3, 700)
    assert ComputeResource(device="cpu", threads=10_000).resolve().workers == 1


def test_bounds_are_checked_at_definition():
    """Negative seeds, no threads and negative budgets are refused before a run."""
    for wrong in ({"seed": -1}, {"threads": 0}, {"workers": -1}, {"memory_mb": -1}):
        with pytest.raises(ValidationError):
            ComputeResource(**wrong)


@pytest.mark.skipif(bool(find_gpus()), reason="this machine has an NVIDIA GPU")
def test_without_a_gpu_auto_is_the_cpu_and_cuda_an_error():
    """The real decision of this machine."""
    decision = ComputeResource().decide()
    assert decision.compute.device == "cpu"
    assert "no NVIDIA GPU" in decision.reason
    with pytest.raises(ServiceUnavailableError, match="no NVIDIA GPU"):
        ComputeResource(device="cuda").resolve()


@pytest.mark.skipif(not find_gpus(), reason="no NVIDIA GPU on this machine")
def test_with_a_gpu_auto_takes_it_when_xgboost_can():
    """The real decision of a machine with a GPU."""
    device = ComputeResource().resolve().device
    assert device == ("cuda:0" if cuda_obstacle("cuda:0") is None else "cpu")


@pytest.mark.skipif(bool(xgboost.build_info().get("USE_CUDA")), reason="the installed XGBoost has CUDA")
def test_a_cpu_build_is_an_obstacle():
    """With xgboost-cpu installed no GPU is chosen, and the reason says so."""
    assert "CPU build" in (cuda_obstacle("cuda:0") or "")


def test_decision_is_reported_as_json():
    """Device, reason and the device of every family, ready for metadata and for the doctor command."""
    payload = ComputeResource(device="cpu").decide().to_payload()
    assert json.loads(json.dumps(payload)) == payload
    assert len(payload["families"]) == 5
    assert {row["device"] for row in payload["families"]} == {"cpu"}


def test_injected_into_an_asset():
    """An asset receives the resource and its plain values; the decision is in the log."""
    seen: list[Compute] = []

    @dg.asset
    def model(compute: ComputeResource) -> None:
        seen.append(compute.resolve())

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [model], resources={"compute": ComputeResource(device="cpu", workers=2)}, instance=instance
        )
        messages = [record.user_message for record in instance.all_logs(result.run_id)]
    assert result.success
    assert seen[0].workers == 2
    assert any(message.startswith("device cpu (as configured); 2 workers") for message in messages)


@pytest.mark.parametrize(("before", "after"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_waiting_threads_sleep_unless_set_otherwise(before, after):
    """Resolving sets OMP_WAIT_POLICY before any OpenMP library is loaded and keeps a value from outside."""
    code = (
        "import os, sys; from market_assets.resources.compute import ComputeResource;"
        "ComputeResource(device='cpu').decide();"
        "loaded = sorted({'xgboost', 'lightgbm', 'catboost', 'sklearn'} & set(sys.modules));"
        "print(os.environ['OMP_WAIT_POLICY'], loaded)"
    )
    env = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    env |= {"OMP_WAIT_POLICY": before} if before else {}
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=env
    )
    assert child.stdout == f"{after} []\n"
