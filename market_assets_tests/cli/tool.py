"""The real command in this process, and what the warehouse holds around it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from market_assets.cli import session as sessions
from market_assets.cli.main import main
from market_assets.cli.session import Session
from market_assets.resources.clock import Clock
from market_assets.services.health import plain_url
from market_assets_tests.worlds import World


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout; anything beside it is an error."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line on stderr of a command that was refused."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


@dataclass(frozen=True)
class Installation:
    """State folder and the variables ``MARKET_ASSETS_*`` without their prefix."""

    home: Path
    variables: dict[str, str]

    def holdings(self) -> dict[str, Any]:
        """Rows of every table of the warehouse, and Dagster's partition keys."""
        found: dict[str, Any] = {}
        with psycopg.connect(plain_url(self.variables["OWNER_URL"])) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (name,) in names:
                query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
                found[name] = connection.execute(query).fetchone()
        with psycopg.connect(plain_url(self.variables["DAGSTER_URL"])) as connection:
            if connection.execute("SELECT to_regclass('dynamic_partitions')").fetchone() == (None,):
                return found  # no command has opened the instance yet
            query = "SELECT partitions_def_name, partition FROM dynamic_partitions ORDER BY 1, 2"
            found["partitions"] = connection.execute(query).fetchall()
        return found

    def has_symbol(self, name: str) -> bool:
        """Whether a symbol has a partition."""
        return ("symbol", name) in self.holdings().get("partitions", [])


def say(capfd: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """Run the tool; its signal handlers are taken back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    capfd.readouterr()
    code = 0
    try:
        main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    out, err = capfd.readouterr()
    return Said(code, out, err)


def behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands of this test work on a world, in place of an installation with services of its own."""

    @contextmanager
    def open_session() -> Iterator[Session]:
        yield Session(
            settings=world.settings,
            instance=world.instance,
            job=world.job,
            experiments=world.experiments,
            warehouse=world.warehouse,
            governance=world.governance,
            artifacts=world.artifacts,
            clock=Clock(),
            owner_url=world.endpoints.owner_url,
        )

    monkeypatch.setattr(sessions, "open_session", open_session)
