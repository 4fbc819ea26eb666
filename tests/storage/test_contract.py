"""Every backend keeps the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.storage import open as open_store
from connector.storage.contract import Store
from connector.storage.suite import StoreContract


class TestMemory(StoreContract):
    @pytest.fixture
    def new_store(self) -> Store:
        return open_store("memory:")


class TestPostgres(StoreContract):
    @pytest.fixture
    def new_store(self, postgres_database: str) -> Store:
        return open_store(postgres_database)


class TestSqlite(StoreContract):
    @pytest.fixture
    def new_store(self, tmp_path: Path) -> Store:
        return open_store(f"sqlite:///{tmp_path / 'store.db'}")
