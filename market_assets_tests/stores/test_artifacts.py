"""Artifacts: named by content, whole or not there, checked on every read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from market_assets.core.errors import BadInputError, IntegrityError, ServiceUnavailableError
from market_assets.core.identity import sha256_hex
from market_assets.stores.artifacts import ArtifactStore


def test_the_same_bytes_are_stored_once(artifact_store: ArtifactStore):
    """The name is the digest, and a second suffix does not make a second file."""
    digest = artifact_store.put(b"model", ".ubj")
    assert digest == sha256_hex(b"model") == artifact_store.put(b"model", ".json")
    assert artifact_store.get(digest) == b"model"
    assert artifact_store.path(digest).name == f"{digest}.ubj"
    assert [path.name for path in artifact_store.root.rglob("*") if path.is_file()] == [f"{digest}.ubj"]
    assert artifact_store.get(artifact_store.put(b"")) == b""


def test_every_flipped_byte_is_noticed_and_put_heals(artifact_store: ArtifactStore):
    """Any one changed byte, a cut and an addition are refused; putting the true bytes again mends the file."""
    data = bytes(range(64))
    digest = artifact_store.put(data, ".bin")
    path = artifact_store.path(digest)
    damaged = [data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :] for i in range(len(data))]
    for bad in [*damaged, data[:-1], data + b"\0", b""]:
        path.write_bytes(bad)
        with pytest.raises(IntegrityError, match="does not match its name"):
            artifact_store.get(digest)
    assert artifact_store.put(data, ".bin") == digest
    assert artifact_store.get(digest) == data


def test_names_that_are_no_digest_open_nothing(artifact_store: ArtifactStore):
    """Traversal, wildcards, upper case and strange suffixes are refused before any file is touched."""
    for name in ("../x", "*" * 64, "A" * 64, "a" * 63, "a" * 64 + "\n", ""):
        with pytest.raises(BadInputError, match="artifact_digest"):
            artifact_store.get(name)
    for suffix in ("/../x", "json", ".a b", ".tar.gz.x"):
        with pytest.raises(BadInputError, match="artifact_suffix"):
            artifact_store.put(b"x", suffix)
    with pytest.raises(IntegrityError, match="is missing under"):
        artifact_store.get("a" * 64)
    assert not artifact_store.root.exists()


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_full_disk_names_the_path_and_leaves_no_partial_file(artifact_store: ArtifactStore, monkeypatch, step: str):
    """ENOSPC at each step: a clear error, nothing visible, and the next try works."""

    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os if step == "fsync" else Path, step, full)
        with pytest.raises(ServiceUnavailableError, match=f"{artifact_store.root}.*No space left"):
            artifact_store.put(b"model", ".ubj")
    assert [path for path in artifact_store.root.rglob("*") if path.is_file()] == []
    assert artifact_store.get(artifact_store.put(b"model", ".ubj")) == b"model"
