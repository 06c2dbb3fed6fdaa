"""Frozen settings; the environment is read once, here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from market_assets.core.errors import BadInputError, Location

PREFIX = "MARKET_ASSETS_"
REDIS_OFF = "none"
_URL_SCHEMES = {"REDIS_URL": ("redis", "rediss")}
_POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg2")


def redact(url: str) -> str:
    """Return ``url`` with the password replaced, safe to show.

    Query strings go too, since libpq accepts ``?password=`` there.
    """
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}:***@" if parts.username else ""
    return urlunsplit((parts.scheme, user + place, parts.path, "", ""))


@dataclass(frozen=True)
class Settings:
    """What the outside decides.

    Parameters
    ----------
    home : state folder (embedded services, artifacts), absolute.
    database_url, owner_url, dagster_url : application role, migration owner, and Dagster's own database;
        all three or none. None = the embedded PostgreSQL.
    redis_url : None = the embedded Redis; the word ``none`` = no Redis.
    experiments : folder of the experiment files.
    device : ``auto``, ``cpu`` or ``cuda[:N]``.
    executor : ``in_process``, ``multiprocess`` or ``celery``; see ``resources.wiring``.
    workers, threads : fits side by side (0 = as the machine allows), and threads of one fit.
    memory_mb : memory budget of one step, in MiB (0 = as the machine allows).
    """

    home: Path
    database_url: str | None = field(default=None, repr=False)
    owner_url: str | None = field(default=None, repr=False)
    dagster_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    experiments: Path = Path(__file__).parent / "experiments"
    device: str = "auto"
    executor: str = "in_process"
    workers: int = 0
    threads: int = 1
    memory_mb: int = 0

    def __post_init__(self) -> None:
        urls = {name: getattr(self, name) for name in ("database_url", "owner_url", "dagster_url")}
        missing = [name for name, url in urls.items() if not url]
        if 0 < len(missing) < len(urls):
            raise BadInputError(
                "settings_database_urls",
                f"{', '.join(missing)} not set; give all of {', '.join(urls)}, or none for the embedded PostgreSQL",
                Location(column=missing[0]),
            )

    @property
    def embedded_postgres(self) -> bool:
        """Whether PostgreSQL is ours to start."""
        return self.database_url is None

    @property
    def embedded_redis(self) -> bool:
        """Whether Redis is ours to start."""
        return self.redis_url is None

    @property
    def external_redis_url(self) -> str | None:
        """URL of a given Redis; None when it is embedded or switched off."""
        return None if self.redis_url in (None, REDIS_OFF) else self.redis_url

    @property
    def artifacts(self) -> Path:
        """Root of the artifact store."""
        return self.home / "artifacts"

    def __repr__(self) -> str:
        shown = []
        for item in fields(self):
            value = getattr(self, item.name)
            text = redact(value) if item.name.endswith("_url") and value and value != REDIS_OFF else repr(value)
            shown.append(f"{item.name}={text}")
        return f"Settings({', '.join(shown)})"

    @staticmethod
    def from_environment(env: Mapping[str, str] | None = None) -> Settings:
        """Read ``MARKET_ASSETS_*``.

        Raises
        ------
        BadInputError
            rules ``settings_number``, ``settings_url``, ``settings_device``, ``settings_database_urls``.
        """
        source = os.environ if env is None else env
        read = {key: value.strip() for key, value in source.items() if key.startswith(PREFIX) and value.strip()}
        default = Settings(home=Path())
        return Settings(
            home=Path(read.get(PREFIX + "HOME", ".market_assets")).expanduser().absolute(),
            database_url=_url(read, "DATABASE_URL"),
            owner_url=_url(read, "OWNER_URL"),
            dagster_url=_url(read, "DAGSTER_URL"),
            redis_url=_url(read, "REDIS_URL"),
            experiments=Path(read.get(PREFIX + "EXPERIMENTS", str(default.experiments))).expanduser().absolute(),
            device=_device(read),
            executor=read.get(PREFIX + "EXECUTOR", default.executor),
            workers=_number(read, "WORKERS", default.workers, least=0),
            threads=_number(read, "THREADS", default.threads),
            memory_mb=_number(read, "MEMORY_MB", default.memory_mb, least=0),
        )


def _url(read: Mapping[str, str], name: str) -> str | None:
    url = read.get(PREFIX + name)
    if url is None or (name == "REDIS_URL" and url.lower() == REDIS_OFF):
        return url and REDIS_OFF
    allowed = _URL_SCHEMES.get(name, _POSTGRES_SCHEMES)
    try:
        parts = urlsplit(url)
        good = parts.scheme in allowed and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        # the text may hold a password, so it is not shown
        raise BadInputError(
            "settings_url",
            f"not a URL of the form {allowed[0]}://user:password@host:port/name",
            Location(column=PREFIX + name),
        )
    return url


def _number(read: Mapping[str, str], name: str, default: int, least: int = 1) -> int:
    text = read.get(PREFIX + name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < least:
        raise BadInputError(
            "settings_number", f"{text!r} is not a whole number >= {least}", Location(column=PREFIX + name)
        )
    return int(text)


def _device(read: Mapping[str, str]) -> str:
    device = read.get(PREFIX + "DEVICE", "auto").lower()
    kind, _, index = device.partition(":")
    if device not in ("auto", "cpu", "cuda") and not (kind == "cuda" and index.isdecimal()):
        raise BadInputError(
            "settings_device", f"{device!r} is not auto, cpu, cuda or cuda:N", Location(column=PREFIX + "DEVICE")
        )
    return device
