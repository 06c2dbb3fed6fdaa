"""The one allow-list for names that reach partition keys, file names or SQL parameters."""

from __future__ import annotations

import re

from market_assets.core.errors import BadInputError, Location

_SYMBOL = re.compile(r"\^?[A-Z0-9]+(?:[./=_-][A-Z0-9]+)*")
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
MAX_SYMBOL = 24
MAX_NAME = 80


def check_symbol(text: str, where: Location | None = None) -> str:
    """Return ``text`` if it is an allowed symbol such as ``AAPL``, ``BRK.B``, ``BTC/USD`` or ``^GSPC``.

    Raises
    ------
    BadInputError
        rule ``symbol_allow_list``; the offending text is shown escaped.
    """
    if isinstance(text, str) and len(text) <= MAX_SYMBOL and _SYMBOL.fullmatch(text):
        return text
    raise BadInputError(
        "symbol_allow_list",
        f"{text!r} is not an allowed symbol; use A-Z, 0-9 joined by single . / = _ - (at most {MAX_SYMBOL} characters)",
        where,
    )


def check_name(text: str, where: Location | None = None) -> str:
    """Return ``text`` if it is an allowed snapshot, experiment, family or model name (lower case).

    Raises
    ------
    BadInputError
        rule ``name_allow_list``; the offending text is shown escaped.
    """
    if isinstance(text, str) and len(text) <= MAX_NAME and _NAME.fullmatch(text):
        return text
    raise BadInputError(
        "name_allow_list",
        f"{text!r} is not an allowed name; use a-z, 0-9 joined by single . _ - (at most {MAX_NAME} characters)",
        where,
    )
