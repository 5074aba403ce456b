"""``manage.py replay_usage FILE --model … --organisation …``: recorded requests, charged as usage events."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.clock import now
from apps.core.errors import Problem
from apps.core.units import format_tokens
from apps.usage.replaying import Replay, Summary, prepare_replay, run_replay
from apps.usage.traces import TraceError, open_trace

WIDTH = 30


class Command(BaseCommand):
    help = (
        "Charge the requests of a trace (CSV, also .gz) to an organisation's members. It can be stopped or "
        "killed and started again: no line is charged twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="TIMESTAMP,ContextTokens,GeneratedTokens")
        parser.add_argument("--organisation", required=True, help="the platform's id")
        parser.add_argument("--model", required=True)
        parser.add_argument("--operation", default="chat")
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--user", help="charge all of it to this member")
        who.add_argument("--users", type=int, help="spread over so many members (default: all)")
        parser.add_argument("--batch", type=int, default=1000, help="events in one transaction, 1 to 1000")
        parser.add_argument("--keep-time", action="store_true", help="at the prices of the trace's times")

    def handle(self, *args: Any, **options: Any) -> None:
        batch: int = options["batch"]
        if not 1 <= batch <= 1000:
            raise CommandError("--batch takes 1 to 1000.")
        try:
            replay = prepare_replay(
                trace=open_trace(options["file"]),
                organisation=options["organisation"],
                operation=options["operation"],
                model=options["model"],
                user=options["user"],
                users=options["users"],
                keep_time=options["keep_time"],
                at=now(),
            )
        except (TraceError, Problem) as error:
            raise CommandError(f"{error} Nothing was charged.") from error
        self._report(self._run(replay, batch), replay)

    def _run(self, replay: Replay, batch: int) -> Summary:
        summary, began = Summary(), time.monotonic()
        for results in run_replay(replay, batch=batch):
            summary.add(results)
            self._show_progress(summary.events.total(), replay.trace.count, time.monotonic() - began)
        return summary

    def _show_progress(self, done: int, count: int, spent: float) -> None:
        """A bar that moves in a terminal; a line now and then where output is kept."""
        rate = done / max(spent, 0.001)
        left = (count - done) / rate
        bar = "█" * (WIDTH * done // count)
        text = f"[{bar:·<{WIDTH}}] {done:,} of {count:,}  {rate:,.0f}/s  {left:.0f} s left"
        moves = self.stdout.isatty()
        self.stdout.write(f"\r{text} " if moves else text, ending="" if moves and done < count else "\n")
        self.stdout.flush()

    def _report(self, summary: Summary, replay: Replay) -> None:
        for status in ("charged", "partial", "duplicate", "invalid"):
            tokens = format_tokens(summary.tokens[status])
            self.stdout.write(f"{status:<10}{summary.events[status]:>12,}  {tokens} tokens")
        if summary.uncollected:
            self.stdout.write(f"uncollected {format_tokens(summary.uncollected)} tokens")
        for problem in summary.problems:
            self.stdout.write(f"  line {problem}")
        if summary.events["invalid"]:
            sys.exit(1)
