"""The same way out for code that is not asynchronous: a requests session that connects to vetted addresses only."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.poolmanager import PoolManager

from connector.events.addresses import Denied, Vetting, parsed
from connector.events.calls import FIXED, READ, Call, Reply


def fetch(call: Call, vetting: Vetting) -> Reply:
    """Make the request on a fresh connection. Never raises for what the receiver does: that is in the reply."""
    start = monotonic()
    try:
        url = str(parsed(call.url))
    except ValueError:
        return Reply(error="url_not_plain")
    adapter = _Adapter(vetting)
    with requests.Session() as session, _deadline(adapter, call.timeout) as late:
        session.trust_env = False
        session.headers.clear()
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        reply = _exchange(session, call, url)
    if late.is_set():
        reply = Reply(status=reply.status, headers=reply.headers, error="no_answer_in_time")
    return Reply(
        status=reply.status, headers=reply.headers, body=reply.body, error=reply.error, seconds=monotonic() - start
    )


def _exchange(session: requests.Session, call: Call, url: str) -> Reply:
    try:
        response = session.request(
            call.method, url, data=call.body or None, headers={**FIXED, **call.headers}, allow_redirects=False,
            timeout=call.timeout, stream=True,
        )  # fmt: skip
    except (requests.RequestException, OSError) as error:
        return Reply(error=_reason(error))
    try:
        if _headers_cut(response):
            return Reply(status=response.status_code, error="answer_cut_short")
        body = response.raw.read(READ, decode_content=False)
        if response.raw.length_remaining and len(body) < READ:
            return Reply(
                status=response.status_code, headers=dict(response.headers), body=body, error="answer_cut_short"
            )
    except (HTTPError, OSError):
        return Reply(status=response.status_code, headers=dict(response.headers), error="answer_cut_short")
    finally:
        response.close()
    return Reply(status=response.status_code, headers=dict(response.headers), body=body)


def _headers_cut(response: requests.Response) -> bool:
    """http.client takes a connection that ends inside the headers for a whole answer, of no stated length."""
    return not {"content-length", "transfer-encoding"} & {name.lower() for name in response.headers} and (
        response.status_code not in (204, 304)
    )


def _reason(error: BaseException | None) -> str:
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, Denied):
            return "network_not_allowed"
        if isinstance(error, socket.gaierror):
            return "name_not_found"
        if isinstance(error, requests.exceptions.SSLError):
            return "tls_failed"
        if isinstance(error, (requests.Timeout, TimeoutError)):
            return "no_answer_in_time"
        error, seen = error.__cause__ or error.__context__, seen + 1
    return "cannot_connect"


@contextmanager
def _deadline(adapter: _Adapter, seconds: float) -> Iterator[threading.Event]:
    """Cuts the adapter's connections when the time is up: a receiver that drips never trips a socket's own time-out."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        for sock in adapter.sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


class _Adapter(HTTPAdapter):
    """Pools whose connections vet the name themselves, and remember their sockets for the deadline."""

    def __init__(self, vetting: Vetting) -> None:
        self.sockets: list[socket.socket] = []
        self.vetting = vetting
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        self.poolmanager = PoolManager(num_pools=1, maxsize=1, retries=False)
        self.poolmanager.pool_classes_by_scheme = {"http": self._pool(False), "https": self._pool(True)}

    def _pool(self, secure: bool) -> Any:
        adapter = self

        def connect(connection: Any) -> socket.socket:
            try:
                return adapter.connected(connection.host, connection.port, connection.timeout)
            except OSError as error:
                raise NewConnectionError(connection, type(error).__name__) from error

        kind: Any = HTTPSConnection if secure else HTTPConnection
        pool: Any = HTTPSConnectionPool if secure else HTTPConnectionPool
        vetted = type(f"Vetted{kind.__name__}", (kind,), {"_new_conn": connect})
        return type(f"Vetted{pool.__name__}", (pool,), {"ConnectionCls": vetted})

    def connected(self, host: str, port: int, timeout: float) -> socket.socket:
        """A socket to the first vetted address that answers."""
        failure: OSError = Denied(host)
        for family, address in self.vetting.vetted(host.strip("[]"), port):
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.settimeout(timeout)
            try:
                sock.connect((address, port))
            except OSError as error:
                failure = error
                sock.close()
                continue
            self.sockets.append(sock)
            return sock
        raise failure
