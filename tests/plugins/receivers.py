"""Receivers on loopback for what goes out: they answer by a script, note every request and count connections."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
import pytest


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as the receiver read it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, object]:
        found: dict[str, object] = orjson.loads(self.body)
        return found


Answer = int | bytes | tuple[int, dict[str, str]] | Callable[[socket.socket], None]
"""A status; raw bytes; a status with headers; or whatever a function does with the socket."""


@dataclass
class Receiver:
    """What has come, and what to answer next: the script from the front, then `answer` for ever."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    script: list[Answer] = field(default_factory=list)
    answer: Answer = 200
    changed: threading.Condition = field(default_factory=threading.Condition)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def ids(self) -> list[str]:
        return [request.id for request in self.requests]

    def wait(self, count: int, seconds: float = 20) -> list[Request]:
        """The requests, once there are that many; fails when they do not come."""
        with self.changed:
            came = self.changed.wait_for(lambda: len(self.requests) >= count, seconds)
        assert came, f"{len(self.requests)} of {count} requests came within {seconds} s"
        return list(self.requests)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        receiver = self.server.receiver
        with receiver.changed:
            receiver.connections += 1
        file = self.request.makefile("rb")
        with suppress(OSError, ValueError):
            while request := _read(file):
                with receiver.changed:
                    answer = receiver.script.pop(0) if receiver.script else receiver.answer
                    receiver.requests.append(request)
                    receiver.changed.notify_all()
                if not _said(self.request, answer):
                    return


def _read(file: object) -> Request | None:
    first = file.readline().decode("latin-1")  # type: ignore[attr-defined]
    if not first.strip():
        return None
    method, path, _ = first.split(" ", 2)
    headers: dict[str, str] = {}
    while (line := file.readline().decode("latin-1").rstrip("\r\n")) != "":  # type: ignore[attr-defined]
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = file.read(int(headers.get("content-length", "0")))  # type: ignore[attr-defined]
    return Request(method=method, path=path, headers=headers, body=body, at=time.monotonic())


def _said(sock: socket.socket, answer: Answer) -> bool:
    """Answer; whether the connection goes on."""
    if callable(answer):
        answer(sock)
        return False
    if isinstance(answer, bytes):
        sock.sendall(answer)
        return False
    status, headers = answer if isinstance(answer, tuple) else (answer, {})
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Type: text/plain", "Content-Length: 2"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\nok").encode())
    return True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed in the middle is no fault of the receiver."""


def start(receiver: Receiver) -> _Server:
    """Serve a receiver on its port, or on a free one."""
    server = _Server(("127.0.0.1", receiver.port), _Handler)
    server.receiver = receiver
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def stop(server: _Server) -> None:
    """Stop serving and free the port."""
    server.shutdown()
    server.server_close()


@pytest.fixture
def new_receiver() -> Iterator[Callable[..., Receiver]]:
    """Makes receivers, as many as a test wants; they stop with the test."""
    servers: list[_Server] = []

    def make(**given: object) -> Receiver:
        receiver = Receiver(**given)  # type: ignore[arg-type]
        servers.append(start(receiver))
        return receiver

    yield make
    for server in servers:
        stop(server)


@pytest.fixture
def receiver(new_receiver: Callable[..., Receiver]) -> Receiver:
    """One receiver that says 200 unless told otherwise."""
    return new_receiver()
