"""`python -m tests.bench.pages.side DATABASE fill`, or `… DATABASE look TIMES [words of a page]`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django

from tests.bench.pages.scale import SMALL, large


def main() -> None:
    database, act, *words = sys.argv[1:]
    django.setup()
    if act == "fill":
        scale = next(scale for scale in (SMALL, large()) if scale.database == database)
        import_module("tests.bench.pages.pattern").prepare()
        import_module("tests.bench.pages.filling").fill(scale)
    else:
        import_module("tests.bench.pages.looking").run(int(words[0]), " ".join(words[1:]))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
