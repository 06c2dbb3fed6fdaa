"""Values kept in memory by their content hash: what has been read and verified once is not read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """The last few values of one kind; only for immutable values that are functions of their key."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._values: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The kept value of a key, or that of ``make``, which is kept unless it raises."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = self._values[key] = make()
        while len(self._values) > self._keep:
            self._values.popitem(last=False)
        return value

    def find(self, key: Hashable) -> T | None:
        """The kept value of a key, or None."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    @property
    def kept(self) -> tuple[Hashable, ...]:
        """Keys of the kept values, the most recently used last."""
        return tuple(self._values)
