"""From the tables there are to the tables that a catalog needs: additive steps only, all in one transaction.

What was made is remembered in `meta`, so that a start with nothing to do looks at one row, and an upgrade that was
killed half way is simply begun again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Engine, ForeignKey, Table, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from connector.catalog.model import Catalog, Field
from connector.errors import CatalogError, Problem
from connector.storage.records import Record, Records, records
from connector.storage.tables import Tables, describe, file_of, folded, name_of
from connector.storage.values import DECODE, ENCODE, folded_column

VERSION = 1
"""The form of the tables that are not described by files. A database with a higher one belongs to newer code."""

Shape = dict[str, Any]
Operations = Any
"""Alembic's Operations; Alembic is imported only when there is something to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the database, and the sentence that says it."""

    says: str
    apply: Callable[[Operations, Connection], None]


@dataclass(frozen=True, slots=True)
class Present:
    """What is in the database now."""

    columns: Mapping[str, frozenset[str]]
    indexes: Mapping[str, frozenset[str]]
    shape: Shape


def upgrade(engine: Engine, catalog: Catalog, lock: str) -> list[str]:
    """Create what is missing, in one transaction that begins with the statement `lock`; says what it did."""
    with engine.begin() as connection:
        if lock:
            connection.exec_driver_sql(lock)
        steps, shape = _plan(connection, catalog, engine.dialect.name)
        if steps:
            from alembic.migration import MigrationContext
            from alembic.operations import Operations as AlembicOperations

            operations = AlembicOperations(MigrationContext.configure(connection))
            for step in steps:
                _apply(step, operations, connection)
            _remember(connection, shape, describe(records(catalog), engine.dialect.name))
        return [step.says for step in steps]


def pending(engine: Engine, catalog: Catalog) -> list[str]:
    """What `upgrade` would do."""
    with engine.connect() as connection:
        steps, _ = _plan(connection, catalog, engine.dialect.name)
        return [step.says for step in steps]


def _apply(step: Step, operations: Operations, connection: Connection) -> None:
    try:
        step.apply(operations, connection)
    except IntegrityError as error:
        hint = "Make the records differ first, or take the unique rule out of the file."
        reason = f"cannot {step.says}: records that are there already break it ({error.orig})"
        raise CatalogError([Problem(file="schemas/entities", pointer="/unique", reason=reason, hint=hint)]) from error


def _plan(connection: Connection, catalog: Catalog, dialect: str) -> tuple[list[Step], Shape]:
    known = records(catalog)
    shape = _shape(known)
    if _remembered(connection) == shape:
        return [], shape
    present = _present(connection)
    problems = list(_problems(present, shape))
    if problems:
        raise CatalogError(problems)
    return list(_steps(known, describe(known, dialect), present)), shape


def _shape(known: Records) -> Shape:
    """All that tables depend on, as JSON."""
    return {
        "version": VERSION,
        "records": {
            key: {
                "fields": {f.name: [f.kind, f.fold, f.ref.to if f.ref else None] for f in record.fields.values()},
                "index": sorted(list(map(list, record.entity.index))),
                "unique": sorted(list(map(list, record.entity.unique))),
            }
            for key, record in known.by_key.items()
        },
    }


def _remembered(connection: Connection) -> Shape:
    if not inspect(connection).has_table("meta"):
        return {}
    text = connection.exec_driver_sql("SELECT value FROM meta WHERE name = 'shape'").scalar()
    return dict(orjson.loads(text)) if text else {}


def _present(connection: Connection) -> Present:
    found = inspect(connection)
    names = found.get_table_names()
    return Present(
        columns={name: frozenset(column["name"] for column in found.get_columns(name)) for name in names},
        indexes={name: frozenset(str(index["name"]) for index in found.get_indexes(name)) for name in names},
        shape=_remembered(connection),
    )


def _problems(present: Present, shape: Shape) -> Iterator[Problem]:
    """What cannot be done by adding."""
    if present.shape.get("version", VERSION) > VERSION:
        yield Problem(file="the database", pointer="", reason="it was made by a newer Leadwire",
                      hint="Install that version, or restore a backup from before.")  # fmt: skip
    for key, old in present.shape.get("records", {}).items():
        new = shape["records"].get(key)
        if new is None:
            if key in present.columns:
                yield Problem(
                    file=file_of(key), pointer="", reason=f"the file is gone, but the table {key} is still there",
                    hint=f"Put the file back. To give the records up, take a backup, then: DROP TABLE {key}.",
                )  # fmt: skip
            continue
        yield from _field_problems(key, old["fields"], new["fields"], present)


def _field_problems(key: str, old: Shape, new: Shape, present: Present) -> Iterator[Problem]:
    for name, (kind, _, target) in old.items():
        pointer = f"/fields/properties/{name}"
        if name not in present.columns.get(key, ()):
            continue
        if name not in new:
            yield Problem(
                file=file_of(key), pointer=pointer, reason=f"the field {name} is gone, but its column is still there",
                hint=f"Put it back. To give its values up, take a backup, then: ALTER TABLE {key} DROP COLUMN {name}.",
            )  # fmt: skip
        elif new[name][0] != kind or (target and new[name][2] != target):
            was, now = (kind, new[name][0]) if new[name][0] != kind else (target, new[name][2])
            yield Problem(
                file=file_of(key), pointer=pointer, reason=f"the field {name} was {was} and is now {now}",
                hint="Put the old type back, and add a new field with another name for the new one.",
            )  # fmt: skip


