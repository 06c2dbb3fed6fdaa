"""The kinds of market a run may be made on, and what is known of each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.pipeline.days import DATA_VARIABLE, EQUITIES, equity_file
from benchmarks.pipeline.iid import iid_market
from benchmarks.pipeline.resample import equity_market, index_market
from market_assets.core.identity import canonical_json
from market_assets.core.market.panel import Panel
from market_assets.core.market.synthetic import SyntheticSpec, synthesize

Make = Callable[[int, float, int], Panel]
EDGE = "edge_"
DEFAULT_EDGES = (0.08, 0.10, 0.12, 0.16, 0.20)


@dataclass(frozen=True)
class Market:
    """One kind: ``null`` means that nothing can be earned; ``make(symbols, years, seed)``, longer begins the same."""

    name: str
    null: bool
    about: str
    make: Make


def _synthetic(kind: str, edge: float, symbols: int, years: float, seed: int) -> Panel:
    return synthesize(SyntheticSpec(kind=kind, symbols=symbols, years=years, seed=seed, edge=edge)).panel  # type: ignore[arg-type]


def planted(edge: float) -> Market:
    """The product's planted market with another strength."""
    return Market(
        f"{EDGE}{edge:g}",
        False,
        f"planted pressure moves the next day by {edge:g} of its deviation",
        partial(_synthetic, "planted", edge),
    )


def nulls() -> dict[str, Market]:
    """Null markets that can be made here, by name; real equities only where their file is."""
    kinds = [
        Market("iid", True, "independent fat-tailed days, common factors", iid_market),
        Market(
            "garch",
            True,
            "the product's null: factors, volatility clusters, bars that look planted",
            partial(_synthetic, "null", 0.0),
        ),
        Market("index_blocks", True, "S&P 500 and NASDAQ days in blocks, direction by lot", index_market),
    ]
    if (path := equity_file()) is not None:
        kinds.append(
            Market(
                "equity_blocks", True, "real equities' days in blocks, direction by lot", partial(equity_market, path)
            )
        )
    return {kind.name: kind for kind in kinds}


def market(name: str) -> Market:
    """Kind of a name: one of ``nulls()``, or ``edge_<strength>``.

    Raises
    ------
    ValueError
        for another name, or real equities where their file is not.
    """
    known = nulls()
    if name in known:
        return known[name]
    if name.startswith(EDGE):
        return planted(float(name.removeprefix(EDGE)))
    if name == "equity_blocks":
        raise ValueError(f"equity_blocks needs {EQUITIES} in the folder that {DATA_VARIABLE} names")
    raise ValueError(f"no market {name!r}; there are {', '.join(known)} and {EDGE}<strength>, such as {EDGE}0.12")


def default_kinds() -> tuple[str, ...]:
    """Every null that can be made here, then the planted strengths."""
    return (*nulls(), *(planted(edge).name for edge in DEFAULT_EDGES))


def seed_of(kind: str, index: int) -> int:
    """Seed of a run in 0 .. 2**31 - 1, a hash of its kind and number."""
    digest = hashlib.sha256(canonical_json([kind, index])).digest()
    return int.from_bytes(digest[:4], "little") >> 1
