"""Values kept by their content hash."""

import pytest

from market_assets.stores.recent import Recent


def test_a_value_is_made_once() -> None:
    """The second call gives the same object and does not make another."""
    made: list[str] = []
    recent: Recent[list[str]] = Recent(keep=2)
    first = recent.get("a", lambda: [*made, made.append("a") or "a"])
    assert recent.get("a", lambda: made) is first
    assert made == ["a"]


def test_the_least_recently_used_goes() -> None:
    """With room for two, the one not asked for longest is forgotten."""
    recent: Recent[int] = Recent(keep=2)
    for key in ("a", "b", "a", "c"):
        recent.get(key, lambda: 0)
    assert recent.kept == ("a", "c")


def test_a_failure_is_not_kept() -> None:
    """What could not be made is tried again."""
    recent: Recent[int] = Recent(keep=2)
    with pytest.raises(ZeroDivisionError):
        recent.get("a", lambda: 1 // 0)
    assert recent.kept == ()
    assert recent.get("a", lambda: 1) == 1
