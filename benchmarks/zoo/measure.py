"""Run every detector over every leak and every twin, and count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scipy.stats import beta

from benchmarks.zoo.entries import ZOO
from benchmarks.zoo.entry import Entry
from benchmarks.zoo.world import make_world
from market_assets.core.leakage.audit import DETECTORS
from market_assets.core.leakage.pipeline import Pipeline, World


@dataclass(frozen=True)
class Seen:
    """What one leak or twin showed in one world: the detectors that found something, by the stage they found it in."""

    entry: Entry
    market: str
    seed: int
    leak: frozenset[str]
    twin: frozenset[str]
    elsewhere: frozenset[str]

    @property
    def caught(self) -> bool:
        """Whether a detector named the stage with the leak."""
        return bool(self.leak)


@dataclass(frozen=True)
class Share:
    """k of n with the exact 95 % interval of Clopper & Pearson (1934)."""

    k: int
    n: int

    @property
    def value(self) -> float:
        """k / n."""
        return self.k / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """Exact two-sided 95 % interval."""
        low = 0.0 if self.k == 0 else float(beta.ppf(0.025, self.k, self.n - self.k + 1))
        high = 1.0 if self.k == self.n else float(beta.ppf(0.975, self.k + 1, self.n - self.k))
        return low, high


class Bench:
    """One world; a detector that meets a stage again gives the answer it gave before."""

    def __init__(self, market: str, seed: int) -> None:
        self.market, self.seed = market, seed
        self.world: World = make_world(market, seed)
        self._known: dict[tuple[str, int], bool] = {}
        self._kept: list[object] = []  # keeps the stages alive, so that an id stays theirs

    def alarms(self, pipeline: Pipeline) -> dict[str, str]:
        """Detectors that found something -> the stage they looked at."""
        found = {}
        for one in DETECTORS:
            stage = getattr(pipeline, one.stage)
            key = (one.name, id(stage))
            if key not in self._known:
                self._kept.append(stage)
                self._known[key] = bool(one.run(pipeline, self.world, self.seed))
            if self._known[key]:
                found[one.name] = one.stage
        return found

    def see(self, entry: Entry) -> Seen:
        """Audit the leak and its twin."""
        leak, twin = self.alarms(entry.leak(self.world)), self.alarms(entry.twin())
        return Seen(
            entry,
            self.market,
            self.seed,
            leak=frozenset(name for name, stage in leak.items() if stage == entry.stage),
            twin=frozenset(twin),
            elsewhere=frozenset(name for name, stage in leak.items() if stage != entry.stage),
        )


def survey(markets: Iterable[str], seeds: Iterable[int], zoo: Iterable[Entry] = ZOO) -> list[Seen]:
    """Every entry in every world."""
    entries, every = tuple(zoo), tuple(seeds)
    out = []
    for market in markets:
        for seed in every:
            bench = Bench(market, seed)
            out += [bench.see(entry) for entry in entries]
    return out


def recall(seen: Iterable[Seen]) -> Share:
    """Leaks caught, of those run."""
    rows = [one.caught for one in seen]
    return Share(sum(rows), len(rows))


def false_alarms(seen: Iterable[Seen]) -> Share:
    """Twins with any alarm at all, of those run."""
    rows = [bool(one.twin) for one in seen]
    return Share(sum(rows), len(rows))


def shapes(seen: Iterable[Seen]) -> Share:
    """Leak shapes caught in every world they were run in: worlds repeat a shape, they are no further shapes."""
    caught: dict[str, bool] = {}
    for one in seen:
        caught[one.entry.name] = caught.get(one.entry.name, True) and one.caught
    return Share(sum(caught.values()), len(caught))


def flagged_shapes(seen: Iterable[Seen]) -> Share:
    """Clean twins flagged in any world, of all twins: worlds repeat a twin too."""
    flagged: dict[str, bool] = {}
    for one in seen:
        flagged[one.entry.name] = flagged.get(one.entry.name, False) or bool(one.twin)
    return Share(sum(flagged.values()), len(flagged))
