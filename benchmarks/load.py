"""A keep-alive HTTP load generator: N connections in a closed loop, one epoll, nothing but the standard library."""

from __future__ import annotations

import gc
import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

END_OF_HEAD = b"\r\n\r\n"

Request = Callable[[], bytes]
"""Makes the next request, as the bytes to send."""


@dataclass(slots=True)
class Load:
    """What one load came to. Every request sent was answered: the stop lets those in flight finish."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    """Seconds of each answered request, sorted."""
    answers: dict[int, int] = field(default_factory=dict)
    """Answers by status."""
    refusals: list[bytes] = field(default_factory=list)
    """The first few answers that were not 2xx."""

    @property
    def good(self) -> int:
        """Answers with a 2xx status."""
        return sum(count for status, count in self.answers.items() if 200 <= status < 300)

    @property
    def rate(self) -> float:
        """Answered requests per second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """The time in milliseconds that `share` of the requests stayed within."""
        return 1000 * self.times[min(len(self.times) - 1, int(share * len(self.times)))]


@dataclass(slots=True)
class _Wire:
    """One connection and what it is waiting for."""

    sock: socket.socket
    sent: float = 0.0
    got: bytearray = field(default_factory=bytearray)
    length: int = -1


def post(path: str, token: str, body: object, key: str = "") -> bytes:
    """The bytes of a JSON POST; `key`: its Idempotency-Key."""
    text = json.dumps(body).encode()
    own = f"Idempotency-Key: {key}\r\n" if key else ""
    return _head("POST", path, token, f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n{own}") + text


def get(path: str, token: str) -> bytes:
    """The bytes of a GET."""
    return _head("GET", path, token, "")


def run(port: int, connections: int, seconds: float, request: Request) -> Load:
    """Keep `connections` requests in flight for `seconds`, then let them finish."""
    result = Load()
    with _wires(port, connections) as (selector, wires), _no_garbage():
        start = time.perf_counter()
        for wire in wires:
            _send(wire, request)
        open_wires = connections
        while open_wires:
            for key, _ in selector.select(30) or _silent():
                if _receive(key.data, result):
                    if time.perf_counter() - start < seconds:
                        _send(key.data, request)
                    else:
                        selector.unregister(key.data.sock)
                        open_wires -= 1
        result.seconds = time.perf_counter() - start
    result.times.sort()
    return result


def once(port: int, message: bytes) -> tuple[int, bytes]:
    """One request on a connection of its own: its status and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        wire = _Wire(sock)
        sock.sendall(message)
        while not _complete(wire):
            _read(wire)
        return _status(wire.got), bytes(wire.got[-wire.length :] if wire.length else b"")


@contextmanager
def line(port: int) -> Iterator[Callable[[bytes], tuple[float, bytes]]]:
    """A connection of one's own: ask it and get the seconds and the body of the answer, which must be 200."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def ask(message: bytes) -> tuple[float, bytes]:
            wire = _Wire(sock)
            start = time.perf_counter()
            sock.sendall(message)
            while not _complete(wire):
                _read(wire)
            seconds = time.perf_counter() - start
            if _status(wire.got) != 200:
                raise RuntimeError(f"answered {bytes(wire.got[:600])!r} to {message[:200]!r}")
            return seconds, bytes(wire.got[-wire.length :])

        yield ask


def _head(method: str, path: str, token: str, more: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n{more}\r\n".encode()


@contextmanager
def _wires(port: int, count: int) -> Iterator[tuple[selectors.BaseSelector, list[_Wire]]]:
    selector = selectors.DefaultSelector()
    wires = []
    try:
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", port), timeout=30)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wires.append(_Wire(sock))
            selector.register(sock, selectors.EVENT_READ, wires[-1])
        yield selector, wires
    finally:
        for wire in wires:
            wire.sock.close()
        selector.close()


@contextmanager
def _no_garbage() -> Iterator[None]:
    """No collection pauses of our own among the measured times."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _silent() -> list[tuple[selectors.SelectorKey, int]]:
    raise RuntimeError("the server has not answered for 30 seconds")


def _send(wire: _Wire, request: Request) -> None:
    message = request()
    wire.got.clear()
    wire.length = -1
    wire.sent = time.perf_counter()
    wire.sock.sendall(message)


def _receive(wire: _Wire, result: Load) -> bool:
    """Read what is there; True once the answer is complete, and then noted."""
    _read(wire)
    if not _complete(wire):
        return False
    result.times.append(time.perf_counter() - wire.sent)
    status = _status(wire.got)
    result.answers[status] = result.answers.get(status, 0) + 1
    if not 200 <= status < 300 and len(result.refusals) < 3:
        result.refusals.append(bytes(wire.got))
    return True


def _read(wire: _Wire) -> None:
    data = wire.sock.recv(262_144)
    if not data:
        raise RuntimeError(f"the server closed the connection after {bytes(wire.got[:300])!r}")
    wire.got += data


def _complete(wire: _Wire) -> bool:
    if wire.length < 0:
        end = wire.got.find(END_OF_HEAD)
        if end < 0:
            return False
        head = bytes(wire.got[:end]).lower()
        wire.length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
    return len(wire.got) - wire.got.find(END_OF_HEAD) - len(END_OF_HEAD) >= wire.length


def _status(got: bytearray) -> int:
    return int(got[9:12])
