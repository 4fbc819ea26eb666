"""What every request needs: the settings, the store and the catalog of the moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from connector.access.keeper import Keeper
from connector.access.tokens import Caller
from connector.access.upkeep import Upkeep
from connector.access.vault import Vault
from connector.catalog.model import Catalog
from connector.catalog.watch import Watch
from connector.engine.custom import Accounts
from connector.settings import Settings
from connector.storage.contract import Store

EXTENSION = "leadwire"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An opened Leadwire: its settings, its storage, and the watch over its files."""

    settings: Settings
    store: Store
    watch: Watch
    vault: Vault
    keeper: Keeper
    accounts: Accounts
    upkeep: Upkeep
    first_token: str | None = field(default=None, repr=False)
    """The first admin's token, where this opening made the database; nowhere else is it to be had."""

    samples: dict[tuple[str, str], Any] = field(default_factory=dict)
    """One made-up item per trigger, by catalog version and key: it takes a small world to make one."""

    def close(self) -> None:
        """End what runs in the background, and release what is open."""
        self.watch.stop()
        self.upkeep.stop()
        self.keeper.close()
        self.store.close()

    @property
    def catalog(self) -> Catalog:
        """The catalog that all accounts share, in force now. The next look may give a newer one."""
        return self.watch.current

    def catalog_of(self, caller: Caller) -> Catalog:
        """The catalog of the caller's account: the shared one with its custom fields. Take it once per request."""
        return self.accounts.catalog(caller.scope.account_id, caller.custom_version)


def house() -> House:
    """The house that serves this request."""
    opened: House = current_app.extensions[EXTENSION]
    return opened
