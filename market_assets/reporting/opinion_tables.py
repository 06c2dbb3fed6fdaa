"""Tables of the second opinions: figures that no rule of the gate reads, each with what it says."""

from __future__ import annotations

from collections.abc import Iterator

from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload
from market_assets.reporting.tables import Cell, Table, figure_cell

Row = tuple[str, str, str, show.Format]
"""Name of the figure, its label, a sentence on it, and how it is written."""


def opinion_table(asked: Payload) -> Table:
    """One row a figure: its value and a plain sentence, or the cause why there is none."""
    figures = asked["figures"]
    rows = [
        (Cell(label, "strong"), figure_cell(write(figures[name])), _words(asked, name, words))
        for name, label, words, write in _rows(asked)
    ]
    for kind, words in _INTERVALS.items():
        low, high = f"{kind}_low", f"{kind}_high"
        words = words.format(block=show.plain(asked["mean_block"]), rounded=round(asked["mean_block"]))
        label = f"Sharpe, {asked['level']:.0%} interval, {kind} bootstrap"
        value = show.interval(figures[low], figures[high], show.ratio)
        rows.append((Cell(label, "strong"), figure_cell(value), _words(asked, low, words)))
    return Table(("Figure", "Value", "In words"), tuple(rows))


def _words(asked: Payload, name: str, words: str) -> Cell:
    """What the figure says, or why it is missing."""
    cause = asked["causes"].get(name)
    return Cell(f"Could not be computed: {cause}" if cause else words)


def significance_table(asked: Payload) -> Table:
    """The candidates side by side: p-values raw and adjusted, StepM, and the model confidence set."""
    tests = asked["tests"]
    rows = [
        (
            Cell(show.words(one["name"]), "strong" if one["name"] == asked["best"] else ""),
            *(figure_cell(_small(one[key])) for key in ("p_value", *_ADJUSTED)),
            Cell(_yes_no(one["stepm_rejected"])),
            Cell(_yes_no(one["in_confidence_set"])),
            Cell("; ".join(cause for cause in (one["cause"], tests["stepm_cause"], tests["set_cause"]) if cause)),
        )
        for one in tests["candidates"]
    ]
    stepm, kept = (f"{share:.0%}" for share in (tests["stepm_alpha"], 1.0 - tests["set_size"]))
    columns = ("Candidate", "p-value", *_ADJUSTED.values(), f"StepM rejects at {stepm}", f"In the {kept} set")
    return Table((*columns, "Could not be computed"), tuple(rows)).without_empty()


def opinion_note(asked: Payload) -> str:
    """What all of it is about."""
    trials, reps = show.count(asked["trials"]), show.count(asked["reps"])
    return (
        f"On {show.words(asked['best'])}, deflated for {trials} trials, as the ledger counted when this was computed. "
        f"{reps} resamples, mean block {show.plain(asked['mean_block'])} sessions. p-values are one-sided, against "
        "cash; their adjustment counts the candidates of this run that have one. Shown, not gated."
    )


_ADJUSTED = {"holm": "Holm", "benjamini_hochberg": "Benjamini-Hochberg", "benjamini_yekutieli": "Benjamini-Yekutieli"}
_INTERVALS = {
    "stationary": "Blocks of random length, {block} sessions on average; the gate reads this lower end.",
    "circular": "Blocks of {rounded} sessions: another way to keep what lies together.",
}


def _rows(asked: Payload) -> Iterator[Row]:
    figures, years = asked["figures"], show.ratio(asked["years"])
    trials, correlated = show.count(asked["trials"]), show.count(asked["correlated"])
    hurdle, rho = show.ratio(figures["hurdle"]), show.ratio(figures["autocorrelation"])
    yield (
        "deflated_2014",
        "deflated Sharpe, 2014 form",
        f"Chance that the true Sharpe ratio beats {hurdle}, the best expected of {trials} worthless trials. "
        "The gate reads this form.",
        show.probability,
    )
    yield "standard_error_2014", "its standard error, annual", "Taken at the estimate, from T - 1 periods.", show.ratio
    yield (
        "deflated_2025",
        "deflated Sharpe, 2025 form",
        f"Another statistic, against the same hurdle: it allows for the autocorrelation of {rho} and for the spread of "
        "a maximum.",
        show.probability,
    )
    yield "standard_error_2025", "its standard error, annual", "Taken at the hurdle, from T periods.", show.ratio
    yield (
        "factor_root",
        "annual factor, independent returns",
        f"Square root of the periods of a year; it gives a Sharpe ratio of {show.ratio(figures['sharpe'])}.",
        show.ratio,
    )
    yield (
        "factor_lo",
        "annual factor, Lo 2002",
        f"From the first {show.count(figures['autocorrelations'])} autocorrelations, later ones taken as zero; noisy "
        f"on a short record. It gives {show.ratio(figures['sharpe_lo'])}.",
        show.ratio,
    )
    yield (
        "factor_lo_ar1",
        "annual factor, Lo 2002, first order",
        f"From the first autocorrelation alone; it gives {show.ratio(figures['sharpe_lo_ar1'])}.",
        show.ratio,
    )
    yield (
        "min_backtest_years",
        "minimum backtest length, years",
        f"With fewer, the best of {trials} worthless trials is expected to show this Sharpe ratio; there are {years}.",
        show.ratio,
    )
    yield (
        "reality_check",
        "Reality Check p-value",
        "White's test that no candidate beats cash: SPA without its strength against bad candidates.",
        lambda value: show.p_value(value, asked["reps"]),
    )
    for dependence, charge in (("independent", "independent tests"), ("bonferroni", "Bonferroni")):
        for law, by in (("normal", "the normal law"), ("student", "Student's law")):
            yield (
                f"haircut_{dependence}_{law}",
                f"haircut Sharpe, {charge}, {law}",
                f"What {trials} tests leave of the annual Sharpe ratio, by {by}.",
                show.ratio,
            )
    for name, (label, words) in _TRIALS.items():
        yield f"trials_{name}", f"effective trials, {label}", words.format(count=correlated), show.ratio


_TRIALS = {
    "average_correlation": ("average correlation", "What {count} candidates are worth, from their mean correlation."),
    "effective_rank": ("effective rank", "The same {count}, from the entropy of the correlation matrix."),
    "participation_ratio": ("participation ratio", "From the squares of its eigenvalues."),
    "li_ji": ("Li and Ji", "Each eigenvalue counts up to one, and the parts above whole numbers."),
    "galwey": ("Galwey", "From the roots of its eigenvalues."),
    "clusters": ("clusters", "Groups of candidates that move together; at least two unless all are equal."),
}


def _small(value: float | None) -> str:
    """A p-value that no resampling made: small ones by their order of magnitude."""
    return f"{value:.1e}" if value is not None and 0.0 < value < 0.0005 else show.probability(value)


def _yes_no(value: bool | None) -> str:
    return show.MISSING if value is None else "yes" if value else "no"
