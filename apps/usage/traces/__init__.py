"""Recorded requests to language models, as events that can be charged.

A trace is CSV, plain or gzip'd, with the header ``TIMESTAMP,ContextTokens,GeneratedTokens``.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"
SHIPPED = Path(__file__).parent / "llm_trace.csv.gz"
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


class TraceError(Exception):
    """A file that is not a trace; the text names the line."""


@dataclass(frozen=True, slots=True)
class TracedRequest:
    """One line: when it came (UTC), tokens read, tokens written."""

    line: int
    time: datetime
    context_tokens: int
    generated_tokens: int


@dataclass(frozen=True, slots=True)
class Trace:
    """A file that was read once to its end without a fault: its SHA-256 (uncompressed) and length."""

    path: Path
    digest: str
    count: int

    def requests(self) -> Iterator[TracedRequest]:
        """The lines again, in their order."""
        with _opened(self.path) as file:
            for number, text in _lines(file):
                yield _request(number, text)


def open_trace(path: Path) -> Trace:
    """Read the whole file before anything is done with it; TraceError for the first fault."""
    digest, count = hashlib.sha256(), 0
    try:
        with _opened(path) as file:
            for number, text in _lines(file, digest):
                _request(number, text)
                count += 1
    except (OSError, EOFError) as error:
        raise TraceError(f"{path} cannot be read: {error}") from error
    if not count:
        raise TraceError(f"{path} has no requests.")
    return Trace(path, digest.hexdigest(), count)


def _opened(path: Path) -> BufferedReader | gzip.GzipFile:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


def _lines(file: Iterable[bytes], digest: hashlib._Hash | None = None) -> Iterator[tuple[int, str]]:
    """The numbered lines after the header, which counts as line 1."""
    for number, raw in enumerate(file, start=1):
        if digest is not None:
            digest.update(raw)
        try:
            text = raw.decode("ascii").rstrip("\r\n")
        except UnicodeDecodeError:
            raise TraceError(f"Line {number} is not plain text.") from None
        if number == 1:
            if text != HEADER:
                raise TraceError(f"Line 1 should be {HEADER}.")
        else:
            yield number, text


def _request(number: int, text: str) -> TracedRequest:
    fields = text.split(",")
    if len(fields) != 3:
        raise TraceError(f"Line {number} should have 3 fields, not {len(fields)}.")
    try:
        time = datetime.fromisoformat(fields[0])
    except ValueError:
        raise TraceError(f"Line {number} should begin with a time such as 2023-11-16 18:15:46.") from None
    for field in fields[1:]:
        if not _NUMBER.fullmatch(field):
            raise TraceError(f"Line {number} should have whole numbers of tokens.")
    if int(fields[1]) + int(fields[2]) == 0:
        raise TraceError(f"Line {number} has no tokens at all.")
    return TracedRequest(number, time.replace(tzinfo=time.tzinfo or UTC), int(fields[1]), int(fields[2]))
