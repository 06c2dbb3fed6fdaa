"""Services that are not there: named in one line, exit code 3, and never a password."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from market_assets.services.state import free_port
from market_assets_tests.cli.tool import Installation, say
from market_assets_tests.services.test_health import changed

pytestmark = pytest.mark.services
SECRET = "wr0ng-secret"


@pytest.mark.parametrize("which", ["DATABASE_URL", "OWNER_URL", "DAGSTER_URL"])
@pytest.mark.parametrize(("broken", "text"), [("password", "wrong password"), ("port", "not reachable")])
def test_postgres_that_refuses_or_is_not_there_is_named(
    which: str,
    broken: str,
    text: str,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Each of the three URLs is asked before anything is done: host, port and role stand in the message."""
    value = SECRET if broken == "password" else str(free_port())
    url = changed(installation.variables[which], **{broken: value})
    monkeypatch.setenv(f"MARKET_ASSETS_{which}", url)
    said = say(capfd, "snapshot", "--as-of", "2019-12-31", "--json")
    assert (said.code, said.out) == (3, "")
    parts = urlsplit(url)
    assert text in said.error
    assert f"{parts.hostname}:{parts.port}{parts.path} as role {parts.username}" in said.error
    assert str(parts.password) not in said.err


def test_a_half_set_environment_is_bad_input(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two of three database URLs are refused before any is used."""
    monkeypatch.delenv("MARKET_ASSETS_OWNER_URL")
    said = say(capfd, "snapshot", "--as-of", "2019-12-31")
    assert said.code == 2
    assert "owner_url" in said.error


def test_a_dagster_home_that_is_not_there_is_named(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A folder somebody chose is used as it is, never made."""
    monkeypatch.setenv("DAGSTER_HOME", str(installation.home / "absent"))
    said = say(capfd, "snapshot", "--as-of", "2019-12-31")
    assert said.code == 3
    assert "DAGSTER_HOME" in said.error


def test_the_doctor_says_which_database_is_wrong(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Everything else is still looked at; Redis gone is a finding too."""
    url = changed(installation.variables["DATABASE_URL"], password=SECRET)
    monkeypatch.setenv("MARKET_ASSETS_DATABASE_URL", url)
    monkeypatch.setenv("MARKET_ASSETS_REDIS_URL", f"redis://:{SECRET}@127.0.0.1:{free_port()}/0")
    said = say(capfd, "doctor", "--json")
    assert said.code == 3
    wrong = {row["what"] for row in said.document["findings"] if not row["ok"]}
    assert wrong == {"database", "redis"}
    assert not said.document["ok"]
    assert SECRET not in said.out + said.err
