"""Custom fields: each account's own catalog, and what a definition of such a field must keep to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any

from connector.catalog.custom import DEFINITION, WITH_CHOICES, for_account, inputs_of
from connector.catalog.model import CUSTOM, Catalog, Entity
from connector.engine.queries import Run
from connector.errors import Fault, Refused
from connector.storage.contract import Clause, Query, Row, Scope, Store

KEPT = 500
"""Catalogs of accounts that are kept ready; the one that was made first goes first."""
MOST = 200
"""Custom fields of one record type, retired ones included: as many as `custom` has room for."""
PARAMETERS = frozenset({CUSTOM, "clear", "q", "order", "cursor", "limit", "after", "dry_run", "idempotency_key"})
"""Names that the API itself uses beside inputs and filters."""

Version = tuple[str, int]


class Accounts:
    """Each account's catalog: the shared one for an account that never had a custom field, else one of its own.

    Which fields an account has is told by the number `custom_version` of its row, which is read with the token, so
    nothing is asked for and a change is in force everywhere at once.
    """

    def __init__(self, store: Store, shared: Callable[[], Catalog]) -> None:
        self._store, self._shared = store, shared
        self._kept: dict[int, tuple[Version, Catalog]] = {}
        self._lock = Lock()

    def catalog(self, account_id: int, custom_version: int | None) -> Catalog:
        """The catalog in force for an account whose custom fields are of that version."""
        shared = self._shared()
        if not custom_version:
            return shared
        version = (shared.version, custom_version)
        kept = self._kept.get(account_id)
        if kept is not None and kept[0] == version:
            return kept[1]
        made = for_account(shared, self._fields(account_id), f"{account_id}.{custom_version}")
        with self._lock:
            self._kept.pop(account_id, None)
            self._kept[account_id] = version, made
            if len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return made

    def now(self, account_id: int) -> Catalog:
        """The same where nothing has told the version yet."""
        row = self._store.read(Scope(account_id=account_id), lambda tx: tx.get("account", account_id))
        return self.catalog(account_id, (row or {}).get("custom_version"))

    def _fields(self, account_id: int) -> list[Row]:
        return self._store.read(Scope(account_id=account_id), lambda tx: tx.find(Query(entity=DEFINITION)))


def sound(run: Run, entity: Entity, row: Mapping[str, Any]) -> None:
    """Refuse a definition of a custom field that could not work; records of other types are not looked at."""
    if entity.key == DEFINITION and (faults := list(_faults(run, row))):
        raise Refused(faults[0].key, faults=faults, **faults[0].params)


def _faults(run: Run, row: Mapping[str, Any]) -> Iterator[Fault]:
    takers = [entity.key for entity in run.catalog.entities.values() if entity.customizable]
    if row["parent"] not in takers:
        params = {"name": "parent", "got": row["parent"], "allowed": ", ".join(takers)}
        yield Fault(pointer="/parent", key="not_allowed", params=params)
        return
    if row["key"] in taken(run.catalog, row["parent"]):
        yield Fault(pointer="/key", key="name_taken", params={"name": row["key"]})
    choices = row.get("choices") or []
    if (row["type"] in WITH_CHOICES) != bool(choices):
        key = "choices_needed" if not choices else "choices_unused"
        yield Fault(pointer="/choices", key=key, params={"name": "choices", "type": row["type"]})
    if len(set(choices)) != len(choices):
        yield Fault(pointer="/choices", key="not_unique", params={"name": "choices", "got": len(choices)})
    same = Query(entity=DEFINITION, where=(Clause(path="parent", op="eq", value=row["parent"]),))
    if row.get("id") is None and run.tx.count(same) >= MOST:
        yield Fault(pointer="/key", key="too_many_items", params={"name": "custom_field", "got": MOST, "limit": MOST})


def taken(catalog: Catalog, parent: str) -> frozenset[str]:
    """Names that a custom field of that record type cannot have: fields, outputs, inputs, parameters."""
    entity = catalog.entities[parent]
    inputs = {name for each in inputs_of(catalog, parent) for name in each.names if name not in each.own}
    return frozenset({*entity.fields, *(show.name for show in entity.shows), *inputs, *PARAMETERS})
