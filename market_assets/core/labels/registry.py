"""Every kind of label by name, with its parameters, its code version and the function that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from market_assets.core.errors import BadInputError
from market_assets.core.identity import fingerprint
from market_assets.core.labels.event_barriers import EventSpec, event_barriers
from market_assets.core.labels.future_regime import FutureRegimeSpec, future_regime
from market_assets.core.labels.horizon import DirectionSpec, VolatilitySpec, direction, realised_volatility
from market_assets.core.labels.spec import LabelSpec
from market_assets.core.labels.target import Target
from market_assets.core.labels.triple_barrier import LABEL_VERSION, triple_barrier
from market_assets.core.market.panel import Panel

TargetSpec = Annotated[
    LabelSpec | EventSpec | DirectionSpec | VolatilitySpec | FutureRegimeSpec, Field(discriminator="kind")
]
"""Parameters of any kind, as they stand in a file; ``kind`` says of which."""


@dataclass(frozen=True)
class LabelKind:
    """One kind of label.

    Parameters
    ----------
    spec : its parameter record; every default is a usable label.
    version : raised whenever the same parameters give other values.
    compute : values and intervals of all rows of an adjusted panel.
    classes : the values it can take, empty for a quantity.
    market_wide : a value reads bars of other symbols too, whatever the parameters.
    """

    spec: type[Any]
    version: str
    compute: Callable[[Panel, Any], Target]
    classes: tuple[int, ...] = ()
    market_wide: bool = False

    def document(self, spec: Any) -> dict[str, Any]:
        """The parameters as JSON values."""
        return TypeAdapter(self.spec).dump_python(spec, mode="json")

    def identity(self, spec: Any) -> str:
        """Hash of parameters and code version: what makes two label sets of one panel the same."""
        return fingerprint(spec=self.document(spec), version=self.version)


KINDS: dict[str, LabelKind] = {
    "triple_barrier": LabelKind(
        LabelSpec, LABEL_VERSION, lambda panel, spec: Target.of_labels(panel, triple_barrier(panel, spec)), (-1, 0, 1)
    ),
    "event_barrier": LabelKind(
        EventSpec, LABEL_VERSION, lambda panel, spec: Target.of_labels(panel, event_barriers(panel, spec)), (-1, 0, 1)
    ),
    "direction": LabelKind(
        DirectionSpec, "1", lambda panel, spec: Target.of_labels(panel, direction(panel, spec)), (-1, 0, 1)
    ),
    "volatility": LabelKind(VolatilitySpec, "1", realised_volatility),
    "future_regime": LabelKind(FutureRegimeSpec, "1", future_regime, (0, 1, 2, 3), market_wide=True),
}
"""The kinds of labels; a new one is tested by being listed."""


def make_target(panel: Panel, spec: Any) -> Target:
    """Values and intervals of the kind that a spec names.

    Raises
    ------
    BadInputError
        rule ``label_kind``: an unknown kind, or parameters of another record.
    """
    kind = KINDS.get(getattr(spec, "kind", ""))
    if kind is None or not isinstance(spec, kind.spec):
        raise BadInputError("label_kind", f"no label of {type(spec).__name__}; there are {', '.join(KINDS)}")
    return kind.compute(panel, spec)
