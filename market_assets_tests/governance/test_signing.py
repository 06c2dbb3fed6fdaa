"""Ed25519 keys and signatures."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from market_assets.core.errors import IntegrityError
from market_assets.governance.signing import (
    SigningKey,
    key_id,
    load_or_create_key,
    load_public_key,
    public_key_path,
    verify_signature,
)


def test_rfc_8032_test_vector_2():
    """Key, message and signature of RFC 8032, section 7.1, TEST 2."""
    secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
    signature = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))
    assert key.sign(b"\x72") == signature
    verify_signature(key.public, b"\x72", signature)


def test_the_key_file_is_private_and_stays_the_same(tmp_path):
    """First use makes a key of mode 0600 with its public half; later uses read it."""
    path = tmp_path / "state" / "signing.key"
    first = load_or_create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path).key_id == first.key_id
    assert key_id(load_public_key(public_key_path(path))) == first.key_id
    assert len(first.key_id) == 16
    assert first.key_id in repr(first)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["signing.key", "signing.key.pub"]


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    """The key that was linked first is everybody's key."""
    for round_ in range(10):
        path = tmp_path / str(round_) / "signing.key"
        with ThreadPoolExecutor(8) as pool:
            keys = {key.key_id for key in pool.map(load_or_create_key, [path] * 8)}
        assert len(keys) == 1


def test_a_key_open_to_others_or_behind_a_link_is_refused(tmp_path):
    """A private key readable by a group, or a symbolic link to one, is not used."""
    path = tmp_path / "signing.key"
    load_or_create_key(path)
    link = tmp_path / "link.key"
    link.symlink_to(path)
    with pytest.raises(IntegrityError, match="opened"):
        load_or_create_key(link)
    (tmp_path / "folder.key").mkdir()
    with pytest.raises(IntegrityError, match="plain file"):
        load_or_create_key(tmp_path / "folder.key")
    os.chmod(path, 0o640)
    with pytest.raises(IntegrityError, match="0600"):
        load_or_create_key(path)


def test_what_is_no_ed25519_key_is_refused(tmp_path):
    """Garbage and keys of another kind are refused, private and public."""
    other = X25519PrivateKey.generate()
    pem = serialization.Encoding.PEM
    private = other.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = other.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    for content, load in [(b"x", load_or_create_key), (private, load_or_create_key)]:
        path = tmp_path / "private"
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(IntegrityError):
            load(path)
    for content in (b"x", public):
        path = tmp_path / "public"
        path.write_bytes(content)
        with pytest.raises(IntegrityError):
            load_public_key(path)


@pytest.mark.parametrize(
    "change", [str.upper, lambda s: s[:-2], lambda s: s + "00", lambda s: " " + s[1:], lambda s: ""]
)
def test_only_the_canonical_spelling_of_a_signature_is_read(change):
    """Upper case, missing, added or blank characters are refused although hex parsers would take some."""
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(b"\xab" * 32))
    with pytest.raises(IntegrityError):
        verify_signature(key.public, b"data", change(key.sign(b"data")))
    with pytest.raises(IntegrityError):
        verify_signature(key.public, b"datb", key.sign(b"data"))
