"""A store is opened by its address."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import connector.storage
from connector.storage import open as open_store
from connector.storage.memory import MemoryStore
from connector.storage.postgres import PostgresStore
from connector.storage.sqlite import SqliteStore


@pytest.mark.parametrize(("url", "kind"), [("memory:", MemoryStore), ("postgresql://x@127.0.0.1:1/y", PostgresStore)])
def test_the_scheme_picks_the_store(url: str, kind: type) -> None:
    store = open_store(url)
    assert isinstance(store, kind)
    store.close()


@pytest.mark.parametrize("slashes", ["sqlite:///", "sqlite:////"])
def test_a_sqlite_address_names_a_file(tmp_path: Path, slashes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(f"sqlite:///{tmp_path}/x.db" if slashes == "sqlite:////" else "sqlite:///x.db")
    assert isinstance(store, SqliteStore) and Path(store.path).resolve() == tmp_path / "x.db"
    store.close()


@pytest.mark.parametrize("url", ["sqlite:", "sqlite:///", "sqlite://:memory:"])
def test_a_sqlite_address_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="names no file"):
        open_store(url)


def test_an_unknown_scheme_is_told_what_there_is() -> None:
    with pytest.raises(ValueError, match="memory, postgres, postgresql, sqlite"):
        open_store("mongodb://x")


def test_other_packages_bring_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("shelf", "connector.storage.memory:open_memory", connector.storage.GROUP)
    monkeypatch.setattr(connector.storage, "entry_points", lambda **wanted: EntryPoints([point]).select(**wanted))
    assert isinstance(open_store("shelf://x"), MemoryStore)
