"""What a compose file of this product must hold, as functions that name every violation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from market_assets_tests.docker.text import REQUIRED

Compose = dict[str, Any]
LOOPBACK = "127.0.0.1:"
SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|AUTH|_KEY")
URL_PASSWORD = re.compile(r"://[^:@/]*:(?P<password>.*)@[^@]*$")
WRITTEN_OUT = re.compile(r"requirepass[= ]+(?!%s)\S|--password[= ]+[^\s$]|://[^:@/\s]*:[^\s$]+@")
VERSION = re.compile(r"\d+\.\d+\.\d+")
HOST_SPACES = ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup")


def load(path: Path) -> Compose:
    """Parse a compose file; merge keys are resolved, variables are not."""
    return yaml.safe_load(path.read_text())


def services(compose: Compose) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and definition of each service."""
    yield from compose["services"].items()


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """Environment of a service, whichever of the two forms it is written in."""
    given = service.get("environment") or {}
    pairs = given.items() if isinstance(given, dict) else (str(item).partition("=")[::2] for item in given)
    return {str(name): str(value) for name, value in pairs}


def open_ports(compose: Compose) -> list[str]:
    """Ports that are published on anything but loopback."""
    found = []
    for name, service in services(compose):
        for port in service.get("ports", ()):
            bound = port.get("host_ip") == "127.0.0.1" if isinstance(port, dict) else str(port).startswith(LOOPBACK)
            if not bound:
                found.append(f"{name}: {port}")
    return found


def rights(compose: Compose) -> list[str]:
    """Services with more rights than a stranger's process should have."""
    found = []
    for name, service in services(compose):
        if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(service.get("user", ""))):
            found.append(f"{name}: no fixed uid above 0")
        if service.get("privileged") or service.get("cap_add") or service.get("devices"):
            found.append(f"{name}: privileged")
        if service.get("cap_drop") != ["ALL"]:
            found.append(f"{name}: keeps capabilities")
        if "no-new-privileges:true" not in service.get("security_opt", ()):
            found.append(f"{name}: may gain privileges")
        if service.get("read_only") is not True:
            found.append(f"{name}: writable root")
        found += [f"{name}: {key}: host" for key in HOST_SPACES if service.get(key) == "host"]
        found += [f"{name}: mounts {volume}" for volume in service.get("volumes", ()) if "docker.sock" in str(volume)]
    return found


def passwords(compose: Compose) -> list[str]:
    """Places where a password is written out instead of required from the environment."""
    found = []
    for name, service in services(compose):
        for key, value in environment(service).items():
            match = URL_PASSWORD.search(value)
            secret = match["password"] if match else value if SECRET_NAME.search(key) else None
            if secret is not None and not REQUIRED.fullmatch(secret):
                found.append(f"{name}: {key}")
        if WRITTEN_OUT.search(_line(service.get("command"))):
            found.append(f"{name}: command")
    return found


def unpinned(compose: Compose) -> list[str]:
    """Images without a full version."""
    return [
        f"{name}: {service.get('image')}"
        for name, service in services(compose)
        if not VERSION.search(str(service.get("image", "")).rpartition("/")[2].partition(":")[2])
    ]


def unlimited(compose: Compose) -> list[str]:
    """Services that can take the whole machine."""
    found = []
    for name, service in services(compose):
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        found += [f"{name}: {kind}" for kind in ("cpus", "memory", "pids") if not limits.get(kind)]
    return found


def unwatched(compose: Compose) -> list[str]:
    """Services that stay up and have no health check."""
    return [
        name
        for name, service in services(compose)
        if service.get("restart") != "no" and not service.get("healthcheck", {}).get("test")
    ]


RULES: dict[str, Callable[[Compose], list[str]]] = {
    "open_ports": open_ports,
    "rights": rights,
    "passwords": passwords,
    "unpinned": unpinned,
    "unlimited": unlimited,
    "unwatched": unwatched,
}


def unknown_variables(compose: Compose, known: set[str]) -> list[str]:
    """Variables with our prefix that nothing in the package reads."""
    return [
        f"{name}: {key}"
        for name, service in services(compose)
        for key in environment(service)
        if key.startswith("MARKET_ASSETS_") and key not in known
    ]


def _line(command: object) -> str:
    return " ".join(map(str, command)) if isinstance(command, list) else str(command or "")
