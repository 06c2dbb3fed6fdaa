"""A bundle with anything wrong is refused before a parser sees its bytes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from random import Random

import pytest

from market_assets.core.errors import IntegrityError
from market_assets.core.identity import canonical_json
from market_assets.core.models.registry import FAMILY_NAMES, family
from market_assets.core.transforms.chain import EXTENSION
from market_assets.governance import bundle as reading
from market_assets.governance.bundle import Bundle, read_bundle
from market_assets.governance.manifest import Manifest
from market_assets.governance.publish import write_bundle
from market_assets.governance.signing import key_ring, load_or_create_key
from market_assets_tests.governance.samples import sample_files, sample_manifest

FLIPS = 2_000


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """Signing key of the module."""
    return load_or_create_key(tmp_path_factory.mktemp("key") / "signing.key")


@pytest.fixture
def folder(tmp_path, key) -> Path:
    """A published bundle."""
    return write_bundle(tmp_path / "bundles", sample_manifest(), sample_files(), key)


class Parser:
    """Stands where the model parser stands, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def load(self, folder: Path, keys) -> None:
        """Read a bundle and hand its model to the parser, as every consumer does."""
        self.parse(read_bundle(folder, keys))

    def parse(self, bundle: Bundle) -> None:
        """Parse the model of a bundle."""
        assert bundle.model
        self.calls += 1


def assert_refused(folder: Path, keys, match: str | None = None) -> None:
    """The bundle is refused, and no parser was called."""
    parser = Parser()
    with pytest.raises(IntegrityError, match=match):
        parser.load(folder, keys)
    assert parser.calls == 0


def test_an_untouched_bundle_is_read(folder, key):
    """What was written comes back, verified."""
    parser = Parser()
    parser.load(folder, key_ring([key.public]))
    assert parser.calls == 1
    bundle = read_bundle(folder, key_ring([key.public]))
    assert bundle.manifest == sample_manifest()
    assert dict(bundle.files) == sample_files()
    assert bundle.model_name == "model.ubj"
    assert bundle.key_id == key.key_id


def test_every_sampled_bit_flip_is_refused_before_any_parser(folder, key, monkeypatch):
    """2,000 single bit flips over all bytes of all files: all refused, and no changed manifest is parsed."""
    parsed = []
    original = Manifest.from_bytes.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(
        Manifest, "from_bytes", classmethod(lambda cls, data: (parsed.append(data), original(cls, data))[1])
    )
    keys = key_ring([key.public])
    contents = {path: path.read_bytes() for path in sorted(folder.iterdir())}
    positions = [(path, position) for path, data in contents.items() for position in range(len(data))]
    random = Random(20)
    accepted = []
    for path, position in random.choices(positions, k=FLIPS):
        flipped = bytearray(contents[path])
        flipped[position] ^= 1 << random.randrange(8)
        path.write_bytes(flipped)
        try:
            read_bundle(folder, keys)
            accepted.append((path.name, position))
        except IntegrityError:
            pass
        path.write_bytes(contents[path])
    assert accepted == []
    assert set(parsed) == {contents[folder / "manifest.json"]}
    read_bundle(folder, keys)


@pytest.mark.parametrize("name", [*sample_files(), "manifest.json", "signature.json"])
def test_removed_emptied_and_cut_files_are_refused(folder, key, name):
    """Each file must be there, whole."""
    keys = key_ring([key.public])
    path = folder / name
    data = path.read_bytes()
    path.write_bytes(b"")
    assert_refused(folder, keys)
    path.write_bytes(data[:-1])
    assert_refused(folder, keys)
    path.write_bytes(data + b" ")
    assert_refused(folder, keys)
    path.unlink()
    assert_refused(folder, keys)


@pytest.mark.parametrize(
    "name",
    ["extra.json", "model.cbm", "model.pkl", "model.ubj.bak", "MODEL.ubj", "Manifest.json", ".hidden", "loader.py"],
)
def test_an_extra_file_is_refused(folder, key, name):
    """Nothing may lie beside the files of the manifest."""
    (folder / name).write_bytes(b"x")
    assert_refused(folder, key_ring([key.public]))


@pytest.mark.parametrize(
    "name", ["model.pkl", "model.joblib", "model.onnx", "MODEL.UBJ", "model", "m.ubj", "model.txt"]
)
def test_a_renamed_model_is_refused(folder, key, name):
    """The model keeps its name, in its case."""
    (folder / "model.ubj").rename(folder / name)
    assert_refused(folder, key_ring([key.public]))


