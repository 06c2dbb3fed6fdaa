"""Publication of bundles under kills, refusing disks and rival writers."""

from __future__ import annotations

import errno
import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from market_assets.core.errors import IntegrityError
from market_assets.governance import publish
from market_assets.governance.bundle import read_bundle
from market_assets.governance.publish import sweep_orphans, write_bundle
from market_assets.governance.signing import key_ring, load_or_create_key
from market_assets_tests.governance.samples import sample_files, sample_manifest

STEPS = ("open", "fchmod", "fsync", "rename", "close")


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """Signing key of the module."""
    return load_or_create_key(tmp_path_factory.mktemp("key") / "signing.key")


class StepCounter:
    """``os`` with an action before the n-th step of a publication."""

    def __init__(self, at: int, action) -> None:
        self.at = at
        self.action = action
        self.seen = 0

    def __getattr__(self, name: str):
        call = getattr(os, name)
        if name not in STEPS:
            return call

        def step(*arguments, **named):
            self.seen += 1
            if self.seen == self.at:
                self.action(name)
            return call(*arguments, **named)

        return step


def count_steps(root, key, monkeypatch) -> int:
    """Count the steps of an undisturbed publication."""
    counter = StepCounter(-1, None)
    with monkeypatch.context() as patch:
        patch.setattr(publish, "os", counter)
        write_bundle(root, sample_manifest(), sample_files(), key)
    return counter.seen


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the child only writes files and is gone
def test_a_kill_before_any_step_leaves_a_whole_bundle_or_none(tmp_path, key, monkeypatch):
    """The writer dies before each of its steps in turn; what is visible verifies, orphans are swept, a retry works."""
    keys = key_ring([key.public])
    total = count_steps(tmp_path / "count", key, monkeypatch)
    assert total >= 15
    for at in range(1, total + 1):
        root = tmp_path / str(at)
        child = os.fork()
        if child == 0:  # no exception handler runs: the process is gone, as after SIGKILL
            publish.os = StepCounter(at, lambda name: os._exit(9))
            write_bundle(root, sample_manifest(), sample_files(), key)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        target = root / sample_manifest().model_version
        if target.exists():
            assert read_bundle(target, keys).manifest == sample_manifest()
        assert sweep_orphans(root) <= 1
        assert read_bundle(write_bundle(root, sample_manifest(), sample_files(), key), keys)
        assert [path.name for path in root.iterdir()] == [target.name]


def test_a_disk_that_refuses_leaves_nothing_behind(tmp_path, key, monkeypatch):
    """ENOSPC at each step is raised, nothing is visible under the model version, and a retry works."""

    def full(name: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    total = count_steps(tmp_path / "count", key, monkeypatch)
    for at in range(1, total - 4):  # the rename and what follows it are the other test's
        root = tmp_path / str(at)
        with monkeypatch.context() as patch:
            patch.setattr(publish, "os", StepCounter(at, full))
            with pytest.raises(OSError, match="No space"):
                write_bundle(root, sample_manifest(), sample_files(), key)
        assert not (root / sample_manifest().model_version).exists()
        sweep_orphans(root)
        assert list(root.iterdir()) == []
        write_bundle(root, sample_manifest(), sample_files(), key)


def test_the_same_bundle_twice_is_one_bundle(tmp_path, key):
    """Writing again changes nothing; another manifest under the same version is refused."""
    first = write_bundle(tmp_path, sample_manifest(), sample_files(), key)
    before = {path.name: path.stat().st_mtime_ns for path in first.iterdir()}
    assert write_bundle(tmp_path, sample_manifest(), sample_files(), key) == first
    assert {path.name: path.stat().st_mtime_ns for path in first.iterdir()} == before
    with pytest.raises(IntegrityError, match="another bundle"):
        write_bundle(tmp_path, sample_manifest(device="cuda:0"), sample_files(), key)


def test_rival_writers_of_one_version_publish_once(tmp_path, key):
    """Eight writers at once: one bundle, no leftovers."""
    for round_ in range(5):
        root = tmp_path / str(round_)
        with ThreadPoolExecutor(8) as pool:
            write = partial(write_bundle, root, sample_manifest(), sample_files(), key)
            paths = [future.result() for future in [pool.submit(write) for _ in range(8)]]
        assert len(set(paths)) == 1
        assert list(root.iterdir()) == [paths[0]]


def test_files_that_are_not_those_of_the_manifest_are_refused(tmp_path, key):
    """A bundle is checked before it is written: names, presence and digests."""
    for files in (
        {**sample_files(), "model.ubj": b"other"},
        {**sample_files(), "loader.py": b"x"},
        {name: data for name, data in sample_files().items() if name != "calibrator.json"},
    ):
        with pytest.raises(IntegrityError):
            write_bundle(tmp_path / "bundles", sample_manifest(), files, key)
    pickle = {**sample_files(), "model.pkl": b"x"}
    del pickle["model.ubj"]
    with pytest.raises(IntegrityError, match="exactly one model"):
        write_bundle(tmp_path / "bundles", sample_manifest(files=pickle), pickle, key)
    assert not (tmp_path / "bundles").exists()


def test_the_sweeper_leaves_a_living_writer_alone(tmp_path):
    """A temporary folder whose lock is held belongs to somebody."""
    folder = tmp_path / ".bundle-alive"
    folder.mkdir()
    fd = os.open(folder, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    assert sweep_orphans(tmp_path) == 0
    os.close(fd)
    assert sweep_orphans(tmp_path) == 1
