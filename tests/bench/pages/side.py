"""`python -m tests.bench.pages.side fill DATABASE` or `… look [words of a page]`, on the given database."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django

from tests.bench.pages.scale import SMALL, large


def main() -> None:
    act, *words = sys.argv[1:]
    django.setup()
    if act == "fill":
        scale = next(scale for scale in (SMALL, large()) if scale.database == words[0])
        import_module("tests.bench.pages.pattern").prepare()
        import_module("tests.bench.pages.filling").fill(scale)
    else:
        import_module("tests.bench.pages.looking").run(" ".join(words))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
