"""Every carried case is read by some test."""

import ast
from pathlib import Path

from market_assets_tests.golden.cases import CARRIED

TESTS = Path(__file__).resolve().parents[1]
MODULE = "market_assets_tests.golden.cases"


def cases_read(source):
    """(method, id) of every carried case that a test module asks for by ``case`` or ``cases``.

    Methods and ids are string literals or module constants; an id that is a parameter stands for every id of the
    method that the module names.
    """
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == MODULE
        for alias in node.names
    }
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}

    def text(node):
        return node.value if isinstance(node, ast.Constant) else constants.get(getattr(node, "id", ""))

    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        function = imported.get(node.func.id)
        if function not in ("case", "cases"):
            continue
        method = text(node.args[0])
        items = CARRIED.get(method, [])
        if function == "cases":
            only = next((text(keyword.value) for keyword in node.keywords if keyword.arg == "only"), "")
            found |= {(method, item["id"]) for item in items if not only or only in item["inputs"]}
        else:
            wanted = text(node.args[1])
            chosen = named if wanted is None else {wanted}
            found |= {(method, item["id"]) for item in items if item["id"] in chosen}
    return found


def test_every_carried_case_is_read():
    """A case that no test asks for proves nothing."""
    read = set()
    for path in sorted(TESTS.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if MODULE in source:
            read |= cases_read(source)
    unread = sorted({(method, item["id"]) for method, items in CARRIED.items() for item in items} - read)
    assert not unread, "no test reads " + ", ".join(f"{method}/{name}" for method, name in unread)


def test_what_a_module_reads_is_found():
    """By literal, constant, alias, filter and parameter; a name that is not imported reads nothing."""
    head = f"from {MODULE} import case as one, cases\n"
    assert cases_read(head + "M = 'kelly_fraction'\none(M, 'multi_asset')") == {("kelly_fraction", "multi_asset")}
    assert len(cases_read(head + "cases('kelly_fraction', only='sigma')")) == 2
    assert len(cases_read(head + "cases('kelly_fraction')")) == len(CARRIED["kelly_fraction"])
    assert cases_read(head + "PAIR = ['sp500']\none('garch11', name)") == {("garch11", "sp500")}
    assert cases_read("cases('kelly_fraction')") == set()
    assert cases_read(head + "case('kelly_fraction', 'multi_asset')") == set()
