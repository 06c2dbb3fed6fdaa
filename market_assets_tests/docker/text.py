"""Reading the files of ``docker/``: variables as compose fills them in, and the steps of a Dockerfile."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docker"
REQUIRED = re.compile(r"\$\{(?P<name>\w+):\?[^}]*\}")
OPTIONAL = re.compile(r"\$\{(?P<name>\w+):-(?P<default>[^}]*)\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill in variables as compose does; a required one that is absent or empty raises KeyError."""

    def required(match: re.Match[str]) -> str:
        if not values.get(match["name"]):
            raise KeyError(match["name"])
        return values[match["name"]]

    text = REQUIRED.sub(required, text)
    text = OPTIONAL.sub(lambda match: values.get(match["name"]) or match["default"], text)
    return text.replace("$$", "$")


def steps(dockerfile: str) -> list[tuple[str, str]]:
    """Instructions of a Dockerfile, as (name, arguments), comments dropped and continued lines joined."""
    kept = "\n".join(line for line in dockerfile.splitlines() if not line.lstrip().startswith("#"))
    lines = re.sub(r"\\\n\s*", " ", kept).splitlines()
    return [(name.upper(), rest) for name, _, rest in (line.strip().partition(" ") for line in lines if line.strip())]


def pins(lock: Path) -> dict[str, str]:
    """Versions by package name of a lock file (the last one, where markers split a package)."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE))


def script(name: str) -> ModuleType:
    """Import a script of ``docker/``."""
    spec = importlib.util.spec_from_file_location(f"docker_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
