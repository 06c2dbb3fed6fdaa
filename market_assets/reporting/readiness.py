"""The readiness checklist of a candidate (J5): what a reviewer ticks off, answered from stored records only."""

from __future__ import annotations

from collections.abc import Iterator

from market_assets.reporting import formats as show
from market_assets.reporting.inputs import Payload, ReportInput
from market_assets.reporting.tables import Cell, Table, Tone

MAX_BYTES = 500_000_000
DRAWDOWN = 0.2
COVERAGE = 0.03
"""Distance from nominal coverage that is asked about where the gate asks for none."""
Item = tuple[str, bool | None, str]
"""Question, answer (None = not known), and the figure behind it."""
_ANSWERS: dict[bool | None, tuple[str, Tone]] = {
    True: ("yes", "good"),
    False: ("no", "bad"),
    None: ("not known", "warn"),
}


def readiness_table(data: ReportInput) -> Table:
    """One row a question."""
    rows = []
    for question, answer, evidence in _items(data):
        word, tone = _ANSWERS[answer]
        rows.append((Cell(word, tone), Cell(question, "strong"), Cell(evidence)))
    return Table(("Answer", "Question", "Evidence"), tuple(rows))


def _items(data: ReportInput) -> Iterator[Item]:
    failed = sum(not rule["passed"] and rule["severity"] == "error" for rule in _rules(data.quality))
    yield "Is the data sound?", failed == 0, f"{failed} data rules failed with severity error"
    leaking = [one["family"] for one in data.leakage["families"] if not one["passed"]]
    yield "Do features know only the past?", not leaking, ", ".join(leaking) or "every family was proven causal"
    gaps = data.evidence["gaps"]
    yield "Could every figure be computed?", not gaps, "; ".join(gap["figure"] for gap in gaps) or "none is missing"
    counts = f"{show.count(data.trials.get('fits'))} fits in the ledger and in the audit log"
    yield "Is every trial counted?", all(gap["figure"] != "trials" for gap in gaps), counts
    broken = [reason["gate"] for reason in data.verdict["reasons"] if not reason["passed"]]
    yield "Does every rule of the gate hold?", not broken, ", ".join(broken) or f"{len(data.verdict['reasons'])} rules"
    yield from _headline(data)
    yield from _validity(data.validity, data.verdict)
    known = bool(data.error_rates and data.error_rates["parts"])
    yield "Are the gate's error rates known?", known, "see below" if known else "none were measured for this policy"


def _headline(data: ReportInput) -> Iterator[Item]:
    """Sharpe ratio, drawdown, Calmar ratio, share of winning days and size of the best candidate (J5)."""
    best = data.evidence["best"]
    get = next((one["figures"].get for one in data.evidence["candidates"] if one["name"] == best), {}.get)

    def with_interval(value: float | None, low: float | None, high: float | None, write: show.Format) -> str:
        return f"{write(value)}; 95 %: {show.interval(low, high, write)}"

    low = get("sharpe_low")
    text = with_interval(get("sharpe"), low, get("sharpe_high"), show.ratio)
    yield "Is the whole interval of the Sharpe ratio above zero?", None if low is None else low > 0.0, text
    deepest = get("drawdown_low")
    limit = next((one["threshold"] for one in data.verdict["reasons"] if one["gate"] == "max_drawdown"), DRAWDOWN)
    text = with_interval(get("max_drawdown"), deepest, get("drawdown_high"), show.percent)
    question = f"Is the whole interval of the drawdown within {show.percent(limit)}?"
    yield question, None if deepest is None else -deepest <= limit, text
    calmar = get("calmar")
    text = f"Calmar ratio {show.ratio(calmar)}"
    yield "Does a year earn the deepest drawdown back?", None if calmar is None else calmar >= 1.0, text
    wins = get("hit_rate")
    yield "Are more days won than lost?", None if wins is None else wins > 0.5, f"{show.percent(wins)} won"
    size = (data.champion or {}).get("bytes")
    text = "no model was promoted" if size is None else f"{size / 1e6:,.1f} MB with everything in its bundle"
    yield "Is the model smaller than 500 MB?", None if size is None else size < MAX_BYTES, text


def _rules(quality: Payload) -> list[Payload]:
    return [rule for entry in quality["symbols"] for rule in entry["rules"]]


def _validity(validity: Payload | None, verdict: Payload) -> Iterator[Item]:
    if validity is None or validity["best"] is None:
        yield "Does it beat simple rules?", None, "no validity report on a best candidate"
        return
    beaten = [one["name"] for one in validity["rivals"] if one["low"] > 0.0]
    text = f"{len(beaten)} of {len(validity['rivals'])} with an interval above zero: {', '.join(beaten) or 'none'}"
    yield "Does it beat every simple rule?", len(beaten) == len(validity["rivals"]), text
    *sides, own = validity["label_bets"]
    shape = max(one["mean"] for one in sides)
    text = f"net mean of a bet {show.fine_percent(own['mean'])}, without a forecast {show.fine_percent(shape)}"
    yield "Does the forecast beat the shape of the labels?", own["low"] > shape, text
    worst = validity["coverage"][validity["best"]]["worst"]
    text = f"{worst['slice']}: {show.percent(worst['coverage'])}" if worst else "no slice is large enough"
    limit = next((one["threshold"] for one in verdict["reasons"] if one["gate"] == "conformal_coverage"), COVERAGE)
    question = f"Do conformal intervals cover within {100 * limit:g} points in every large slice?"
    yield question, worst["gap"] <= limit if worst else None, text
    sharpes = [card["figures"]["sharpe"] for card in validity["scorecards"]["by_year"]]
    good = sum(value is not None and value > 0.0 for value in sharpes)
    yield "Was every year positive?", good == len(sharpes), f"{good} of {len(sharpes)} years"
    yield _sample_gap(validity.get("sample_gap"))


def _sample_gap(gap: Payload | None) -> Item:
    """Shown, never gated: how much of the in-sample Sharpe ratio is left out of sample."""
    question = "Is out of sample within 10 % of in sample?"
    if gap is None:
        return question, None, "no in-sample account was made"
    if gap["in_sample"] is None or gap["out_of_sample"] is None:
        return question, None, gap["cause"]
    text = f"Sharpe {show.ratio(gap['in_sample'])} in sample, {show.ratio(gap['out_of_sample'])} out of sample: "
    if gap["drop"] is None:
        return question, False, text + "nothing was earned in sample, so there is no share to compare"
    word = "lost" if gap["drop"] >= 0.0 else "gained"
    return question, gap["within"], text + f"{show.percent(abs(gap['drop']))} {word}; shown, not gated"
