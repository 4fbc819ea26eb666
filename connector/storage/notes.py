"""Rows that nobody reads back in the transaction that writes them: any number of them goes in one statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from connector.storage.columns import account
from connector.storage.contract import Row
from connector.storage.listed import listed
from connector.storage.records import Record
from connector.storage.shapes import FIRST
from connector.storage.tables import Tables
from connector.storage.values import ENCODE

Make = Callable[[Tables], Any]


def stored(record: Record, row: Row) -> Row:
    """The values of a row, or some of them, as they travel in a packed parameter."""
    named = ((name, record.fields[name].kind, row[name]) for name in row if name in record.fields and name != "id")
    return {name: ENCODE[kind](value) if kind in ENCODE and value is not None else value for name, kind, value in named}


def copied(tables: Tables, key: str, place: int) -> tuple[list[str], Any]:
    """The columns of a table, and how to fill them from the packed parameter at that place."""
    columns = {column.name: column.type for column in tables[key].columns if column.name != "id"}
    return list(columns), select(*listed(tables.dialect, "new", columns, place).c)


def appending(key: str) -> Make:
    """The statement that makes rows; values: account, owner, the packed rows."""

    def make(tables: Tables) -> Any:
        names, rows = copied(tables, key, FIRST)
        return insert(tables[key]).from_select(names, rows)

    return make


def amending(key: str, by: str, names: tuple[str, ...]) -> Make:
    """The statement that changes rows found by a unique value; values: account, owner, the packed rows."""

    def make(tables: Tables) -> Any:
        table = tables[key]
        rows = listed(tables.dialect, "new", {name: table.c[name].type for name in (by, *names)}, FIRST)
        values: Any = {name: rows.c[name] for name in names}
        return update(table).where(account(table), table.c[by] == rows.c[by]).values(values)

    return make


def withdrawing(key: str, names: tuple[str, ...]) -> Make:
    """The statement that removes a row found by unique values; values: account, owner, those."""

    def make(tables: Tables) -> Any:
        table = tables[key]
        same = (table.c[name] == bindparam(f"v{FIRST + n}", type_=table.c[name].type) for n, name in enumerate(names))
        return delete(table).where(account(table), *same)

    return make