@pytest.mark.parametrize("name", ["model.ubj", "manifest.json", "signature.json"])
def test_links_and_special_files_are_refused(folder, key, tmp_path, name):
    """Symbolic links, hard links, folders and pipes do not stand for a file, same bytes or not."""
    keys = key_ring([key.public])
    path = folder / name
    outside = tmp_path / "outside"
    shutil.copy(path, outside)
    path.unlink()
    path.symlink_to(outside)
    assert_refused(folder, keys, "symbolic link")
    path.unlink()
    os.link(outside, path)
    assert_refused(folder, keys, "hard")
    path.unlink()
    path.mkdir()
    assert_refused(folder, keys, "plain file")
    path.rmdir()
    os.mkfifo(path)
    assert_refused(folder, keys, "plain file")


def test_a_link_to_a_bundle_and_a_renamed_bundle_are_refused(folder, key, tmp_path):
    """A bundle is a folder under its own name."""
    keys = key_ring([key.public])
    link = tmp_path / folder.name
    link.symlink_to(folder)
    assert_refused(link, keys, "folder")
    other = folder.rename(folder.with_name("direction_daily-xgboost-000000000000"))
    assert_refused(other, keys, "holds the manifest of")
    assert_refused(tmp_path / "nowhere", keys)


def test_swapped_signatures_and_swapped_manifests_are_refused(folder, key, tmp_path):
    """The signature of one bundle does not serve another, nor does its signed manifest."""
    keys = key_ring([key.public])
    other = write_bundle(tmp_path / "bundles", sample_manifest("b"), sample_files("b"), key)
    own = (folder / "signature.json").read_bytes()
    shutil.copy(other / "signature.json", folder / "signature.json")
    assert_refused(folder, keys)
    shutil.copy(other / "manifest.json", folder / "manifest.json")
    assert_refused(folder, keys)
    (other / "signature.json").write_bytes(own)
    assert_refused(other, keys)


def test_a_key_that_is_not_trusted_is_refused(folder, key, tmp_path):
    """An unknown key, an empty key ring, and another key filed under the signer's identity."""
    stranger = load_or_create_key(tmp_path / "stranger.key")
    assert_refused(folder, key_ring([stranger.public]), "not trusted")
    assert_refused(folder, {}, "not trusted")
    assert_refused(folder, {key.key_id: stranger.public}, "another key")


def test_a_bundle_signed_anew_by_a_stranger_is_refused(folder, key, tmp_path):
    """Whoever may write the folder cannot sign for us, whatever key id is claimed."""
    stranger = load_or_create_key(tmp_path / "stranger.key")
    manifest = (folder / "manifest.json").read_bytes()
    for claimed in (stranger.key_id, key.key_id):
        document = reading.signature_document(manifest, claimed, stranger.sign(manifest))
        (folder / "signature.json").write_bytes(document)
        assert_refused(folder, key_ring([key.public]))


@pytest.mark.parametrize("algorithm", ["none", "", None, "ED25519", "hmac", "rsa"])
def test_an_unknown_algorithm_is_refused(folder, key, algorithm):
    """There is one algorithm, and the bundle does not choose."""
    record = json.loads((folder / "signature.json").read_bytes())
    (folder / "signature.json").write_bytes(canonical_json({**record, "algorithm": algorithm}))
    assert_refused(folder, key_ring([key.public]), "algorithm")


@pytest.mark.parametrize(
    "change", [{"key_id": 1}, {"key_id": "x"}, {"signature": 1}, {"signature": ""}, {"more": 1}, {"size": 0}]
)
def test_a_malformed_signature_file_is_refused(folder, key, change):
    """Exactly four fields, of their kind."""
    record = json.loads((folder / "signature.json").read_bytes())
    (folder / "signature.json").write_bytes(canonical_json({**record, **change}))
    assert_refused(folder, key_ring([key.public]))


def test_an_oversized_file_is_refused_before_it_is_read(folder, key):
    """A sparse file of 20 MiB stands for a bomb."""
    with (folder / "metrics.json").open("r+b") as file:
        file.truncate(20 * reading.MIB)
    assert_refused(folder, key_ring([key.public]), "allowed are")


def test_planted_bug_a_reader_that_ignores_extra_files_is_noticed(folder, key, monkeypatch):
    """With the allow-list off and extra files dropped, the extra-file test would fail: the bundle is accepted."""
    (folder / "loader.py").write_bytes(b"x")
    original = os.listdir
    monkeypatch.setattr(reading.os, "listdir", lambda fd: [name for name in original(fd) if name != "loader.py"])
    assert read_bundle(folder, key_ring([key.public])).manifest == sample_manifest()


def test_every_model_family_has_an_allowed_extension():
    """What the families write can be published, and so can a model behind transforms."""
    assert {family(name).extension for name in FAMILY_NAMES} | {EXTENSION} <= set(reading.MODEL_EXTENSIONS)
