"""Settings: the environment read once, refused when wrong, passwords never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_assets.core.errors import BadInputError
from market_assets.settings import Settings, redact

URLS = {
    "MARKET_ASSETS_DATABASE_URL": "postgresql://app:s3cret%40x@db:5432/market_assets",
    "MARKET_ASSETS_OWNER_URL": "postgresql://owner:s3cret%40x@db:5432/market_assets",
    "MARKET_ASSETS_DAGSTER_URL": "postgresql+psycopg2://dagster:s3cret%40x@db:5432/dagster",
}


def test_an_empty_environment_means_embedded_services_beside_the_current_directory(monkeypatch, tmp_path: Path):
    """Defaults: home is .market_assets under the current directory, no URL is set."""
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert settings.home == tmp_path / ".market_assets"
    assert settings.embedded_postgres
    assert settings.embedded_redis
    assert settings.device == "auto"
    assert settings.experiments.name == "experiments"


def test_values_are_read_and_blank_ones_count_as_unset():
    """Every variable reaches its field; white space alone is no value."""
    env = {**URLS, "MARKET_ASSETS_HOME": "/srv/state", "MARKET_ASSETS_WORKERS": "3", "MARKET_ASSETS_THREADS": " "}
    settings = Settings.from_environment({**env, "MARKET_ASSETS_REDIS_URL": "NONE", "MARKET_ASSETS_DEVICE": "cuda:1"})
    assert settings.home == Path("/srv/state")
    assert (settings.workers, settings.threads, settings.device) == (3, 1, "cuda:1")
    assert not settings.embedded_postgres
    assert not settings.embedded_redis
    assert settings.external_redis_url is None


def test_no_password_is_shown():
    """Neither repr nor str of the settings holds a password, in any encoding."""
    env = {**URLS, "MARKET_ASSETS_REDIS_URL": "redis://:s3cret%40x@cache:6379/0"}
    text = f"{Settings.from_environment(env)!r} {Settings.from_environment(env)}"
    assert "s3cret" not in text
    assert "db:5432/market_assets" in text


def test_redact_drops_passwords_in_the_query_too():
    """libpq takes ``?password=``, so the query is not shown at all."""
    assert redact("postgresql://app@db/x?password=hunter2") == "postgresql://app:***@db/x"


@pytest.mark.parametrize(
    ("env", "rule", "column"),
    [
        ({"MARKET_ASSETS_WORKERS": "many"}, "settings_number", "MARKET_ASSETS_WORKERS"),
        ({"MARKET_ASSETS_THREADS": "0"}, "settings_number", "MARKET_ASSETS_THREADS"),
        ({"MARKET_ASSETS_DEVICE": "tpu"}, "settings_device", "MARKET_ASSETS_DEVICE"),
        ({**URLS, "MARKET_ASSETS_DATABASE_URL": "mysql://a:s3cret@b/c"}, "settings_url", "MARKET_ASSETS_DATABASE_URL"),
        ({**URLS, "MARKET_ASSETS_OWNER_URL": "postgresql://a:s3cret@b:x/c"}, "settings_url", "MARKET_ASSETS_OWNER_URL"),
        ({"MARKET_ASSETS_DATABASE_URL": URLS["MARKET_ASSETS_DATABASE_URL"]}, "settings_database_urls", "owner_url"),
    ],
)
def test_wrong_values_are_refused_by_name_without_their_password(env, rule, column):
    """The rule and the variable are named, the URL is not repeated."""
    with pytest.raises(BadInputError) as caught:
        Settings.from_environment(env)
    assert caught.value.rule == rule
    assert caught.value.where.column == column
    assert "s3cret" not in str(caught.value)
