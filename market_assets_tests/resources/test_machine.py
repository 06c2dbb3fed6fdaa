"""What the machine offers."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import psutil
import pytest

from market_assets.resources.machine import (
    Gpu,
    available_memory_mb,
    cores,
    find_gpus,
    from_nvml,
    from_smi,
    visible_gpus,
)

A, B, C = (Gpu(k, f"GPU-{name}00-{k}", "H200", 1000, 900) for k, name in enumerate("abc"))


def test_cores_follow_affinity_and_quota(tmp_path):
    """A control group that grants 1.5 cores means 1; no limit means the affinity; never less than 1."""
    free = cores(tmp_path)
    assert 1 <= free <= (os.cpu_count() or 1)
    for text, expected in (("max 100000", free), ("150000 100000", 1), ("50000 100000", 1), ("garbage", free)):
        (tmp_path / "cpu.max").write_text(text)
        assert cores(tmp_path) == expected


def test_memory_follows_the_control_group(tmp_path):
    """The smaller of free memory and what the group has left."""
    assert 0 < available_memory_mb(tmp_path) <= psutil.virtual_memory().total // 2**20
    (tmp_path / "memory.max").write_text(str(300 * 2**20))
    (tmp_path / "memory.current").write_text(str(200 * 2**20))
    assert available_memory_mb(tmp_path) == 100
    (tmp_path / "memory.max").write_text("max")
    assert available_memory_mb(tmp_path) > 100


def test_smi_answer_is_read(tmp_path):
    """A command that answers as nvidia-smi does gives the GPUs; odd lines are left out."""
    command = tmp_path / "smi"
    command.write_text(
        "#!/bin/sh\necho '0, GPU-a1, NVIDIA H200, 143771, 143000'\necho 'No devices'\necho '1, GPU-b2, T4, [N/A], 5'\n"
    )
    command.chmod(0o700)
    assert from_smi(str(command)) == (Gpu(0, "GPU-a1", "NVIDIA H200", 143771, 143000),)


def test_smi_that_fails_or_is_missing_means_no_gpu(tmp_path):
    """A missing command and a failing driver are no GPU, not an error."""
    assert from_smi(str(tmp_path / "absent")) == ()
    command = tmp_path / "smi"
    command.write_text("#!/bin/sh\necho '0, GPU-a1, T4, 10, 10'\nexit 9\n")
    command.chmod(0o700)
    assert from_smi(str(command)) == ()


class _Nvml:
    """The calls of the driver library, for a machine with one GPU; ``broken`` names a call that fails."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.shut = False

    def __getattr__(self, name):
        def call(*arguments):
            if name == self.broken:
                return 999
            values = [getattr(argument, "_obj", argument) for argument in arguments]
            if name == "nvmlDeviceGetCount_v2":
                values[0].value = 1
            elif name == "nvmlDeviceGetName":
                values[1].value = b"NVIDIA H200"
            elif name == "nvmlDeviceGetUUID":
                values[1].value = b"GPU-a1"
            elif name == "nvmlDeviceGetMemoryInfo":
                values[1].total, values[1].free = 2000 * 2**20, 1500 * 2**20
            elif name == "nvmlShutdown":
                self.shut = True
            return 0

        return call


def test_nvml_is_read_and_shut_down():
    """The library's answers become a GPU, and it is shut down again."""
    library = _Nvml()
    assert from_nvml(lambda name: library) == (Gpu(0, "GPU-a1", "NVIDIA H200", 2000, 1500),)
    assert library.shut


@pytest.mark.parametrize(
    "broken", ["nvmlInit_v2", "nvmlDeviceGetCount_v2", "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetMemoryInfo"]
)
def test_nvml_that_fails_means_no_gpu(broken):
    """A driver that does not answer is no GPU."""
    assert from_nvml(lambda name: _Nvml(broken)) == ()


def test_without_the_library_there_is_no_gpu():
    """A missing shared library is no GPU."""
    assert from_nvml(lambda name: ctypes.CDLL("libabsent-nvml.so.1")) == ()


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, (A, B, C)),
        ("", ()),
        ("-1", ()),
        ("2,0", (C, A)),
        ("GPU-b", (B,)),
        ("0,7,1", (A,)),
        ("GPU-", ()),
    ],
)
def test_visible_devices_are_numbered_as_cuda_does(visible, expected):
    """Order and cut-off of CUDA_VISIBLE_DEVICES; an ambiguous entry names nothing."""
    assert visible_gpus((A, B, C), visible) == expected


def test_looking_for_gpus_imports_no_model_library():
    """Detection works without torch, XGBoost or CatBoost in the process."""
    code = (
        "import sys; from market_assets.resources.machine import find_gpus; find_gpus();"
        "print(sorted({'torch', 'xgboost', 'catboost', 'lightgbm'} & set(sys.modules)))"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert child.stdout == "[]\n"


def test_this_machine_is_looked_at():
    """The real look-up returns GPUs or nothing, and raises nothing."""
    assert all(isinstance(gpu, Gpu) for gpu in find_gpus())
