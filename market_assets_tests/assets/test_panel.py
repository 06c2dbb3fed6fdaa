"""Reading a snapshot's panel: verified against its hash, kept for the next stage."""

from dataclasses import replace

import pytest

from market_assets.assets import panel as module
from market_assets.assets.panel import load_panel
from market_assets.core.errors import IntegrityError
from market_assets.sources.base import open_source
from market_assets.stores.recent import Recent
from market_assets_tests.worlds import CLEAN_AT, NULL_AT, SOURCE, SPOILT_AT, World


def test_the_panel_is_that_of_the_source(cut_world: World) -> None:
    """Bars of the clean snapshot are the source's own, in the source's sectors, whatever was revised since."""
    manifest = cut_world.warehouse.snapshots.get(cut_world.snapshot(CLEAN_AT))
    found = load_panel(cut_world.warehouse, manifest)
    wanted = open_source(SOURCE).bars(list(found.symbols))
    assert found.to_frame().drop("known_at").equals(wanted.drop("known_at"))
    assert found.content_hash() == manifest.content_hash


def test_a_manifest_that_does_not_fit_is_refused(cut_world: World) -> None:
    """Another hash than that of the rows is an integrity error that names both."""
    manifest = cut_world.warehouse.snapshots.get(cut_world.snapshot(CLEAN_AT))
    forged = replace(manifest, snapshot_id="20180101-forged", content_hash="0" * 64)
    with pytest.raises(IntegrityError, match="the manifest says 000000000000"):
        load_panel(cut_world.warehouse, forged)


def test_the_last_panels_are_kept(cut_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two snapshots stay in memory, the least recently used goes; a second read gives the same object."""
    monkeypatch.setattr(module, "_panels", Recent(keep=2))
    manifests = [
        cut_world.warehouse.snapshots.get(cut_world.snapshot(at)) for at in (CLEAN_AT, SPOILT_AT, CLEAN_AT, NULL_AT)
    ]
    panels = [load_panel(cut_world.warehouse, manifest) for manifest in manifests]
    assert panels[0] is panels[2]
    kept = [snapshot_id for _, snapshot_id in module._panels.kept]
    assert kept == [manifests[2].snapshot_id, manifests[3].snapshot_id]
