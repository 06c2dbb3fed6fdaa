"""What the database says of a sealed holdout, as a typed error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from market_assets.core.errors import BadInputError


@contextmanager
def sealed_named(rule: str, what: str) -> Iterator[None]:
    """Turn a refusal by row-level security into an error of ``rule`` that says ``what`` is sealed.

    Raises
    ------
    BadInputError
        the rule.
    """
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        if "row-level security" not in str(error):
            raise
        text = f"the batch has {what} of a sealed holdout, which this role cannot read or add; leave them out"
        raise BadInputError(rule, text) from None
