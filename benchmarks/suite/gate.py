"""Operating characteristic of the promotion gate alone, on simulated candidate returns whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.characteristic.cells import BASE, Cell, null_cells, power_cells
from benchmarks.characteristic.judge import Record
from benchmarks.characteristic.runner import measure
from benchmarks.characteristic.summary import false_promotions
from benchmarks.characteristic.tables import (
    FITS,
    PRODUCT,
    gates_table,
    null_table,
    power_table,
    refusal_table,
    sizes_table,
    threshold_table,
)
from benchmarks.characteristic.world import FIRST, SESSIONS, World
from benchmarks.characteristic.world import FITS as FITS_A_CANDIDATE
from benchmarks.options import Options
from benchmarks.result import Figure, Limit, Result
from market_assets.cli.output import progress

AT_MOST = Limit("<=", 0.01, "a gate that is fooled once in a hundred times is no gate")
"""For the upper end of the exact 95 % interval of the false promotion rate."""
SIZES_DRAWS = 300
LEVELS = (0.01, 0.05)
AGAIN = "full sizes"


def cells_of(options: Options) -> list[Cell]:
    """Every cell that the tables need."""
    again = Cell(AGAIN, World(), min(SIZES_DRAWS, options.draws), always_full=True)
    return [*null_cells(options.draws), *power_cells(options.power_draws).values(), again]


def run(options: Options) -> Result:
    """Judge the draws that are not stored yet, and sum up all of them."""
    found = measure(
        cells_of(options),
        options.results / "gate",
        seed=options.seeds[0],
        workers=options.workers,
        say=lambda line: progress.print(line, highlight=False),
    )
    return summarise(options, found)


def summarise(options: Options, found: Mapping[str, Sequence[Record]]) -> Result:
    """Figures and tables from the records of every cell."""
    nulls = null_cells(options.draws)
    by_null = {cell.name: found[cell.name] for cell in nulls}
    power = {key: found[cell.name] for key, cell in power_cells(options.power_draws).items()}
    pooled = [one for cell in nulls if cell.world.candidates == World().candidates for one in found[cell.name]]
    everything = [one for records in by_null.values() for one in records]
    wrong, fits = false_promotions(everything, PRODUCT), false_promotions(everything, FITS)
    level = false_promotions(pooled, PRODUCT).interval[1]
    return Result(
        "gate",
        "Operating characteristic of the promotion gate alone, on simulated candidate returns",
        {
            "null_draws": len(everything),
            "power_draws": options.power_draws,
            "periods": SESSIONS - FIRST,
            "fits_a_candidate": FITS_A_CANDIDATE,
            "seed": options.seeds[0],
        },
        (
            Figure("false promotions, all nulls", wrong.hits, f"of {wrong.count}"),
            Figure("upper end of its exact 95 % interval", wrong.interval[1], "", AT_MOST),
            Figure("the same, trials N = fits", fits.hits, f"of {fits.count}"),
            Figure("upper end, trials N = fits", fits.interval[1]),
        ),
        (
            null_table(by_null),
            gates_table(by_null, pooled, power),
            power_table(power, (level, *LEVELS)),
            threshold_table(pooled),
            refusal_table("Refusals under the nulls of five candidates", pooled),
            refusal_table("Refusals, all skilled, Sharpe 2", power["all", 2.0]),
            refusal_table("Refusals, all skilled, Sharpe 3", power["all", 3.0]),
            refusal_table("Refusals, one skilled, Sharpe 3", power["one", 3.0]),
            sizes_table(found[AGAIN], found[BASE][: len(found[AGAIN])]),
        ),
    )
