"""Exit codes, and the error of a run that failed."""

from __future__ import annotations

from market_assets.core.errors import BadInputError, IntegrityError, MarketAssetsError, ServiceUnavailableError

FAILED, BAD_INPUT, UNAVAILABLE, BROKEN, STOPPED = 1, 2, 3, 4, 130
CODES: dict[type[MarketAssetsError], int] = {
    BadInputError: BAD_INPUT,
    ServiceUnavailableError: UNAVAILABLE,
    IntegrityError: BROKEN,
}


class RunFailedError(MarketAssetsError):
    """A run failed for a reason that is not a gate's refusal.

    Parameters
    ----------
    cause : class name of the error that a step raised; it decides the exit code.
    """

    def __init__(self, message: str, cause: str = "") -> None:
        self.cause = cause
        super().__init__(message)


def exit_code(error: MarketAssetsError) -> int:
    """Exit code of an error: of its kind, or of the kind that made a step of a run fail."""
    if isinstance(error, RunFailedError):
        return next((code for kind, code in CODES.items() if kind.__name__ == error.cause), FAILED)
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), FAILED)
