"""Secrets at rest: unreadable without the key, readable after the key was changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connector.access.vault import Vault, open_vault
from connector.errors import Unavailable
from connector.settings import load


def test_what_is_sealed_opens_again_and_is_not_readable_in_between() -> None:
    vault = Vault(["key"])
    sealed = vault.seal("whsec_marker")
    assert "marker" not in sealed
    assert vault.open(sealed) == "whsec_marker"


def test_an_older_key_still_opens() -> None:
    assert Vault(["new", "old"]).open(Vault(["old"]).seal("x")) == "x"


def test_another_key_does_not_open() -> None:
    with pytest.raises(Unavailable, match="key"):
        Vault(["other"]).open(Vault(["key"]).seal("x"))


def test_without_a_key_one_is_kept_beside_the_sqlite_file_for_its_owner_only(tmp_path: Path) -> None:
    settings = load({"LEADWIRE_DATABASE_URL": f"sqlite:///{tmp_path}/a.db"})
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: open_vault(settings), range(8)))
    assert vaults[0].open(vaults[7].seal("x")) == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["a.db.key"]
    assert (tmp_path / "a.db.key").stat().st_mode & 0o777 == 0o600


def test_postgresql_without_a_key_refuses_to_keep_secrets() -> None:
    with pytest.raises(Unavailable, match="LEADWIRE_SECRET_KEY"):
        open_vault(load({"LEADWIRE_DATABASE_URL": "postgresql://x/y"})).seal("x")


def test_a_stamp_needs_the_key() -> None:
    assert Vault(["a", "b"]).stamps("1")[1] == Vault(["b"]).stamps("1")[0] != Vault(["c"]).stamps("1")[0]
