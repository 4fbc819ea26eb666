"""What expressions see: records and inputs as attribute objects, never dicts (`a.items` is a field, not a method)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector.catalog.custom import whole
from connector.catalog.model import CUSTOM, Catalog, Entity
from connector.storage.contract import Row, Transaction

Read = Callable[[str, int], Row | None]


class Record:
    """One record: its fields as attributes, its references as records (`lead.step.pipeline`).

    The row is read when an attribute other than `id` is first asked for. A reference wins over an output of the
    same name, so `lead.step` is the step and not its name.
    """

    __slots__ = ("_catalog", "_entity", "_read", "_row", "id")

    id: int

    def __init__(self, catalog: Catalog, entity: Entity, record_id: int, row: Row | None, read: Read) -> None:
        self._catalog = catalog
        self._entity = entity
        self._row = row
        self._read = read
        self.id = record_id

    def __getattr__(self, name: str) -> Any:
        row = row_of(self)
        link = self._entity.fields.get(f"{name}_id")
        if link is not None and link.ref is not None:
            target = row[link.name]
            if target is None:
                return None
            return Record(self._catalog, self._catalog.entities[link.ref.to], target, None, self._read)
        try:
            return row[name]
        except KeyError:
            raise AttributeError(name) from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and key_of(self) == key_of(other)

    def __hash__(self) -> int:
        return hash(key_of(self))

    def __str__(self) -> str:
        return str(self._entity.label.of({"it": self}))


def key_of(record: Record) -> tuple[str, int]:
    """Entity key and id."""
    return record._entity.key, record.id


def entity_of(record: Record) -> Entity:
    """The record's entity."""
    return record._entity


def row_of(record: Record) -> Row:
    """The row as first read in this transaction; AttributeError when it is gone."""
    if record._row is None:
        row = record._read(record._entity.key, record.id)
        if row is None:
            raise AttributeError(f"{record._entity.key} {record.id} no longer exists")
        record._row = row
    return record._row


def reader(catalog: Catalog, tx: Transaction) -> Callable[[str, int, Row | None], Record]:
    """A maker of records whose references are read through this transaction, beyond the caller's own records."""

    def read(entity: str, record_id: int) -> Row | None:
        return tx.get(entity, record_id, scoped=False)

    def record(entity: str, record_id: int, row: Row | None = None) -> Record:
        return Record(catalog, catalog.entities[entity], record_id, row, read)

    return record


class Members:
    """Typed inputs, or a JSON object of an event, as attributes; what is not there reads as None."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._values.get(name)


class Names(dict[str, Any]):
    """Names for expressions; some are computed only when an expression asks for them."""

    def __init__(self, values: Mapping[str, Any], lazy: Mapping[str, Callable[[], Any]]) -> None:
        super().__init__(values)
        self.lazy = lazy

    def __missing__(self, name: str) -> Any:
        value = self[name] = self.lazy[name]()
        return value


def plain(value: Any) -> Any:
    """The storable form: a record means its id, also inside lists."""
    if isinstance(value, Record):
        return value.id
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def wire(entity: Entity, row: Row) -> Row:
    """A row as it leaves the house: without secret fields, each custom field in its place."""
    if entity.own:
        row = {**row, CUSTOM: whole(entity.own, row.get(CUSTOM))}
    hidden = [field.name for field in entity.fields.values() if field.secret]
    return {key: value for key, value in row.items() if key not in hidden} if hidden else dict(row)
