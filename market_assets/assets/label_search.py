"""Label search: on demand only, because every label tried is a trial that the gate counts."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import Field, TypeAdapter

from market_assets.assets import keys
from market_assets.assets.display import numbers, text
from market_assets.assets.label_signal import load_signal
from market_assets.assets.label_trials import LabelBook
from market_assets.assets.measure import measured
from market_assets.assets.panel import load_panel
from market_assets.assets.progress import say
from market_assets.assets.versions import version_of
from market_assets.core.errors import NotEnoughDataError
from market_assets.core.identity import fingerprint, hash_arrays
from market_assets.core.market.adjust import adjust
from market_assets.core.search.bets import Window, split
from market_assets.core.search.label_score import LabelFigures
from market_assets.core.search.label_search import LABEL_SEARCH_VERSION, ranked, search_labels, search_payload
from market_assets.core.search.label_space import OUT_OF_FOLD, LabelSearchSpec, SearchLabel
from market_assets.experiments.spec import DataPolicy, Experiment
from market_assets.partitions import SNAPSHOT
from market_assets.resources.artifacts import Artifacts
from market_assets.resources.clock import Clock
from market_assets.resources.compute import ComputeResource
from market_assets.resources.governance import Governance
from market_assets.resources.warehouse import Warehouse

KIND = "label_search"
SHOWN = 10


class SearchSize(dg.Config):
    """How long to search; a longer search begins with the trials of a shorter one."""

    trials: int = Field(default=0, ge=0, description="labels to try; 0 = as many as the experiment file says")


def build_label_search(experiment: Experiment, policy: DataPolicy) -> dg.AssetsDefinition:
    """The label search asset of one experiment."""
    space = experiment.label_search
    stored = space.signal == OUT_OF_FOLD
    upstream = (keys.backtest, keys.out_of_fold, keys.fold_plan)
    deps = [key(experiment.name) for key in upstream] if stored else [keys.SNAPSHOT, keys.LEAKAGE_REPORT]

    @dg.asset(
        key=keys.label_search(experiment.name),
        deps=[dg.AssetDep(key) for key in deps],
        partitions_def=SNAPSHOT,
        group_name=experiment.name,
        kinds={"numpy", "postgres"},
        owners=[experiment.owner],
        code_version=version_of(code=LABEL_SEARCH_VERSION, spec=_document(space)),
        description="Which label takes home what the signal foresees: profit, stop and horizon, with and without "
        "barriers. A label is scored by what the signal's entries earn a trade after costs, less what random entries "
        "on the same sessions and symbols earn under the same label; a share of wins says nothing. Labels are tried on "
        "the earlier sessions, the chosen one is reported on the later ones."
        "\n\n**On demand only**, by hand or with `market-assets label-search`: every label is a trial and a "
        "configuration. A gate report judged afterwards deflates by the larger number. Stored trials are not done "
        "again, and `trials` in the form makes the search longer. Returns are shares of the stake, a trade.",
    )
    def label_search(
        context: dg.AssetExecutionContext,
        config: SearchSize,
        warehouse: Warehouse,
        artifacts: Artifacts,
        governance: Governance,
        compute: ComputeResource,
        clock: Clock,
    ) -> dg.MaterializeResult:
        snapshot_id, wanted = context.partition_key, config.trials or space.trials
        with measured() as figures:
            manifest = warehouse.snapshots.get(snapshot_id)
            panel = adjust(load_panel(warehouse, manifest))
            signal = load_signal(warehouse, artifacts, experiment, policy, snapshot_id, panel, compute)
            book = LabelBook(
                experiment=experiment,
                snapshot_id=snapshot_id,
                family=signal.family,
                signal=signal.configuration,
                data=fingerprint(bars=manifest.content_hash, signal=hash_arrays({"signal": signal.values})),
                warehouse=warehouse,
                governance=governance,
                clock=clock,
                actor=context.run.run_id,
            )
            identity = book.identity(wanted)
            known = warehouse.reports.latest(KIND, snapshot_id, experiment.name)
            if known is not None and known.payload["fingerprint"] == identity:
                context.log.info("the search of %d labels is stored already", wanted)
                payload, content_hash = known.payload, known.content_hash
            else:
                windows = split(panel, signal.values, space.share, space.selection, space.horizon[1])
                payload = _search(context, book, windows, wanted, identity)
                content_hash = warehouse.reports.put(KIND, snapshot_id, experiment.name, payload)
        verdict = (payload["verdict"] or {}).get("figures") or {}
        return dg.MaterializeResult(
            metadata={
                "signal": payload["signal"]["source"],
                "chosen": payload["chosen"]["name"] if payload["chosen"] else "none",
                "best_labels": _table(payload),
                "trials": len(payload["trials"]),
                "configurations_counted": payload["counted"],
                **numbers({f"verdict_{name}": verdict.get(name) for name in ("expectancy", "baseline", "lift")}),
                **figures,
            },
            data_version=dg.DataVersion(content_hash),
        )

    return label_search


def _document(space: LabelSearchSpec) -> dict[str, Any]:
    return TypeAdapter(LabelSearchSpec).dump_python(space, mode="json")


def _search(
    context: dg.AssetExecutionContext, book: LabelBook, windows: tuple[Window, Window], trials: int, identity: str
) -> dict[str, Any]:
    """Try labels on the earlier window, judge the best one on the later."""
    earlier, later = windows
    experiment = book.experiment

    def evaluate(number: int, label: SearchLabel) -> LabelFigures:
        say(context, f"label {number + 1} of {trials}: {label.name}")
        return book.figures(label, "selection", earlier)

    done = search_labels(experiment.label_search, trials, experiment.seed, evaluate)
    order, chosen, verdict = ranked(done), None, None
    if order:
        chosen = {"number": order[0].number, "name": order[0].label.name, "label": book.stated(order[0].label)}
        try:
            verdict = {"figures": book.figures(order[0].label, "verdict", later).to_payload(), "cause": ""}
        except NotEnoughDataError as error:
            verdict = {"figures": None, "cause": str(error)}
    return {
        "version": LABEL_SEARCH_VERSION,
        "fingerprint": identity,
        "seed": experiment.seed,
        "space": _document(experiment.label_search),
        "entry": experiment.label.entry,
        "side_bp": book.side_bp,
        "signal": {"source": experiment.label_search.signal, "family": book.family},
        "windows": {name: _facts(window) for name, window in zip(("selection", "verdict"), windows, strict=True)},
        **search_payload(done, book.governance.ledger().count(book.snapshot_id).configurations),
        "chosen": chosen,
        "verdict": verdict,
    }


def _facts(window: Window) -> dict[str, Any]:
    sessions = window.sessions
    return {
        "first": str(sessions[0])[:10],
        "last": str(sessions[-1])[:10],
        "sessions": int(sessions.size),
        "entries": int((window.side != 0).sum()),
    }


def _table(payload: Mapping[str, Any]) -> dg.TableMetadataValue:
    """The best labels of the search, with what the number of trials leaves of them."""
    figures = {one["number"]: one["figures"] for one in payload["trials"]}
    shown = ("win_rate", "expectancy", "baseline", "lift", "low", "high")
    rows = [
        dg.TableRecord(
            {
                "label": one["name"],
                **{name: text(figures[one["number"]][name]) for name in shown},
                "deflated": text(one["probability"]),
            }
        )
        for one in payload["ranking"][:SHOWN]
    ]
    return dg.MetadataValue.table(rows)
