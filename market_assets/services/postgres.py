"""The embedded PostgreSQL: one cluster in a folder of its own, on loopback TCP, with full durability."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from market_assets.core.errors import ServiceUnavailableError
from market_assets.services.account import Place, is_alive
from market_assets.services.binaries import postgres_programs
from market_assets.services.health import explain_postgres
from market_assets.services.state import LOOPBACK, State

SUPERUSER = "market_assets_superuser"
PROGRAMS = ("postgres",)
START_SECONDS = 60.0  # a crash recovery replays the log first
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # socket paths are limited to about 100 characters
    "password_encryption": "scram-sha-256",
    # Dagster opens a connection a query, and 4,096 iterations cost 5 ms each; they slow down guessing of weak
    # passwords, and ours are random
    "scram_iterations": "1",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_connections": "120",  # Dagster opens a connection a query
    "max_parallel_workers_per_gather": "0",  # sums in one order; containers have little shared memory
    "max_wal_size": "2GB",
}


@dataclass(frozen=True)
class PostgresServer:
    """Start, stop and look at one embedded cluster."""

    place: Place
    state: State

    @property
    def folder(self) -> Path:
        return self.place.root / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, role: str, database: str, scheme: str = "postgresql") -> str:
        """URL of ``database`` as ``role``, password included."""
        port, password = self.state.port("postgres"), self.state.password(role)
        return f"{scheme}://{role}:{quote(password, safe='')}@{LOOPBACK}:{port}/{database}"

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER, "postgres")

    def answers(self) -> bool:
        """Whether our own server answers on the remembered port (the password proves that it is ours)."""
        if "postgres_port" not in self.state.values:
            return False
        try:
            psycopg.connect(self.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Start cold, warm or after a crash; returns when the server answers.

        Raises
        ------
        ServiceUnavailableError
            with the end of the server's log.
        """
        self.place.folder("postgres")
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        deadline = time.monotonic() + START_SECONDS
        renew = False
        while True:
            port, seen = self.state.port("postgres", renew), self._log_size()
            # fixed texts and a number only: pg_ctl hands this to a shell
            options = " ".join(f"-c {name}={value}" for name, value in {**SETTINGS, "port": str(port)}.items())
            said = self._control("start", "-w", "-t", "30", "-s", "-l", "server.log", "-o", options)
            if said.returncode == 0 or self.answers():
                break
            log = self.log_tail(seen)
            if time.monotonic() > deadline:
                raise ServiceUnavailableError(f"embedded PostgreSQL in {self.folder} did not start:\n{log}")
            renew = "could not bind" in log  # somebody took the remembered port
            self._forget_dead_server()
            time.sleep(0.1)  # after a crash the old server's processes take a moment to go
        try:
            psycopg.connect(self.superuser_url, connect_timeout=10).close()
        except psycopg.OperationalError as error:
            self.stop()
            raise ServiceUnavailableError(
                f"{explain_postgres(self.superuser_url, error)} (the passwords in {self.state.folder} and the data "
                f"in {self.data} do not belong together)"
            ) from None

    def stop(self) -> None:
        """Stop; does nothing when it is not running."""
        if not (self.data / "postmaster.pid").exists():
            return
        for mode in ("fast", "immediate"):
            if self._control("stop", "-w", "-t", "60", "-s", "-m", mode).returncode == 0:
                return
            if self._forget_dead_server():
                return
        raise ServiceUnavailableError(f"embedded PostgreSQL in {self.folder} did not stop:\n{self.log_tail()}")

    def pid(self) -> int | None:
        """Process id of the running server."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split(maxsplit=1)[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if is_alive(pid, PROGRAMS) else None

    def log_tail(self, since: int = 0) -> str:
        """The last lines of the server's log after byte ``since``."""
        path = self.folder / "server.log"
        text = path.read_bytes()[since:].decode(errors="replace") if path.exists() else "(no log)"
        return "\n".join(text.splitlines()[-12:])

    def _log_size(self) -> int:
        path = self.folder / "server.log"
        return path.stat().st_size if path.exists() else 0

    def _initialise(self) -> None:
        """Make the cluster beside its final name, so that a killed initdb leaves nothing that looks finished."""
        programs = postgres_programs(self.place, None)
        fresh, secret = self.folder / "data.new", self.folder / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        secret.unlink(missing_ok=True)
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(self.state.password(SUPERUSER))
            if self.place.account is not None:
                os.fchown(handle.fileno(), self.place.account.uid, self.place.account.gid)
        options = ("--auth=scram-sha-256", "--pwfile=password", "--encoding=UTF8", "--locale=C", "--data-checksums")
        said = self.place.run(
            [programs / "initdb", "-D", "data.new", "-U", SUPERUSER, *options], cwd=self.folder, capture_output=True
        )
        secret.unlink()
        if said.returncode != 0:
            raise ServiceUnavailableError(
                f"embedded PostgreSQL: initdb failed in {self.folder}:\n{said.stderr.strip()}"
            )
        fresh.rename(self.data)

    def _control(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        programs = postgres_programs(self.place, (self.data / "PG_VERSION").read_text().strip())
        # the server inherits the output streams and lives on, so they must not be pipes
        with (self.place.root / "pg_ctl.log").open("w") as log:
            return self.place.run(
                [programs / "pg_ctl", *arguments],
                cwd=self.folder,
                env={"PGDATA": str(self.data)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _forget_dead_server(self) -> bool:
        """Remove the pid file of a dead server (its number may be a zombie or another program); True = none is left.

        Kept while any old backend still works in the data folder: the file is what holds a second server off.
        """
        path = self.data / "postmaster.pid"
        if path.exists() and self.pid() is None and not self._backends():
            path.unlink(missing_ok=True)
        return not path.exists()

    def _backends(self) -> bool:
        for process in psutil.process_iter(["name", "cwd"]):  # servers work in their data folder
            if str(process.info["name"]).startswith(PROGRAMS) and process.info["cwd"] == str(self.data.resolve()):
                return True
        return False
