"""Which storage counts: Redis where there is one, else one beside the database."""

from __future__ import annotations

from limits.storage import MemoryStorage, RedisStorage, Storage

from connector.access.windows.parts import PATIENCE
from connector.settings import Settings

SQLITE = "sqlite:///"


def open_windows(settings: Settings) -> Storage:
    """The storage that these settings ask for. StorageError when it cannot be opened.

    With the memory store, and with storages of others, each process counts for itself.
    """
    if settings.redis_url:
        return RedisStorage(
            settings.redis_url, wrap_exceptions=True, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
    if settings.database_url.startswith(SQLITE):
        from connector.access.windows.sqlite import SqliteWindows

        return SqliteWindows(f"{settings.database_url.removeprefix(SQLITE)}-limits")
    if settings.database_url.startswith("postgres"):
        from connector.access.windows.postgres import PostgresWindows

        return PostgresWindows(settings.database_url)
    return MemoryStorage(wrap_exceptions=True)
