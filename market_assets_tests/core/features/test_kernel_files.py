"""Numba's cache on disk watches the file of a kernel alone: a kernel may use nothing of another file."""

from __future__ import annotations

import ast
from pathlib import Path

import market_assets.core.features

ROOT = Path(market_assets.core.features.__file__).parent


def foreign(source: str) -> list[str]:
    """Names that compiled functions of a file read and that it imports from the project."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("market_assets")
        for alias in node.names
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any("njit" in ast.unparse(one) for one in node.decorator_list):
            names = {one.id for part in node.body for one in ast.walk(part) if isinstance(one, ast.Name)}
            found += [f"{node.name}: {name}" for name in sorted(names & imported)]
    return found


def test_no_kernel_uses_another_file() -> None:
    """No compiled function calls a function or reads a constant of another file."""
    files = {str(path.relative_to(ROOT)): foreign(path.read_text()) for path in ROOT.rglob("*.py")}
    assert {name: names for name, names in files.items() if names} == {}


def test_a_foreign_name_is_noticed() -> None:
    """A kernel that calls another file's is found, an annotation is not."""
    source = (
        "from market_assets.core.x import other, Floats\n"
        "@njit(cache=True)\n"
        "def good(x: Floats) -> Floats:\n    return x\n"
        "@njit(cache=True)\n"
        "def bad(x: Floats) -> Floats:\n    return other(x)\n"
    )
    assert foreign(source) == ["bad: other"]