def _steps(known: Records, tables: Tables, present: Present) -> Iterator[Step]:
    fresh = [table for table in tables.metadata.tables.values() if table.name not in present.columns]
    yield from (Step(f"create table {table.name}", _creator(table)) for table in fresh)
    for key, record in known.by_key.items():
        if key in present.columns:
            for field in record.fields.values():
                yield from _columns(record, field, tables, present)
    yield from (step for table in fresh for step in _foreign_keys(table, tables.dialect))
    for table in tables.metadata.tables.values():
        there = present.indexes.get(table.name, frozenset())
        wanted = {str(index.name): index for index in table.indexes}
        yield from (Step(f"create index {name}", _indexer(index))
                    for name, index in sorted(wanted.items()) if name not in there)  # fmt: skip
        yield from (Step(f"drop index {name}", _unindexer(name, table.name))
                    for name in sorted(there - wanted.keys()) if name.startswith(("ix_", "uq_")))  # fmt: skip


def _columns(record: Record, field: Field, tables: Tables, present: Present) -> Iterator[Step]:
    there, table = present.columns[record.key], tables[record.key]
    if field.name not in there:
        yield Step(f"add {record.key}.{field.name}", _adder(table, field, tables.dialect))
        if field.ref and tables.dialect == "postgresql":
            yield from (step for step in _foreign_keys(table, tables.dialect)
                        if step.says.endswith(name_of("fk", record.key, (field.name,))))  # fmt: skip
    if field.fold and folded(field.name) not in there:
        yield Step(f"add {record.key}.{folded(field.name)}", _folder(table, field))


def _creator(table: Table) -> Callable[[Operations, Connection], None]:
    def apply(operations: Operations, connection: Connection) -> None:
        from alembic.operations.ops import CreateTableOp

        operations.invoke(CreateTableOp.from_table(table))

    return apply


def _adder(table: Table, field: Field, dialect: str) -> Callable[[Operations, Connection], None]:
    """Add a column; rows that are there get the default. SQLite can only refer to the id alone, which is enough:
    ids are unique over all accounts there."""

    def apply(operations: Operations, connection: Connection) -> None:
        inline = field.ref is not None and dialect == "sqlite"
        refers = [ForeignKey(f"{field.ref.to}.id")] if inline and field.ref else []
        column: Column[Any] = Column(field.name, table.c[field.name].type, *refers)
        operations.add_column(table.name, column, inline_references=inline or None)
        if field.default is not None:
            encode = ENCODE.get(field.kind, lambda value: value)
            connection.execute(update(table).values({field.name: encode(field.default)}))

    return apply


def _folder(table: Table, field: Field) -> Callable[[Operations, Connection], None]:
    def apply(operations: Operations, connection: Connection) -> None:
        name = folded(field.name)
        operations.add_column(table.name, Column(name, table.c[name].type))
        raw, decode = table.c[field.name], DECODE.get(field.kind, lambda value: value)
        rows = connection.execute(select(table.c.account_id, table.c.id, raw).where(raw.is_not(None))).all()
        for account_id, record_id, value in rows:
            form = folded_column(field, decode(value))
            if form is None:
                continue
            mine = (table.c.account_id == account_id, table.c.id == record_id)
            connection.execute(update(table).where(*mine).values({name: form}))

    return apply


def _foreign_keys(table: Table, dialect: str) -> Iterator[Step]:
    """On PostgreSQL references follow when all tables are there; SQLite has them in the table."""
    if dialect != "postgresql":
        return
    for constraint in sorted(table.foreign_key_constraints, key=lambda constraint: str(constraint.name)):

        def apply(operations: Operations, connection: Connection, constraint: Any = constraint) -> None:
            from alembic.operations.ops import CreateForeignKeyOp

            operations.invoke(CreateForeignKeyOp.from_constraint(constraint))

        yield Step(f"create reference {constraint.name}", apply)


def _indexer(index: Any) -> Callable[[Operations, Connection], None]:
    def apply(operations: Operations, connection: Connection) -> None:
        from alembic.operations.ops import CreateIndexOp

        operations.invoke(CreateIndexOp.from_index(index))

    return apply


def _unindexer(name: str, table: str) -> Callable[[Operations, Connection], None]:
    return lambda operations, connection: operations.drop_index(name, table_name=table)


def _remember(connection: Connection, shape: Shape, tables: Tables) -> None:
    """Write down what was made, and give a new database the name of its log."""
    meta = tables["meta"]
    there = set(connection.execute(select(meta.c.name)).scalars())
    if "feed" not in there:
        connection.execute(insert(meta).values(name="feed", value=secrets.token_hex(8)))
    text = orjson.dumps(shape).decode()
    if "shape" in there:
        connection.execute(update(meta).where(meta.c.name == "shape").values(value=text))
    else:
        connection.execute(insert(meta).values(name="shape", value=text))
