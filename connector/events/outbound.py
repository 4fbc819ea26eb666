"""The one way out: every HTTP request that Leadwire makes on someone's behalf goes through `Sender.send` or `fetch`.

Resolved once, vetted, connected to the vetted address; no redirects, no proxy or password from the environment, one
deadline for everything, at most 64 kB read, and an answer that was cut short is a failure.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from connector.events.addresses import Denied, Vetting, parsed
from connector.events.calls import FIXED, READ, Call, Reply

NAMES_AT_ONCE = 32
"""Names that may be looked up at once, so that one slow name server does not hold up the rest."""


class Names(AbstractResolver):
    """aiohttp's resolver: hands out vetted addresses only."""

    def __init__(self, vetting: Vetting) -> None:
        self._vetting = vetting
        self._pool = ThreadPoolExecutor(NAMES_AT_ONCE, thread_name_prefix="names")

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        """The addresses of a name, all vetted."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._pool, self._vetting.vetted, host, port, family)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in found
        ]

    async def close(self) -> None:
        """Let the look-up threads go."""
        self._pool.shutdown(wait=False)


class Sender:
    """Sends over kept connections. Belongs to the event loop it was made in."""

    def __init__(self, vetting: Vetting, *, connections: int = 512) -> None:
        self._vetting = vetting
        connector = aiohttp.TCPConnector(
            resolver=Names(vetting),
            use_dns_cache=False,
            limit=connections,
            keepalive_timeout=10,
            socket_factory=self._socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
            requote_redirect_url=False, skip_auto_headers=("Accept",),
        )  # fmt: skip

    def _socket(self, info: Any) -> socket.socket:
        """The last gate: no socket is made for an address that is not vetted, however it was written."""
        family, kind, proto, _, place = info
        if not self._vetting.permits(place[0], place[1]):
            raise Denied(place[0])
        return socket.socket(family, kind, proto)

    async def send(self, call: Call) -> Reply:
        """Make the request. Never raises for what the receiver does: that is in the reply."""
        start = monotonic()
        try:
            reply = await self._exchange(call)
        except (TimeoutError, OSError, ValueError, aiohttp.ClientError) as error:
            reply = Reply(error=reason(error))
        return Reply(
            status=reply.status, headers=reply.headers, body=reply.body, error=reply.error, seconds=monotonic() - start
        )

    async def _exchange(self, call: Call) -> Reply:
        url = parsed(call.url)
        async with self._session.request(
            call.method, url, data=call.body or None, headers={**FIXED, **call.headers}, allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=call.timeout),
        ) as response:  # fmt: skip
            error = None
            body = b""
            try:
                body = await _start_of(response)
            except (TimeoutError, aiohttp.ClientError, OSError) as cut:
                error = reason(cut)
            return Reply(status=response.status, headers=dict(response.headers), body=body, error=error)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._session.close()


async def _start_of(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size < READ:
        part = await response.content.read(READ - size)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    if not response.content.at_eof():
        response.close()
    return b"".join(parts)


def reason(error: BaseException) -> str:
    """The key of the sentence for what went wrong."""
    seen = (error, getattr(error, "os_error", None), error.__cause__)
    return next((key for kinds, key in REASONS if any(isinstance(each, kinds) for each in seen)), "cannot_connect")


REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((Denied,), "address_not_allowed"),
    ((socket.gaierror, aiohttp.ClientConnectorDNSError), "name_not_found"),
    ((asyncio.TimeoutError, TimeoutError), "no_answer_in_time"),
    ((ssl.SSLError, aiohttp.ClientSSLError, ssl.CertificateError), "tls_failed"),
    ((aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionResetError), "answer_cut_short"),
    ((aiohttp.ClientResponseError,), "answer_not_http"),
    ((ValueError,), "url_not_plain"),
)
"""Read from the top: the first kind that fits names the reason. All else is a connection that did not come about."""
