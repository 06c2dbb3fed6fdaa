"""Where a result comes from."""

from __future__ import annotations

import subprocess

from market_assets.governance.provenance import (
    LIBRARIES,
    UNKNOWN,
    code_commit,
    collect_provenance,
    library_versions,
    lock_hash,
    source_hash,
)


def git(root, *arguments: str) -> str:
    """Run git with an identity of its own."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_commit_and_change_of_the_tree_are_seen(tmp_path):
    """A clean tree, a changed one, no commit yet, and a folder inside somebody else's repository."""
    git(tmp_path, "init", "-q")
    assert code_commit(tmp_path) == (UNKNOWN, None)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "a.py").write_text("a = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert code_commit(tmp_path) == (commit, False)
    (tmp_path / "package" / "a.py").write_text("a = 2\n")
    assert code_commit(tmp_path) == (commit, True)
    assert code_commit(tmp_path / "package") == (UNKNOWN, None)


def test_without_git_the_commit_is_unknown(tmp_path, monkeypatch):
    """A machine without git says so instead of failing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_commit(tmp_path) == (UNKNOWN, None)


def test_the_source_hash_sees_content_and_path(tmp_path):
    """Changed content, a renamed file and an added file change the hash; other kinds of file do not."""
    (tmp_path / "a.py").write_text("a = 1\n")
    first = source_hash(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    assert source_hash(tmp_path) == first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    renamed = source_hash(tmp_path)
    (tmp_path / "b.py").write_text("a = 2\n")
    changed = source_hash(tmp_path)
    (tmp_path / "c.py").write_text("")
    assert len({first, renamed, changed, source_hash(tmp_path)}) == 4


def test_every_library_that_shapes_results_is_named_with_its_version(tmp_path):
    """Installed libraries have a version, xgboost under either of its package names; others are unknown."""
    assert UNKNOWN not in library_versions(LIBRARIES).values()
    assert library_versions(("no-such-library",)) == {"no-such-library": UNKNOWN}
    assert lock_hash(tmp_path / "missing") == UNKNOWN


def test_the_provenance_of_this_package_is_complete():
    """Collecting twice gives the same answer."""
    first = collect_provenance()
    assert first == collect_provenance()
    assert first.python.startswith("CPython 3.")
    assert len(first.source_hash) == 64
