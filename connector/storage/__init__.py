"""Where records and events are kept. `open` picks the backend by the scheme of the address."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points

from connector.storage.contract import Store

GROUP = "leadwire.storage"
"""Entry points of other packages: scheme -> a callable that takes the address and gives a Store."""

_SCHEMES = {
    "memory": "connector.storage.memory:open_memory",
    "sqlite": "connector.storage.sqlite:open_sqlite",
    "postgresql": "connector.storage.postgres:open_postgres",
    "postgres": "connector.storage.postgres:open_postgres",
}


def open(url: str) -> Store:
    """The store at that address; ValueError names the schemes there are when it is not one of them."""
    scheme = url.partition(":")[0]
    if scheme in _SCHEMES:
        module, name = _SCHEMES[scheme].split(":")
        opener: Callable[[str], Store] = getattr(import_module(module), name)
        return opener(url)
    for point in entry_points(group=GROUP, name=scheme):
        store: Store = point.load()(url)
        return store
    others = {point.name for point in entry_points(group=GROUP)}
    raise ValueError(f"{scheme}: is no storage; use one of {', '.join(sorted(_SCHEMES | dict.fromkeys(others)))}.")
