"""The project's own Python environment, made from a lock and remade only when the lock changed."""

from __future__ import annotations

import hashlib
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from tooling.shell import PYTHON, ROOT, VENV, fail, is_root, need, run, say

RUNTIME = "requirements.lock"
DEVELOPMENT = "requirements-dev.lock"
BENCHMARK = "requirements-bench.lock"


def ensure(lock: str) -> None:
    """Make `.venv` hold what the lock names; what a development lock brought serves for running too."""
    if not _works():
        _make()
    wanted = _fingerprint(lock)
    stamps = _stamps()
    if wanted in stamps or (lock == RUNTIME and _fingerprint(DEVELOPMENT) in stamps):
        return
    say(f"Installing what {lock} names …")
    need(_installer(ROOT / lock))
    _stamp_file().write_text("\n".join({wanted, *(stamps & _present())}))


def _works() -> bool:
    return PYTHON.exists() and run([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) == 0


def _make() -> None:
    say("Making the environment in .venv …")
    if VENV.exists():
        shutil.rmtree(VENV)
    uv = shutil.which("uv")
    if uv:
        need([uv, "venv", "--quiet", "--python", sys.executable, VENV])
        return
    _ensure_venv_module()
    need([sys.executable, "-m", "venv", VENV])


def _ensure_venv_module() -> None:
    """Debian's Python comes without ensurepip: its package is installed when we may."""
    if find_spec("ensurepip") and find_spec("venv"):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    line = f"apt-get update && apt-get install -y {package}"
    if not (is_root() and shutil.which("apt-get")):
        fail(
            f"Python's venv module is not complete on this machine. Install it, then try again:\n\n  {line}\n"
        )
    say(f"Installing {package} …")
    need(["sh", "-c", f"({line}) >/dev/null"], {"DEBIAN_FRONTEND": "noninteractive"})


def _installer(lock: Path) -> list[str | Path]:
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "-r", lock]
    if run([PYTHON, "-c", "import pip"]) != 0:
        need([PYTHON, "-m", "ensurepip", "--default-pip"])
    return [PYTHON, "-m", "pip", "install", "-q", "--no-compile", "--require-hashes", "-r", lock]


def _stamp_file() -> Path:
    return VENV / "installed"


def _stamps() -> set[str]:
    return set(_stamp_file().read_text().split()) if _stamp_file().exists() else set()


def _present() -> set[str]:
    """The fingerprints of today's locks: a stamp of another one says nothing any more."""
    return {_fingerprint(lock) for lock in (RUNTIME, DEVELOPMENT, BENCHMARK)}


def _fingerprint(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()
