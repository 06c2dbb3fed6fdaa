"""What this machine offers: cores, memory, NVIDIA GPUs. Nothing here imports a model library or torch."""

from __future__ import annotations

import csv
import ctypes
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

CGROUP = Path("/sys/fs/cgroup")
SMI_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU as the driver lists it; memory in MiB."""

    index: int
    uuid: str
    name: str
    total_mb: int
    free_mb: int


def cores(cgroup: Path = CGROUP) -> int:
    """Cores this process may use: its affinity, bounded by the control group's quota; at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        count = min(count, int(quota) // int(period))
    return max(1, count)


def available_memory_mb(cgroup: Path = CGROUP) -> int:
    """Memory that can be taken without swapping, bounded by the control group's limit, in MiB."""
    free = psutil.virtual_memory().available
    limit, used = _read(cgroup / "memory.max"), _read(cgroup / "memory.current")
    if limit.isdigit() and used.isdigit():
        free = min(free, int(limit) - int(used))
    return max(0, free) // 2**20


def find_gpus() -> tuple[Gpu, ...]:
    """GPUs the driver lists, from NVML or else from nvidia-smi; empty where there is no working driver."""
    return from_nvml() or from_smi()


def from_nvml(load: Callable[[str], Any] = ctypes.CDLL) -> tuple[Gpu, ...]:
    """GPUs by the driver's management library; empty if it is missing or does not start."""
    try:
        nvml = load("libnvidia-ml.so.1")
    except OSError:
        return ()
    if nvml.nvmlInit_v2() != 0:
        return ()
    try:
        count = ctypes.c_uint()
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return ()
        found = [_nvml_device(nvml, index) for index in range(count.value)]
    finally:
        nvml.nvmlShutdown()
    return tuple(gpu for gpu in found if gpu is not None)


def from_smi(command: str = "nvidia-smi") -> tuple[Gpu, ...]:
    """GPUs by the driver's command; empty if it is missing, fails or hangs."""
    query = [command, "--query-gpu=index,uuid,name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=SMI_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    rows = [[cell.strip() for cell in row] for row in csv.reader(answer.stdout.splitlines())]
    return tuple(
        Gpu(int(row[0]), row[1], row[2], int(row[3]), int(row[4]))
        for row in rows
        if len(row) == 5 and row[0].isdigit() and row[3].isdigit() and row[4].isdigit()
    )


def visible_gpus(gpus: tuple[Gpu, ...], visible: str | None) -> tuple[Gpu, ...]:
    """GPUs in the order CUDA numbers them under CUDA_VISIBLE_DEVICES ``visible`` (None = not set).

    An entry is an index or the beginning of a UUID; as in CUDA, the first one that names no GPU ends the list.
    On machines with different GPUs set CUDA_DEVICE_ORDER=PCI_BUS_ID, or CUDA numbers them by speed.
    """
    if visible is None:
        return gpus
    chosen: list[Gpu] = []
    for entry in visible.split(","):
        name = entry.strip()
        match = [gpu for gpu in gpus if name and (str(gpu.index) == name or gpu.uuid.startswith(name))]
        if len(match) != 1:
            break
        chosen.append(match[0])
    return tuple(chosen)


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _nvml_device(nvml: Any, index: int) -> Gpu | None:
    handle, memory = ctypes.c_void_p(), _Memory()
    name, uuid = ctypes.create_string_buffer(96), ctypes.create_string_buffer(96)
    steps = (
        lambda: nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)),
        lambda: nvml.nvmlDeviceGetName(handle, name, ctypes.c_uint(len(name))),
        lambda: nvml.nvmlDeviceGetUUID(handle, uuid, ctypes.c_uint(len(uuid))),
        lambda: nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)),
    )
    if any(step() != 0 for step in steps):
        return None
    return Gpu(index, uuid.value.decode(), name.value.decode(), memory.total // 2**20, memory.free // 2**20)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
