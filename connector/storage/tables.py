"""The tables that a catalog stands for, described once and in the form that a database needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)  # fmt: skip
from sqlalchemy.types import TypeEngine

from connector.catalog.model import Field, Kind
from connector.errors import CatalogError, Problem
from connector.storage.records import Record, Records

LONGEST_NAME = 60
RESERVED = frozenset({"event", "event_topic", "fresh_topic", "feed", "meta"})

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
WHOLE = BigInteger().with_variant(Integer(), "sqlite")

_TYPES: dict[Kind, TypeEngine[Any]] = {
    "text": TEXT, "date": TEXT, "datetime": TEXT, "list": TEXT, "object": TEXT,
    "integer": WHOLE, "money": WHOLE, "number": Double(), "boolean": Boolean(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tables:
    """The described tables: one per record type, and those of the log."""

    metadata: MetaData
    dialect: str
    """`sqlite` or `postgresql`."""

    def __getitem__(self, name: str) -> Table:
        return self.metadata.tables[name]

    @property
    def topics(self) -> tuple[Table, ...]:
        """Where the index of the log by topic is."""
        return tuple(self[name] for name in ("event_topic", "fresh_topic") if name in self.metadata.tables)


def folded(name: str) -> str:
    """The hidden column that keeps a field's folded form."""
    return f"{name}_fold"


def describe(records: Records, dialect: str) -> Tables:
    """All tables of a catalog."""
    metadata = MetaData()
    clash = sorted(RESERVED & records.by_key.keys())
    if clash:
        reason = "this key is the name of a table of Leadwire itself"
        raise CatalogError([Problem(file=file_of(key), pointer="/key", reason=reason, hint="Choose another.")
                            for key in clash])  # fmt: skip
    pointed = {field.ref.to for record in records.by_key.values() for field in record.fields.values() if field.ref}
    for record in records.by_key.values():
        _record_table(metadata, record, dialect, pointed=record.key in pointed)
    _log_tables(metadata, dialect)
    return Tables(metadata, dialect)


def upserts(dialect: str) -> Any:
    """The module of SQLAlchemy whose `insert` knows what to do on a conflict."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql
    from sqlalchemy.dialects import sqlite

    return sqlite


def rule_columns(record: Record, rule: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of an index or unique rule: folded where the field folds."""
    return tuple(folded(name) if record.fields[name].fold else name for name in rule)


def file_of(key: str) -> str:
    """The file that describes a record type."""
    return f"schemas/entities/{key}.json"


def _record_table(metadata: MetaData, record: Record, dialect: str, *, pointed: bool) -> None:
    own = [Column("account_id", WHOLE, nullable=False), _id_column(dialect)]
    names = {column.name for column in own}
    columns = [column for field in record.fields.values() if field.name not in names for column in _columns(field)]
    keys: list[Any] = []
    options: dict[str, Any] = {"sqlite_autoincrement": True}
    if dialect == "postgresql":
        keys, options = [PrimaryKeyConstraint("account_id", "id")], {}
    table = Table(record.key, metadata, *own, *columns, *keys, *_references(record, dialect), **options)
    list(_indexes(record, table, dialect))
    if pointed and dialect == "sqlite":
        # What references point at must be unique; PostgreSQL has it as the primary key.
        Index(name_of("uq", record.key, ("id",)), table.c.account_id, table.c.id, unique=True)


def _id_column(dialect: str) -> Column[Any]:
    if dialect == "sqlite":
        return Column("id", Integer, primary_key=True, autoincrement=True)
    return Column("id", BigInteger, Identity(always=False), nullable=False)


def _columns(field: Field) -> Iterator[Column[Any]]:
    yield Column(field.name, _TYPES[field.kind])
    if field.fold:
        yield Column(folded(field.name), TEXT)


def _references(record: Record, dialect: str) -> Iterator[ForeignKeyConstraint]:
    """Every reference stays inside its account. Deferrable, so that a world may be loaded in any order."""
    for field in record.fields.values():
        if field.ref:
            yield ForeignKeyConstraint(
                ["account_id", field.name], [f"{field.ref.to}.account_id", f"{field.ref.to}.id"],
                name=name_of("fk", record.key, (field.name,)), deferrable=True, initially="IMMEDIATE",
                use_alter=dialect == "postgresql",
            )  # fmt: skip


