"""A closed loop over HTTP/1.1: `python -m tests.bench.load PORT PATH KEY` prints requests a second.

Eight connections stay open; each sends the next request when it has its answer. Plain sockets, so that
the load costs the machine as little as it can.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import threading
import time
import uuid

from tests.bench.names import covered, person
from tests.bench.size import Size, chosen

CONNECTIONS = 8
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\nIdempotency-Key: {once}\r\n"
    "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {length}\r\n\r\n"
)


class Client:
    """One connection and the requests that it sends."""

    def __init__(self, port: int, path: str, secret: str, wallets: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.path, self.secret, self.wallets = path, secret, wallets
        self.answers = self.socket.makefile("rb")

    def send(self, count: int) -> None:
        for _ in range(count):
            self.socket.sendall(self._request())
            self._read()

    def _request(self) -> bytes:
        number = random.randrange(self.wallets)
        body = json.dumps(
            {
                "user": person(number),
                "organisation": covered(number),
                "operation": "chat",
                "model": "claude-sonnet-4-6",
                "quantities": {"input_token": 1200, "output_token": 350},
                "activity": {"type": "conversation", "id": f"c{number}", "label": "AI chat"},
                "capture": True,
            }
        ).encode()
        head = HEAD.format(path=self.path, secret=self.secret, once=uuid.uuid4().hex, length=len(body))
        return head.encode() + body

    def _read(self) -> None:
        status = self.answers.readline()
        length = 0
        while (line := self.answers.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self.answers.read(length)
        if b" 201 " not in status:
            raise RuntimeError(f"{status!r} {body!r}")


def measure(size: Size, port: int, path: str, secret: str) -> int:
    """Requests a second over all connections, after a warm-up."""
    clients = [Client(port, path, secret, size.wallets) for _ in range(CONNECTIONS)]
    each = size.requests // CONNECTIONS
    _together(clients, max(each // 5, 10))
    began = time.perf_counter_ns()
    _together(clients, each)
    return each * CONNECTIONS * 10**9 // (time.perf_counter_ns() - began)


def _together(clients: list[Client], count: int) -> None:
    failures: list[BaseException] = []

    def send(client: Client) -> None:
        try:
            client.send(count)
        except (OSError, RuntimeError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=send, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    sys.stdout.write(f"{measure(chosen(), int(sys.argv[1]), sys.argv[2], sys.argv[3])}\n")
