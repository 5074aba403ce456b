"""The reference model would prove nothing if it shared code with what it checks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parent / "reference"
ALLOWED = ("__future__", "abc", "collections", "dataclasses", "datetime", "typing", "zoneinfo")


def imports(source: str) -> list[str]:
    """The modules that a source text imports."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Name) and node.id in ("__import__", "eval", "exec"):
            found.append(node.id)
    return found


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.py")), ids=lambda path: path.name)
def test_the_model_imports_nothing_but_itself_and_plain_python(path: Path) -> None:
    foreign = [
        name
        for name in imports(path.read_text(encoding="utf-8"))
        if name.split(".")[0] not in ALLOWED and not name.startswith("tests.model.reference.")
    ]
    assert foreign == []


def test_an_import_from_the_apps_would_be_seen() -> None:
    assert imports("def f():\n    from apps.usage import funding") == ["apps.usage"]
    assert imports("import apps.core") == ["apps.core"]
