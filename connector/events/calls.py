"""A request to be made and what came of it, whichever library makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

READ = 65_536
"""Bytes of an answer that are read at most."""
FIXED = {"Accept-Encoding": "identity", "User-Agent": "Leadwire"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to make."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout: float = 15.0
    """Seconds for all of it: name, connection, request, answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a request: the receiver's answer, or the key of the sentence that says why there is none."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    """The first 64 kB of it."""
    error: str | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """A whole answer that says yes."""
        return self.error is None and self.status is not None and 200 <= self.status < 300
