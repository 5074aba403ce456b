"""Every sentence that the code gives to the translator, read from the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.template import Template
from django.template.base import Node
from django.template.engine import Engine
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(settings.BASE_DIR)
CALLS = {
    "_": 0,
    "gettext": 0,
    "gettext_lazy": 0,
    "gettext_noop": 0,
    "ngettext": 0,
    "ngettext_lazy": 0,
    "pgettext": 1,
    "pgettext_lazy": 1,
}
"""Each call with the place of its sentence among the arguments."""


def sentences_of_the_code() -> set[tuple[str, str]]:
    """Pairs of context and sentence."""
    found: set[tuple[str, str]] = set()
    for folder in ("apps", "config"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                found.update(_of_python(path))
    for path in templates():
        found.update(_of_template(path))
    return found


def templates() -> list[Path]:
    """All templates of ours."""
    folders = [ROOT / "templates", *ROOT.glob("apps/*/templates")]
    return sorted(path for folder in folders for path in folder.rglob("*.*"))


def _of_python(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in CALLS:
            said = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            place = CALLS[name]
            if len(said) > place and isinstance(said[place], str):
                yield (str(said[0]) if place else "", str(said[place]))


def _of_template(path: Path) -> Iterator[tuple[str, str]]:
    nodes = Template(path.read_text(), engine=Engine.get_default()).nodelist
    for node in nodes.get_nodes_by_type(Node):
        if isinstance(node, TranslateNode):
            literal = getattr(node.filter_expression.var, "literal", None)
            if isinstance(literal, str):
                yield ("", literal)
        if isinstance(node, BlockTranslateNode):
            yield ("", node.render_token_list(node.singular)[0])
