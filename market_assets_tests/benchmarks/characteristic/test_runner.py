"""Measured in any pieces, by any number of processes: the same records."""

import json
from dataclasses import replace

import pytest

from benchmarks.characteristic.cells import Cell
from benchmarks.characteristic.runner import StaleDrawsError, measure
from benchmarks.characteristic.store import Store
from benchmarks.characteristic.world import World

CELLS = [
    Cell("null", World(candidates=2), 7),
    Cell("skilled", World(candidates=2, sharpe=4.0, skilled=2), 3),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All draws in one go, and the folder they are stored in."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, measure(CELLS, folder, workers=0)


def test_pieces_processes_and_sittings_make_no_difference(whole, tmp_path):
    """Chunks of two in a process of its own, stopped after four draws and continued in this one."""
    sitting = [replace(CELLS[0], draws=4)]
    said = []
    assert measure(sitting, tmp_path, workers=1, chunk=2, say=said.append) == {"null": whole[1]["null"][:4]}
    assert said == ["  4 of 4 draws"]
    assert measure(CELLS, tmp_path, workers=0, chunk=3) == whole[1]


def test_what_is_stored_is_not_judged_again(whole, tmp_path):
    """A stored record is taken as it is: a mark on a later draw survives. Fewer draws read the first ones."""
    folder, records = whole
    store = Store(tmp_path, CELLS[0], 0)
    marked = replace(records["null"][5], sharpe=99.0)
    store.append([records["null"][0], marked])
    found = measure(CELLS[:1], tmp_path, workers=0)["null"]
    assert found == [*records["null"][:5], marked, records["null"][6]]
    assert measure([replace(CELLS[0], draws=2)], folder, workers=0)["null"] == records["null"][:2]


def test_a_line_that_was_cut_off_is_judged_again(whole, tmp_path):
    """A process killed while it writes leaves half a line; the rest stays."""
    store = Store(tmp_path, CELLS[0], 0)
    store.append(whole[1]["null"][:3])
    store.path.write_text(store.path.read_text()[:-40])
    assert set(store.read()) == {0, 1}
    store.append([whole[1]["null"][2]])
    assert store.read() == dict(enumerate(whole[1]["null"][:3]))


def test_draws_of_another_gate_are_refused(whole, tmp_path):
    """The first stored draw is judged again: another verdict than the stored one stops the run."""
    Store(tmp_path, CELLS[0], 0).append([replace(whole[1]["null"][0], promoted=True)])
    with pytest.raises(StaleDrawsError, match=r"null, draw 0: promoted was True, now False"):
        measure(CELLS[:1], tmp_path, workers=0)


def test_other_parameters_have_another_file(whole, tmp_path):
    """Seed, world and sizes are in the name and in the first line; a file of others is not read."""
    cell = CELLS[0]
    stores = [
        Store(tmp_path, cell, 0),
        Store(tmp_path, cell, 1),
        Store(tmp_path, replace(cell, always_full=True), 0),
        Store(tmp_path, replace(cell, world=World(candidates=2, correlation=0.5)), 0),
    ]
    assert len({store.path for store in stores}) == 4
    assert Store(tmp_path, replace(cell, draws=99), 0).path == stores[0].path
    stores[0].append(whole[1]["null"])
    assert json.loads(stores[0].header)["world"]["candidates"] == 2
    stores[0].path.rename(stores[1].path)
    with pytest.raises(ValueError, match="other parameters"):
        stores[1].read()
