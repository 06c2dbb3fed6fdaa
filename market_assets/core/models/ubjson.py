"""A strict reader of Universal Binary JSON, used to look at an XGBoost model before the library parses it.

The library ends the whole process on some malformed inputs, so the structure is proven sound first.
Source: the UBJSON draft 12 specification (ubjson.org), the part that XGBoost writes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from market_assets.core.errors import IntegrityError

_NUMBER = {
    b"i": np.dtype(">i1"),
    b"U": np.dtype(">u1"),
    b"I": np.dtype(">i2"),
    b"l": np.dtype(">i4"),
    b"L": np.dtype(">i8"),
    b"d": np.dtype(">f4"),
    b"D": np.dtype(">f8"),
}
_CONSTANT: dict[bytes, Any] = {b"Z": None, b"T": True, b"F": False}
MAX_DEPTH = 32


def parse(data: bytes) -> Any:
    """Return the one value that ``data`` holds; typed arrays come back as numpy arrays.

    Raises
    ------
    IntegrityError
        for an unknown marker, a value that is cut off, nesting deeper than 32, or bytes after the value.
    """
    reader = _Reader(data)
    value = reader.value(reader.take(1), 0)
    if reader.position != len(data):
        raise IntegrityError("UBJSON: bytes follow the value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if count < 0 or end > len(self.data):
            raise IntegrityError("UBJSON: the value is cut off")
        part = self.data[self.position : end]
        self.position = end
        return part

    def number(self, marker: bytes) -> Any:
        dtype = _NUMBER[marker]
        return np.frombuffer(self.take(dtype.itemsize), dtype)[0].item()

    def length(self) -> int:
        marker = self.take(1)
        if marker not in _NUMBER or marker in b"dD":
            raise IntegrityError("UBJSON: a length must be a whole number")
        return int(self.number(marker))

    def text(self) -> str:
        try:
            return self.take(self.length()).decode()
        except UnicodeDecodeError as error:
            raise IntegrityError("UBJSON: a text is not UTF-8") from error

    def value(self, marker: bytes, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise IntegrityError("UBJSON: nested too deeply")
        if marker == b"{":
            return self.mapping(depth)
        if marker == b"[":
            return self.sequence(depth)
        if marker == b"S":
            return self.text()
        if marker in _NUMBER:
            return self.number(marker)
        if marker in _CONSTANT:
            return _CONSTANT[marker]
        raise IntegrityError(f"UBJSON: unknown marker {marker!r}")

    def mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.data[self.position : self.position + 1] != b"}":
            key = self.text()
            if key in found:
                raise IntegrityError(f"UBJSON: key {key!r} stands twice")
            found[key] = self.value(self.take(1), depth + 1)
        self.position += 1
        return found

    def sequence(self, depth: int) -> Any:
        marker = self.take(1)
        if marker == b"$":
            kind = self.take(1)
            if kind not in _NUMBER or self.take(1) != b"#":
                raise IntegrityError("UBJSON: a typed array needs a number type and a count")
            count = self.length()
            return np.frombuffer(self.take(count * _NUMBER[kind].itemsize), _NUMBER[kind])
        if marker == b"#":
            count = self.length()
            if count < 0 or count > len(self.data):
                raise IntegrityError("UBJSON: an array is longer than the file")
            return [self.value(self.take(1), depth + 1) for _ in range(count)]
        items = []
        while marker != b"]":
            items.append(self.value(marker, depth + 1))
            marker = self.take(1)
        return items
