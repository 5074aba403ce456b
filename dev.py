#!/usr/bin/env python3
"""Everything done to Scrip from a terminal: `python3 dev.py help`. Needs Python 3.11, nothing else."""

import os
import shutil
import signal
import sys

if sys.version_info < (3, 11):
    newer = next(
        filter(None, map(shutil.which, ("python3.13", "python3.12", "python3.11", "python3.14"))), None
    )
    if newer is None:
        sys.exit("Scrip needs Python 3.11 or newer; install it, for example: apt-get install python3.11")
    os.execv(newer, [newer, *sys.argv])

from tooling import checks, demo, environment, locks, services
from tooling.shell import PYTHON, VENV, run, say


def serve(arguments: list[str]) -> int:
    """start the demo: environment, database, prices, organisations, web server"""
    environment.ensure(environment.RUNTIME)
    return demo.serve()


def test(arguments: list[str]) -> int:
    """lint, types, layers, migrations, then the whole suite on SQLite and PostgreSQL"""
    environment.ensure(environment.DEVELOPMENT)
    return checks.test(arguments)


def test_long(arguments: list[str]) -> int:
    """the same with the full counts of kills, histories and event orders"""
    os.environ["SCRIP_LONG"] = "1"
    return test(arguments)


def lint(arguments: list[str]) -> int:
    """only what reads the code"""
    environment.ensure(environment.DEVELOPMENT)
    failed = checks.read_code()
    say(f"Failed: {', '.join(failed)}." if failed else "Nothing found.")
    return 1 if failed else 0


def fmt(arguments: list[str]) -> int:
    """put the code into its form, and mend what can be mended without thought"""
    environment.ensure(environment.DEVELOPMENT)
    return run([VENV / "bin" / "ruff", "check", "--fix", "--quiet", "."]) | run(
        [VENV / "bin" / "ruff", "format", "."]
    )


def with_services(arguments: list[str]) -> int:
    """run a command beside a private PostgreSQL and Redis: dev.py services [--durable] -- pytest tests"""
    environment.ensure(environment.DEVELOPMENT)
    command = [word for word in arguments if word not in ("--durable", "--")] if arguments[:1] else ["bash"]
    with services.private(durable=arguments[:1] == ["--durable"]) as given:
        return run(command, {"PATH": f"{VENV / 'bin'}:{os.environ['PATH']}", **given})


def bench(arguments: list[str]) -> int:
    """measure, on a private PostgreSQL with its own durability"""
    environment.ensure(environment.DEVELOPMENT)
    environment.ensure(environment.BENCHMARK)
    with services.private(durable=True) as given:
        return run([PYTHON, "-m", "tests.bench", *arguments], given)


def manage(arguments: list[str]) -> int:
    """a command of Django's, on the demo's database"""
    environment.ensure(environment.RUNTIME)
    return run([PYTHON, "manage.py", *arguments], {"DEBUG": os.environ.get("DEBUG", "1")})


def env(arguments: list[str]) -> int:
    """make the development environment in .venv"""
    environment.ensure(environment.DEVELOPMENT)
    return 0


def lock(arguments: list[str]) -> int:
    """write the locks anew from pyproject.toml (needs uv; --upgrade for newer versions)"""
    return locks.write(upgrade="--upgrade" in arguments)


COMMANDS = {
    "run": serve,
    "test": test,
    "test-long": test_long,
    "bench": bench,
    "lint": lint,
    "fmt": fmt,
    "services": with_services,
    "manage": manage,
    "env": env,
    "lock": lock,
}


def main() -> int:
    name, *arguments = sys.argv[1:] or ["help"]
    if name not in COMMANDS:
        for command, function in COMMANDS.items():
            say(f"  {command:<10} {function.__doc__}")
        return 0 if name in ("help", "--help", "-h") else 2
    return COMMANDS[name](arguments)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
