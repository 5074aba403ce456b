"""A Chromium that runs: the named one, this machine's, the system's package, Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

from tooling.shell import PYTHON, fail, is_root, run, say

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGES = "chromium libatomic1 fonts-liberation"


def chromium() -> str:
    """The path of a Chromium that starts; installs one where we may."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given if _starts(given) else fail(f"CHROMIUM={given} does not start.")
    return _installed() or _from_system() or _from_playwright() or _missing()


def _installed() -> str | None:
    return next((path for path in _known() if _starts(path)), None)


def _known() -> Iterator[str]:
    for name in NAMES:
        path = shutil.which(name)
        if path:
            yield path


def _starts(path: str) -> bool:
    """Ubuntu's `chromium-browser` is a signpost to a snap: only a version number counts."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and any(part[:1].isdigit() for part in answer.stdout.split())


def _from_system() -> str | None:
    if not (is_root() and shutil.which("apt-get")):
        return None
    say("Installing Chromium from the system's packages …")
    line = f"apt-get update && apt-get install -y --no-install-recommends {PACKAGES}"
    run(["sh", "-c", f"({line}) >/dev/null"], {"DEBIAN_FRONTEND": "noninteractive"})
    return _installed()


def _from_playwright() -> str | None:
    say("Installing Playwright's own Chromium …")
    needs = ["--with-deps"] if is_root() else []
    if run([PYTHON, "-m", "playwright", "install", *needs, "chromium"]):
        return None
    ask = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as p: print(p.chromium.executable_path)"
    )
    answer = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=False)
    path = answer.stdout.strip()
    return path if path and _starts(path) else None


def _missing() -> str:
    fail("Chromium is missing: install chromium, or say CHROMIUM=/path/to/chromium.")
