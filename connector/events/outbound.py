"""The one way out: every HTTP request that Leadwire makes on someone's behalf goes through `Sender.send` or `fetch`.

Resolved once, vetted, connected to the vetted address; no redirects, no proxy or password from the environment, one
deadline for everything, at most 64 kB read, and an answer that was cut short is a failure.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic

from aiohappyeyeballs import start_connection
from httptools import HttpParserError

from connector.events.addresses import Denied, Vetting, parsed
from connector.events.calls import FIXED, Call, Reply
from connector.events.lines import Line

NAMES_AT_ONCE = 32
"""Names that may be looked up at once, so that one slow name server does not hold up the rest."""
KEPT = 10.0
"""Seconds for which a connection is kept that nobody uses."""
HEAD_START = 0.25
"""Seconds that one address of a name has before the next one is tried beside it."""
WITH_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say how long their body is even when they have none."""
FAULTS = (TimeoutError, OSError, ValueError, HttpParserError)


@dataclass(frozen=True, slots=True)
class Way:
    """Where a request goes, and how it begins."""

    tls: bool
    host: str
    port: int
    start: str

    @property
    def origin(self) -> tuple[bool, str, int]:
        """Requests to the same origin may share a connection."""
        return self.tls, self.host, self.port


@lru_cache(maxsize=4096)
def way(method: str, url: str) -> Way:
    """The way to a URL; ValueError says why it cannot be called."""
    if not (method.isascii() and method.isalpha()):
        raise ValueError("url_not_plain")
    found = parsed(url)
    fixed = "".join(f"{name}: {value}\r\n" for name, value in FIXED.items())
    start = f"{method} {found.raw_path_qs} HTTP/1.1\r\nHost: {found.host_port_subcomponent}\r\n{fixed}"
    return Way(found.scheme == "https", found.raw_host or "", found.port or 0, start)


def written(start: str, call: Call) -> bytes:
    """The request as it is sent. ValueError when a header would end its line."""
    lines = [f"{name}: {value}\r\n" for name, value in call.headers.items()]
    if call.body or call.method in WITH_LENGTH:
        lines.append(f"Content-Length: {len(call.body)}\r\n")
    text = "".join(lines)
    if not text.count("\r") == text.count("\n") == len(lines) or "\0" in text:
        raise ValueError("url_not_plain")
    return f"{start}{text}\r\n".encode() + call.body


class Sender:
    """Sends over kept connections. Belongs to the event loop it was made in."""

    def __init__(self, vetting: Vetting, *, connections: int = 512) -> None:
        self._vetting = vetting
        self._names = ThreadPoolExecutor(NAMES_AT_ONCE, thread_name_prefix="names")
        self._room = asyncio.Semaphore(connections)
        self._kept: dict[tuple[bool, str, int], list[Line]] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._trust: ssl.SSLContext | None = None

    async def send(self, call: Call) -> Reply:
        """Make the request. Never raises for what the receiver does: that is in the reply."""
        start, error = monotonic(), None
        line: Line | None = None
        try:
            async with asyncio.timeout(call.timeout), self._room:
                path = way(call.method, call.url)
                request = written(path.start, call)
                line = self._idle(path) or await self._connected(path)
                await line.ask(request)
                self._keep(path, line)
        except FAULTS as fault:
            error = reason(fault)
        finally:
            if line is not None and not line.since:
                line.drop()
        seconds = monotonic() - start
        if line is None:
            return Reply(error=error, seconds=seconds)
        return Reply(status=line.status, headers=line.headers, body=line.body, error=error, seconds=seconds)

    async def close(self) -> None:
        """Close the kept connections."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for line in [line for lines in self._kept.values() for line in lines]:
            line.drop()
        self._kept.clear()
        self._names.shutdown(wait=False)

    def _idle(self, path: Way) -> Line | None:
        """A kept connection that can still be used."""
        lines = self._kept.get(path.origin, [])
        while lines:
            line = lines.pop()
            fresh = monotonic() - line.since < KEPT
            line.since = 0.0
            if line.open and fresh:
                return line
            line.drop()
        return None

    def _keep(self, path: Way, line: Line) -> None:
        if not (line.open and line.reusable):
            return
        line.since = monotonic()
        self._kept.setdefault(path.origin, []).append(line)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(KEPT, self._sweep)

    def _sweep(self) -> None:
        """Close what nobody has used for long."""
        oldest = monotonic() - KEPT
        for origin, lines in list(self._kept.items()):
            for line in lines:
                if line.since <= oldest or not line.open:
                    line.drop()
            self._kept[origin] = [line for line in lines if line.open]
            if not self._kept[origin]:
                del self._kept[origin]
        again = asyncio.get_running_loop().call_later
        self._sweeping = again(KEPT, self._sweep) if self._kept else None

    async def _connected(self, path: Way) -> Line:
        """A new connection, to an address that was vetted: the name is not looked up again."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._names, self._vetting.vetted, path.host, path.port)
        places = [(kind, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", _place(kind, it, path.port)) for kind, it in found]
        sock = await start_connection(places, happy_eyeballs_delay=HEAD_START, interleave=1, loop=loop)
        trust = self._trusted() if path.tls else None
        _, line = await loop.create_connection(
            Line, sock=sock, ssl=trust, server_hostname=path.host if path.tls else None
        )
        return line

    def _trusted(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context()
        return self._trust


def _place(family: int, address: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    return (address, port, 0, 0) if family == socket.AF_INET6 else (address, port)


def reason(error: BaseException) -> str:
    """The key of the sentence for what went wrong."""
    return next((key for kinds, key in REASONS if isinstance(error, kinds)), "cannot_connect")


REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((Denied,), "network_not_allowed"),
    ((socket.gaierror,), "name_not_found"),
    ((TimeoutError,), "no_answer_in_time"),
    ((ssl.SSLError,), "tls_failed"),
    ((ConnectionResetError, BrokenPipeError), "answer_cut_short"),
    ((HttpParserError,), "answer_not_http"),
    ((ValueError,), "url_not_plain"),
)
"""Read from the top: the first kind that fits names the reason. All else is a connection that did not come about."""
