"""Under which account, and in which folder, the embedded servers live.

PostgreSQL refuses to run as root. Where we are root, servers run under an existing unprivileged account, in a
folder that account owns. If that account cannot enter the state folder (a repository under a 0700 home), a folder
under ``/var/tmp`` takes its place. No account is created and no folder outside our own is changed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from market_assets.core.errors import ServiceUnavailableError
from market_assets.core.identity import fingerprint

ACCOUNTS = ("nobody", "daemon")
OUTSIDE = Path("/var/tmp")  # survives a reboot, unlike /tmp


@dataclass(frozen=True)
class Account:
    """An unprivileged uid and gid."""

    uid: int
    gid: int


def run_as(
    account: Account | None,
    command: Sequence[str | Path],
    cwd: Path,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end under ``account`` (None = as we are) with a bare environment."""
    identity: dict[str, Any] = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    bare = {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC", **(env or {})}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=bare, umask=0o077, text=True, check=False, **identity, **options
    )


def is_alive(pid: int, names: Sequence[str]) -> bool:
    """Whether ``pid`` runs a program whose name starts with one of ``names``; a zombie is dead."""
    try:
        process = psutil.Process(pid)
        return process.name().startswith(tuple(names)) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def can_enter(account: Account | None, folder: Path) -> bool:
    """Whether ``account`` can pass through ``folder`` and all its parents."""
    return run_as(account, ["/bin/sh", "-c", 'test -x "$0"', folder], Path("/")).returncode == 0


@dataclass(frozen=True)
class Place:
    """The folder of the servers and the account they run under (None = the present user)."""

    root: Path
    account: Account | None

    def folder(self, name: str) -> Path:
        """Return the folder ``name``, created for the server account alone."""
        path = self.root / name
        if not path.is_dir():
            path.mkdir(mode=0o700)
            if self.account is not None:
                os.chown(path, self.account.uid, self.account.gid)
        return path

    def run(self, command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run ``command`` to its end as the server account."""
        return run_as(self.account, command, options.pop("cwd", self.root), **options)


def choose_place(state: Path, recorded: str | None) -> Place:
    """Return the place that belongs to the state folder ``state``.

    Parameters
    ----------
    state : folder of the services inside the state folder; exists.
    recorded : the root an earlier start chose, relative to ``state``; data is never looked for elsewhere.

    Raises
    ------
    ServiceUnavailableError
        when the recorded root is gone or closed, or no account can be used.
    """
    if os.geteuid() != 0:
        return Place(_still_there(recorded, state) if recorded else state, None)
    if recorded:
        root = _still_there(recorded, state)
        account = _owner(root) or _unprivileged(state)
        if not can_enter(account, root):
            raise ServiceUnavailableError(
                f"embedded services: uid {account.uid} can no longer enter {root}; open its parents or run as that user"
            )
        return Place(root, account)
    account = _unprivileged(state)
    return Place(state if can_enter(account, state) else _outside(state), account)


def _still_there(recorded: str, state: Path) -> Path:
    root = state / recorded
    if not root.is_dir():
        raise ServiceUnavailableError(
            f"embedded services: the data folder {root} is gone; restore it, or delete {state} to start empty"
        )
    return root


def _owner(root: Path) -> Account | None:
    """The account that already owns the database, such as the user who made it before we came as root."""
    data = root / "postgres"
    if not data.is_dir():
        return None
    info = data.stat()
    return Account(info.st_uid, info.st_gid) if info.st_uid != 0 else None


def _unprivileged(state: Path) -> Account:
    """The first existing account that may own files here (a container can map some uids away)."""
    probe = state / ".probe"
    probe.touch()
    try:
        for name in ACCOUNTS:
            try:
                entry = pwd.getpwnam(name)
                os.chown(probe, entry.pw_uid, entry.pw_gid)
            except (KeyError, OSError):
                continue
            return Account(entry.pw_uid, entry.pw_gid)
    finally:
        probe.unlink()
    raise ServiceUnavailableError(
        f"embedded PostgreSQL refuses to run as root, and none of {', '.join(ACCOUNTS)} can own files in {state}; "
        "run as an ordinary user or set MARKET_ASSETS_DATABASE_URL"
    )


def _outside(state: Path) -> Path:
    """A root-owned folder under /var/tmp named by the state folder; refused if somebody else made it first."""
    root = OUTSIDE / f"market-assets-{fingerprint(state=str(state.resolve()), made=state.stat().st_ctime_ns)[:16]}"
    root.mkdir(mode=0o700, exist_ok=True)
    info = root.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
        raise ServiceUnavailableError(f"embedded services: {root} belongs to somebody else; remove it")
    root.chmod(0o711)
    return root


def copy_readable(source: Path, target: Path, skip: Sequence[str] = ()) -> None:
    """Copy a tree so that every account may read and run it."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*skip), symlinks=True)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
