"""Where a result comes from: code commit, source hash, dependency lock and library versions."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from market_assets.core.identity import canonical_json, sha256_hex

UNKNOWN = "unknown"
LIBRARIES = (
    "arch",
    "catboost",
    "dagster",
    "lightgbm",
    "numba",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "xgboost",
)
_ALIASES = {"xgboost": ("xgboost-cpu",)}


@dataclass(frozen=True)
class Provenance:
    """What code and which libraries made something.

    Parameters
    ----------
    commit : git commit of the repository that holds the package, or ``"unknown"``.
    dirty : whether the working tree differs from that commit; None when the commit is unknown.
    source_hash : hash over path and content of every ``.py`` file of the package.
    lock_hash : sha256 of ``requirements.lock``, or ``"unknown"`` where there is none.
    python : interpreter name and version.
    libraries : versions of the libraries that shape results.
    """

    commit: str
    dirty: bool | None
    source_hash: str
    lock_hash: str
    python: str
    libraries: dict[str, str]


def collect_provenance(package: Path | None = None) -> Provenance:
    """Look at the package folder (default: this package) and the repository around it."""
    package = package or Path(__file__).resolve().parents[1]
    commit, dirty = code_commit(package.parent)
    return Provenance(
        commit=commit,
        dirty=dirty,
        source_hash=source_hash(package),
        lock_hash=lock_hash(package.parent / "requirements.lock"),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        libraries=library_versions(),
    )


def code_commit(root: Path) -> tuple[str, bool | None]:
    """Return the commit of the repository whose top folder is ``root``, and whether its tree is changed.

    Without git, outside a repository, or inside a larger repository of somebody else the answer is unknown.
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    if top is None or commit is None or Path(top).resolve() != root.resolve():
        return UNKNOWN, None
    status = _git(root, "status", "--porcelain")
    return commit, None if status is None else bool(status)


def source_hash(package: Path) -> str:
    """Hash the path and the content of every ``.py`` file below ``package``."""
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*.py") if path.is_file()}
    return sha256_hex(canonical_json([[name, sha256_hex(files[name].read_bytes())] for name in sorted(files)]))


def lock_hash(path: Path) -> str:
    """Return the sha256 of the dependency lock, or ``"unknown"`` when there is none."""
    return sha256_hex(path.read_bytes()) if path.is_file() else UNKNOWN


def library_versions(names: tuple[str, ...] = LIBRARIES) -> dict[str, str]:
    """Installed versions, read from package metadata without importing anything."""
    return {name: _version(name) for name in names}


def _version(name: str) -> str:
    for candidate in (name, *_ALIASES.get(name, ())):
        try:
            return metadata.version(candidate)
        except metadata.PackageNotFoundError:
            continue
    return UNKNOWN


def _git(root: Path, *arguments: str) -> str | None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
