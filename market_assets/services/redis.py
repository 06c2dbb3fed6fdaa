"""The embedded Redis: loopback, password, nothing kept on disk (PostgreSQL decides, Redis only advises)."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis

from market_assets.core.errors import ServiceUnavailableError
from market_assets.services.account import Place, is_alive
from market_assets.services.binaries import redis_program
from market_assets.services.health import redis_client
from market_assets.services.state import LOOPBACK, State

START_SECONDS = 10.0
PORT_TRIES = 5
PROGRAMS = ("redis", "valkey")


@dataclass(frozen=True)
class RedisServer:
    """Start, stop and look at one embedded Redis."""

    place: Place
    state: State

    @property
    def folder(self) -> Path:
        return self.place.root / "redis"

    @property
    def url(self) -> str:
        """URL with password."""
        return f"redis://:{self.state.password('redis')}@{LOOPBACK}:{self.state.port('redis')}/0"

    def pid(self) -> int | None:
        """Process id of our own server, if it answers with our password."""
        if "redis_port" not in self.state.values:
            return None
        with self._client() as client:
            try:
                return int(client.info("server")["process_id"])
            except (redis.RedisError, OSError):
                return None

    def start(self) -> bool:
        """Start it; False when this machine has no Redis server program.

        Raises
        ------
        ServiceUnavailableError
            when the program is there but does not come up.
        """
        program = redis_program(self.place)
        if program is None:
            return False
        self.place.folder("redis")
        self.state.password("redis")
        for attempt in range(PORT_TRIES):
            said = self._launch(program, self.state.port("redis", renew=attempt > 0))
            deadline = time.monotonic() + START_SECONDS
            while said.returncode == 0 and time.monotonic() < deadline:
                if self.pid() is not None:
                    return True
                if "in use" in self._log():
                    break
                time.sleep(0.01)
        raise ServiceUnavailableError(f"embedded Redis in {self.folder} did not start:\n{self._log()}")

    def stop(self) -> None:
        """Stop it and wait until the process is gone; does nothing when it is not running."""
        pid = self.pid()
        if pid is None:
            return
        with self._client() as client, suppress(redis.ConnectionError):  # the connection ends with the server
            client.shutdown(nosave=True)
        deadline = time.monotonic() + START_SECONDS
        while is_alive(pid, PROGRAMS):
            if time.monotonic() > deadline:
                psutil.Process(pid).kill()
            time.sleep(0.01)

    def _launch(self, program: Path, port: int) -> subprocess.CompletedProcess[str]:
        (self.folder / "server.log").unlink(missing_ok=True)
        lines = {
            "bind": LOOPBACK,
            "port": port,
            "protected-mode": "yes",
            "requirepass": self.state.password("redis"),
            "daemonize": "yes",
            "logfile": "server.log",
            "pidfile": "server.pid",
            "save": '""',
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "allkeys-lru",
        }
        text = "".join(f"{name} {value}\n" for name, value in lines.items())
        # by standard input: a password on the command line would be in the process list
        return self.place.run([program, "-"], cwd=self.folder, input=text, capture_output=True, timeout=START_SECONDS)

    def _log(self) -> str:
        path = self.folder / "server.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-6:]) if path.exists() else "(no log)"

    def _client(self) -> redis.Redis:
        return redis_client(self.url)