def _indexes(record: Record, table: Table, dialect: str) -> Iterator[Index]:
    """Every reference and every declared index, behind the account; those of the code hold over all accounts."""
    system, declared = record.entity.system, set(record.entity.index)
    served = {rule[1:2] for rule in declared if system and rule[0] == "account_id"}
    plain = {(field.name,) for field in record.fields.values() if field.ref} - served | declared
    for rule in sorted(plain - set(record.entity.unique)):
        names = rule_columns(record, rule)
        columns = [table.c[name] for name in names]
        ends = [table.c.id] if dialect == "postgresql" else []
        ordered = [column.asc().nulls_first() if dialect == "postgresql" else column for column in columns]
        # An index that only serves the reference need not hold the rows that point nowhere: most do.
        where = None if rule in record.entity.index else columns[0].is_not(None)
        first = [] if system and rule in declared else [table.c.account_id]
        yield Index(name_of("ix", record.key, names), *first, *ordered, *ends,
                    sqlite_where=where, postgresql_where=where)  # fmt: skip
    for rule in record.entity.unique:
        first = [] if system else [table.c.account_id]
        names = rule_columns(record, rule)
        columns = [table.c[name] for name in names]
        yield Index(name_of("uq", record.key, names), *first, *columns, unique=True)


def name_of(kind: str, key: str, rule: tuple[str, ...]) -> str:
    """The name of an index or constraint, no longer than every database takes."""
    name = "_".join((kind, key, *rule))
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}_{sha1(name.encode(), usedforsecurity=False).hexdigest()[:8]}"


def _log_tables(metadata: MetaData, dialect: str) -> None:
    """The log, its index by topic, the counter per account, and what the database knows of itself."""
    Table(
        "event", metadata,
        Column("account_id", WHOLE, nullable=False), Column("seq", WHOLE, nullable=False),
        Column("at", TEXT, nullable=False), Column("actor_id", WHOLE), Column("origin", TEXT, nullable=False),
        Column("entity", TEXT, nullable=False), Column("record_id", WHOLE, nullable=False),
        Column("verb", TEXT, nullable=False), Column("changed", TEXT, nullable=False),
        Column("before", TEXT), Column("after", TEXT), Column("request_id", TEXT),
        PrimaryKeyConstraint("account_id", "seq"),
    )  # fmt: skip
    topic = Table(
        "event_topic", metadata,
        Column("account_id", WHOLE, nullable=False), Column("topic", TEXT, nullable=False),
        Column("seq", WHOLE, nullable=False), Column("owner_id", WHOLE), Column("value", TEXT),
        PrimaryKeyConstraint("account_id", "topic", "seq"), sqlite_with_rowid=False,
    )  # fmt: skip
    owned, valued = topic.c.owner_id.is_not(None), topic.c.value.is_not(None)
    for name, columns, where in (
        ("ix_event_topic_owner", (topic.c.owner_id,), owned),
        ("ix_event_topic_value", (topic.c.value,), valued),
        ("ix_event_topic_owner_value", (topic.c.owner_id, topic.c.value), owned & valued),
    ):
        Index(name, topic.c.account_id, topic.c.topic, *columns, topic.c.seq,
              sqlite_where=where, postgresql_where=where)  # fmt: skip
    if dialect == "sqlite":
        # A row in its order costs a page per topic and index, at the end of a list next to nothing: rows gather here.
        Table("fresh_topic", metadata, *(Column(column.name, column.type) for column in topic.columns))
    Table(
        "feed", metadata,
        Column("account_id", WHOLE, primary_key=True, autoincrement=False), Column("seq", WHOLE, nullable=False),
        Column("dispatched", WHOLE, nullable=False),
    )  # fmt: skip
    Table("meta", metadata, Column("name", TEXT, primary_key=True), Column("value", TEXT, nullable=False))
