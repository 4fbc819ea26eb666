"""Connections to PostgreSQL, kept in a pool that finds the server again soon after an outage."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

RETRIED = 5.0
"""Seconds after which a row of attempts to connect ends and the next begins.

Inside a row psycopg_pool doubles the pauses, from 1 s; left to itself it does so for five minutes, and a server that
was away for one would be missed for up to another.
"""

Pool = ConnectionPool[psycopg.Connection[Any]]


def pooled(address: str, *, size: int, patience: float, **options: Any) -> Pool:
    """A closed pool of up to that many connections; who wants one waits so many seconds, then gets PoolTimeout."""
    return ConnectionPool(
        address, min_size=0, max_size=size, open=False, timeout=patience, kwargs={"autocommit": True, **options},
        reconnect_timeout=RETRIED, reconnect_failed=ConnectionPool.check,
    )  # fmt: skip
