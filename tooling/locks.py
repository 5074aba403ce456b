"""The three locks: universal, with hashes, and without a word about where they were written."""

from __future__ import annotations

import re
import shutil

from tooling.environment import BENCHMARK, DEVELOPMENT, RUNTIME
from tooling.shell import ROOT, fail, need

PLAIN = re.compile(
    r"^(\s*--hash=sha256:[0-9a-f]{64}|[a-z0-9._\[\],-]+==\S+( ; [^/]+)?)( \\)?$", re.IGNORECASE
)


def write(*, upgrade: bool) -> int:
    """Compile runtime, then development on top of it, then the benchmark's peers on top of that."""
    uv = shutil.which("uv")
    if uv is None:
        fail("Locks are written with uv: pip install uv, then try again.")
    compile_ = [
        uv,
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--python-version",
        "3.11",
    ]
    silent = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    newer = ["--upgrade"] if upgrade else []
    base = [*compile_, *silent, *newer, "pyproject.toml"]
    need([*base, "-o", RUNTIME])
    need([*base, "--group", "dev", "-c", RUNTIME, "-o", DEVELOPMENT])
    need([*base, "--group", "bench", "-c", DEVELOPMENT, "-o", BENCHMARK])
    for name in (RUNTIME, DEVELOPMENT, BENCHMARK):
        _insist_on_plain_lines(name)
    return 0


def _insist_on_plain_lines(name: str) -> None:
    odd = [line for line in (ROOT / name).read_text().splitlines() if not PLAIN.match(line)]
    if odd:
        fail(f"{name} holds more than versions and hashes: {odd[0]}")
