"""The state file of the embedded services: ports, passwords and the chosen place, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from pathlib import Path
from typing import Any

from market_assets.core.errors import ServiceUnavailableError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@dataclass
class State:
    """Small key-value file ``<folder>/state.json``."""

    folder: Path
    values: dict[str, Any] = field(default_factory=dict, repr=False)

    @staticmethod
    def open(home: Path) -> State:
        """Open or create the services folder of the state folder ``home``."""
        folder = home / "services"
        try:
            if not home.is_dir():
                home.mkdir(parents=True, exist_ok=True)
                home.chmod(0o755)  # ours: made here, so opened for the server account here
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)
        except OSError as error:
            raise ServiceUnavailableError(
                f"embedded services: cannot use the state folder {home}: {error.strerror}; set MARKET_ASSETS_HOME"
            ) from error
        state = State(folder)
        state.reload()
        return state

    def reload(self) -> None:
        """Read the file again; another process may have changed it."""
        path = self.folder / "state.json"
        try:
            self.values = json.loads(path.read_text()) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise ServiceUnavailableError(f"embedded services: cannot read {path}: {error}") from error

    def save(self, **values: Any) -> None:
        """Add ``values`` and write the file in one step."""
        self.values.update(values)
        path = self.folder / "state.json"
        partly = path.with_suffix(".new")
        partly.unlink(missing_ok=True)
        with os.fdopen(os.open(partly, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump(self.values, handle, indent=1, sort_keys=True)
            handle.flush()
            os.fsync(handle.fileno())
        partly.replace(path)

    def password(self, name: str) -> str:
        """Return the password of ``name``, drawn once."""
        key = f"{name}_password"
        if key not in self.values:
            self.save(**{key: secrets.token_urlsafe(24)})
        return self.values[key]

    def port(self, name: str, renew: bool = False) -> int:
        """Return the port of ``name``, chosen once; ``renew`` picks another."""
        key = f"{name}_port"
        if renew or key not in self.values:
            self.save(**{key: free_port()})
        return self.values[key]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock under which servers are started and stopped."""
        with (self.folder / "changing.lock").open("a") as handle:
            flock(handle, LOCK_EX)
            yield

    @contextmanager
    def using(self) -> Iterator[None]:
        """Be counted as a user of the servers; the kernel forgets us when we die."""
        with (self.folder / "using.lock").open("a") as handle:
            flock(handle, LOCK_SH)
            yield
            flock(handle, LOCK_UN)

    def unused(self) -> bool:
        """Whether nobody is counted as a user now."""
        with (self.folder / "using.lock").open("a") as handle:
            try:
                flock(handle, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                return False
            return True
