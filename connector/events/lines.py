"""A kept connection to a receiver: one request after the other goes out whole, and of its answer what counts is kept.

An answer may drip, lie, be cut short or never end. It is read as far as `READ` bytes of its body, and a head that
grows beyond all measure is none.
"""

from __future__ import annotations

import asyncio
from typing import Any

from httptools import HttpParserError, HttpResponseParser

from connector.events.calls import READ

LONGEST_HEAD = 65_536
"""Bytes of headers that are read at most."""
MOST = 16 * READ
"""Bytes that are read at most, with whatever an answer puts around its body."""


class Line(asyncio.Protocol):
    """A connection on which one request is under way at a time. The parser calls the methods that begin with `on_`."""

    def __init__(self) -> None:
        self.open = False
        self.since = 0.0
        """When it was last let go."""
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.reusable = False
        self._parser = HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._size = self._taken = 0
        self._ended: asyncio.Future[None] | None = None

    @property
    def body(self) -> bytes:
        """The first part of the answer's body."""
        return b"".join(self._parts)[:READ]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self.open, self._transport = True, transport

    def ask(self, request: bytes) -> asyncio.Future[None]:
        """Send a request; done when its answer is read. OSError or HttpParserError say why there is no whole answer."""
        self._forget()
        self._taken = 0
        self._ended = asyncio.get_running_loop().create_future()
        transport: Any = self._transport
        transport.write(request)
        return self._ended

    def drop(self) -> None:
        """Give it up, with whatever is under way."""
        self.open, self._ended = False, None
        transport: Any = self._transport
        transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._ended is None:
            # Nobody asked: what comes now would pass for the answer to the next request.
            self.drop()
            return
        self._taken += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._end(error)
        if self._size >= READ or self._taken > MOST:
            self._end()
        elif self.status is None and self._taken > LONGEST_HEAD:
            self._end(HttpParserError("The head has no end."))

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone. An answer that tells no length ends with its connection."""
        self.open = False
        told = "content-length" in self.headers or "transfer-encoding" in self.headers
        whole = error is None and self.status is not None and not told
        self._end(None if whole else error or ConnectionResetError())

    def on_message_begin(self) -> None:
        """Another answer. One too many spoils the connection: it would pass for the answer to the next request."""
        if self._ended is None:
            self.reusable = False
            raise ValueError("Nobody asked.")
        self._forget()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of its head."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.status = self._parser.get_status_code()

    def on_body(self, part: bytes) -> None:
        """A part of its body."""
        if self._size < READ:
            self._parts.append(part)
        self._size += len(part)

    def on_message_complete(self) -> None:
        """The answer is whole; what only announces another one (100, 103) is none."""
        if self.status is not None and self.status >= 200:
            self.reusable = self._parser.should_keep_alive()
            self._end()

    def _forget(self) -> None:
        self.status, self.reusable, self._size = None, False, 0
        self.headers, self._parts = {}, []

    def _end(self, error: Exception | None = None) -> None:
        ended, self._ended = self._ended, None
        if ended is None or ended.done():
            return
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)
