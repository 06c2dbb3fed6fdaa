"""Addresses of test databases."""

from urllib.parse import urlsplit, urlunsplit


def with_name(url: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def name_of(url: str) -> str:
    """Name of the database of a URL."""
    return urlsplit(url).path.lstrip("/")
