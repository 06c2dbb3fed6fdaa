"""Tables of the feature diagnostics: coefficients by state and horizon, transfer, clusters, flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from market_assets.core.diagnostics.feature_flags import MEANINGS
from market_assets.plots.feature_charts import standing
from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload
from market_assets.reporting.tables import Cell, Table, Tone, figure_cell

SHOWN = 20
HORIZONS = (1, 2, 3, 5, 10, 15, 20)


def feature_note(payload: Payload) -> str:
    """What was measured, on what, and how many features say anything."""
    spec, halves = payload["spec"], payload["transfer"]["halves"][0]
    tested = sum(one["p"] is not None for one in payload["features"])
    same = "" if halves["same_sign"] is None else f", {halves['same_sign']:.0%} with the same sign in the other"
    return (
        f"Rank correlation of each feature with the return over {spec['horizon']} sessions from the next open, one a "
        f"session: {payload['rows']:,} rows of {payload['symbols']} symbols, {payload['first']} to {payload['last']}. "
        f"t with {payload['lags']} lags for the overlap. {payload['informative']} of {tested} features have a mean "
        f"coefficient other than 0 at {spec['level']:.0%}, corrected for their number (Benjamini-Yekutieli). "
        f"{halves['strong']} are strong (|t| of 2 or more) in one half of the symbols{same}."
    )


def coefficient_table(payload: Payload, count: int = SHOWN) -> Table:
    """The features with the largest |t|, one of each cluster: mean, interval, p-values raw and corrected, flags."""
    rows = []
    for one in standing(payload, count):
        tone: Tone = "good" if one["p_benjamini_yekutieli"] <= payload["spec"]["level"] else ""
        rows.append(
            (
                Cell(one["name"], "strong"),
                figure_cell(signed(one["mean"]), tone),
                figure_cell(show.interval(one["low"], one["high"], show.probability)),
                figure_cell(show.ratio(one["t"])),
                *(figure_cell(small(one[key])) for key in ("p", "p_holm", "p_benjamini_yekutieli")),
                figure_cell(show.percent(one["stable"])),
                Cell(", ".join(flag for flag in one["flags"] if flag != "no information")),
            )
        )
    columns = ("Feature", "Mean IC", "95 % interval", "t", "p", "Holm", "BY", "Blocks of one sign", "Flags")
    return Table(columns, tuple(rows))


def state_table(payload: Payload, count: int = SHOWN) -> Table:
    """Mean coefficient with its t by state of the market; green where it holds after correction."""
    names = list(payload["state_sessions"])
    rows = []
    for one in standing(payload, count):
        cells = [Cell(one["name"])]
        for name in names:
            found = one["states"][name]
            known = found["p_adjusted"] is not None and found["p_adjusted"] <= payload["spec"]["level"]
            cells.append(figure_cell(_with_t(found["mean"], found["t"]), "good" if known else ""))
        rows.append(tuple(cells))
    heads = (f"{name} ({payload['state_sessions'][name]:,})" for name in names)
    return Table(("Feature", *heads), tuple(rows))


def decay_table(payload: Payload, count: int = SHOWN) -> Table:
    """Mean coefficient with its t by horizon, and the horizon at which |t| is largest."""
    chosen = [h for h in HORIZONS if h in payload["horizons"]]
    places = [payload["horizons"].index(h) for h in chosen]
    rows = [
        (
            Cell(one["name"]),
            *(figure_cell(_with_t(one["decay"][k], one["decay_t"][k])) for k in places),
            figure_cell(show.count(one["peak"])),
        )
        for one in standing(payload, count)
    ]
    return Table(("Feature", "1 session", *(str(h) for h in chosen[1:]), "Peak"), tuple(rows))


def transfer_table(payload: Payload) -> Table:
    """Halves of the universe, and every sector against the rest: order of all features, signs of the strong ones."""
    first, second = payload["transfer"]["halves"]
    pairs = [("half A, seen in half B", first), ("half B, seen in half A", second)]
    pairs += [(f"all but {one['sector']}, seen in it", one) for one in payload["transfer"]["sectors"]]
    rows = [
        (
            Cell(name),
            figure_cell(show.ratio(one["correlation"])),
            figure_cell(show.count(one["strong"])),
            figure_cell(show.percent(one["same_sign"])),
        )
        for name, one in pairs
    ]
    return Table(
        ("Estimated in", "Rank correlation of ICs", "Strong features", "Of these with the same sign"), tuple(rows)
    )


def cluster_table(payload: Payload, count: int = SHOWN) -> Table:
    """Features that stand for each other, the largest clusters first."""
    rows = [
        (
            Cell(one["stands"], "strong"),
            figure_cell(show.count(len(one["members"]) + 1)),
            figure_cell(show.ratio(one["least_correlation"])),
            Cell(", ".join(one["members"])),
        )
        for one in payload["clusters"][:count]
    ]
    return Table(("Stands for", "Features", "Least |correlation|", "The others"), tuple(rows))


def inflation_table(payload: Payload, count: int = SHOWN) -> Table:
    """Features that others combine to, the worst first; one feature of each cluster was kept."""
    found = [one for one in payload["features"] if "collinear" in one["flags"]]
    found.sort(key=lambda one: (not one["singular"], -(one["vif"] or 0.0)))
    rows = [
        (Cell(one["name"]), figure_cell("no bound" if one["singular"] else show.count(one["vif"]), "warn"))
        for one in found[:count]
    ]
    return Table(("Feature", "Variance inflation"), tuple(rows))


def flag_counts(payload: Payload, meanings: Mapping[str, str] = MEANINGS) -> Table:
    """How many features carry each flag, and what it means."""
    total = len(payload["features"])
    rows = [
        (Cell(flag), figure_cell(f"{payload['flagged'][flag]} of {total}"), Cell(meaning))
        for flag, meaning in meanings.items()
    ]
    return Table(("Flag", "Features", "Meaning"), tuple(rows))


def reason_table(payload: Payload, left_out: Sequence[str] = ("no information",)) -> Table:
    """Every flag with its reason, feature by feature."""
    rows = [
        (Cell(one["name"]), Cell(flag), Cell(reason))
        for one in payload["features"]
        for flag, reason in one["flags"].items()
        if flag not in left_out
    ]
    return Table(("Feature", "Flag", "Reason"), tuple(rows))


def signed(value: float | None, digits: int = 3) -> str:
    """A coefficient with its sign."""
    return show.MISSING if value is None else f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def small(value: float | None) -> str:
    """A p-value: two digits, never a bare zero."""
    return show.MISSING if value is None else f"{value:.2g}" if value >= 1e-4 else "< 0.0001"


def _with_t(mean: float | None, t: float | None) -> str:
    if mean is None:
        return show.MISSING
    return signed(mean) + ("" if t is None else f" ({signed(t, 1)})")
